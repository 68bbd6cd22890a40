//! Writes every sample as an SVG file, and a page with all of them, to look at; or those of boards in files, as JSON:
//! `cargo run -p telemetry-pictures --features samples --example gallery -- target/gallery [board.json ...]`

use std::{env, fs, io, path::PathBuf};

use maud::{DOCTYPE, PreEscaped, html};
use telemetry_pictures::{answer::Board, reading, samples, svg};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned()));
    fs::create_dir_all(&folder)?;
    let mut pictures = Vec::new();
    for file in env::args().skip(2) {
        let board: Board = serde_json::from_str(&fs::read_to_string(file)?)?;
        pictures.extend(board.kpis.iter().map(reading::picture));
    }
    if pictures.is_empty() {
        pictures = samples::pictures();
    }
    for (number, picture) in pictures.iter().enumerate() {
        fs::write(folder.join(format!("{number:02}.svg")), svg::document(picture))?;
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { "Charts" } style { (PreEscaped(svg::PALETTE)) (PreEscaped(svg::STYLE)) (PreEscaped(PAGE)) } }
            body {
                @for (number, picture) in pictures.iter().enumerate() {
                    section {
                        h2 { (number) ". " (picture.question) }
                        p { (picture.finding) }
                        @if let Some(tile) = &picture.headline { div class="tile" { (svg::spark(tile)) } }
                        (svg::chart(picture, &format!("c{number}")))
                        (svg::narrow(picture, &format!("c{number}")))
                    }
                }
            }
        }
    };
    fs::write(folder.join("index.html"), page.into_string())?;
    println!("{} pictures in {}", pictures.len(), folder.display());
    Ok(())
}

const PAGE: &str = "
body{margin:16px;display:grid;grid-template-columns:640px 640px;gap:16px;background:var(--track);color:var(--ink);\
font:15px/1.45 system-ui,-apple-system,\"Segoe UI\",Inter,Roboto,\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px;overflow:hidden}
h2{font-size:15px;margin:0}p{margin:2px 0 12px;color:var(--dim);font-size:13px}
h2,p{overflow-wrap:anywhere}
.tile{width:96px;float:right}
@media(max-width:480px){body{display:block}section{margin-bottom:16px}}
";

//! Reads a board as JSON and says what each picture says: for whoever works on the words.

use std::io::Read;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("a board on standard input");
    let board: telemetry_pictures::answer::Board = serde_json::from_str(&text).expect("a board as JSON");
    for answer in &board.kpis {
        let picture = telemetry_pictures::reading::picture(answer);
        let chart = format!("{:?}", picture.chart);
        println!(
            "\n{} [{} {}]\n  {}\n  {}",
            picture.name,
            answer.kind,
            chart.split('(').next().unwrap_or_default(),
            picture.question,
            picture.finding
        );
        if let Some(tile) = &picture.headline {
            println!(
                "  tile: {} | {} | {} | {:?} | {} values",
                tile.label,
                tile.value,
                tile.note,
                tile.mood,
                tile.spark.len()
            );
        }
        println!("  {}", picture.definition);
        println!("  | {}", picture.table.columns.join(" | "));
        for row in picture.table.rows.iter().rev().take(2).rev() {
            println!("  | {}", row.join(" | "));
        }
        println!("  {} rows, {} left out", picture.table.rows.len(), picture.table.left_out);
    }
}

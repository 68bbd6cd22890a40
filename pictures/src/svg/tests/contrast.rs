//! The contrast of every colour on what it is drawn on, in both schemes, opacities counted in: 4.5 for text, 3 for marks, by the
//! formula of WCAG 2. Lines of the grid and the weaker tints of an amount say nothing that is not said in words as well.

use std::collections::HashMap;

use crate::svg::{PALETTE, STYLE, triangle};

type Colour = [f64; 3];

#[test]
fn text_can_be_read() {
    for (scheme, palette) in schemes() {
        let area = palette.over("accent-soft", palette.solid("card"));
        let grounds = [("card", palette.solid("card")), ("area", area), ("pointed at", palette.pointed_at("card"))];
        for (name, ground) in grounds {
            for text in ["ink", "dim", "accent", "c2", "c3", "c4", "c5", "warn", "bad", "ok"] {
                let text_colour = if name == "pointed at" { palette.pointed_at(text) } else { palette.solid(text) };
                // The words of series and moods stand beside the chart, not on its area.
                if name != "area" || matches!(text, "ink" | "dim") {
                    at_least(4.5, text_colour, ground, &format!("{scheme}: {text} on {name}"));
                }
            }
        }
        for step in 0..=100 {
            let tint = triangle::WEAKEST + (triangle::STRONGEST_WITH_INK - triangle::WEAKEST) * f64::from(step) / 100.0;
            let cell = blend(palette.solid("cell"), tint, palette.solid("card"));
            at_least(4.5, palette.solid("ink"), cell, &format!("{scheme}: ink on a cell of {tint:.2}"));
        }
        at_least(4.5, palette.solid("on"), palette.solid("cell"), &format!("{scheme}: on a full cell"));
    }
}

#[test]
fn marks_can_be_seen() {
    for (scheme, palette) in schemes() {
        let card = palette.solid("card");
        for mark in ["accent", "other", "cell", "c2", "c3", "c4", "c5", "warn", "missed", "dim", "ink"] {
            at_least(3.0, palette.solid(mark), card, &format!("{scheme}: {mark} on card"));
        }
        for mark in ["accent", "other", "missed"] {
            at_least(3.0, palette.solid(mark), palette.solid("track"), &format!("{scheme}: {mark} on track"));
        }
        // A line on the area below it, the bar beside what was lost, the edge of a cell that is not over.
        for ground in ["card", "track"] {
            let area = palette.over("accent-soft", palette.solid(ground));
            at_least(3.0, palette.solid("accent"), area, &format!("{scheme}: accent on its area on {ground}"));
        }
        at_least(3.0, palette.solid("card"), palette.solid("cell"), &format!("{scheme}: edge of a full cell"));
    }
}

#[test]
fn every_colour_is_in_both_palettes() {
    let schemes = schemes();
    for (scheme, palette) in &schemes {
        for used in STYLE.split("var(--").skip(1) {
            let name = &used[..used.find(')').unwrap()];
            assert!(palette.0.contains_key(name), "{name} is not in {scheme}");
        }
    }
    let names = |palette: &Palette| {
        let mut names: Vec<String> = palette.0.keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&schemes[0].1), names(&schemes[1].1));
    assert!(!STYLE.contains('#'), "a colour of the style sheet's own");
}

/// Colours by their names, with what they let through.
struct Palette(HashMap<String, (Colour, f64)>);

impl Palette {
    fn solid(&self, name: &str) -> Colour {
        let (colour, opacity) = self.0[name];
        assert_eq!(opacity, 1.0, "{name} lets through");
        colour
    }

    fn over(&self, name: &str, ground: Colour) -> Colour {
        let (colour, opacity) = self.0[name];
        blend(colour, opacity, ground)
    }

    /// Under the rectangle that shows what the mouse points at.
    fn pointed_at(&self, name: &str) -> Colour {
        assert!(STYLE.contains(".hit:hover{fill:var(--ink);fill-opacity:.06}"));
        blend(self.solid("ink"), 0.06, self.solid(name))
    }
}

fn schemes() -> [(&'static str, Palette); 2] {
    let (light, dark) = PALETTE.split_once("@media").unwrap();
    [("light", palette(light)), ("dark", palette(dark))]
}

fn palette(css: &str) -> Palette {
    let declared = css.split([';', '{', '}']).filter_map(|declaration| declaration.strip_prefix("--")?.split_once(':'));
    Palette(declared.map(|(name, hex)| (name.to_owned(), colour(hex))).collect())
}

fn colour(hex: &str) -> (Colour, f64) {
    let hex = hex.strip_prefix('#').unwrap();
    let hex = if hex.len() == 3 { hex.chars().flat_map(|digit| [digit, digit]).collect() } else { hex.to_owned() };
    let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
    ([part(0), part(2), part(4)], if hex.len() == 8 { part(6) } else { 1.0 })
}

fn blend(colour: Colour, opacity: f64, ground: Colour) -> Colour {
    [0, 1, 2].map(|part| colour[part] * opacity + ground[part] * (1.0 - opacity))
}

fn at_least(least: f64, one: Colour, other: Colour, what: &str) {
    let (one, other) = (luminance(one), luminance(other));
    let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
    assert!(contrast >= least, "{what}: {contrast:.2}, not {least}");
}

fn luminance(colour: Colour) -> f64 {
    let linear = colour.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

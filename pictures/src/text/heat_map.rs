//! When: seven rows of 24 hours, Monday first, shaded by the value of the hour.

use super::{Options, terminal::right, trend::say};
use crate::{
    number,
    picture::{HeatMap, Measure},
};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

pub(super) fn draw(map: &HeatMap, options: &Options) -> Vec<String> {
    let signs = options.signs();
    let known = || map.hours.iter().flatten().flatten().copied().filter(|value| value.is_finite());
    let most = known().fold(0.0, f64::max);
    if most <= 0.0 {
        return vec!["  Nothing in any hour of the week.".to_owned()];
    }
    // A day's sum is said of what can be added.
    let sums = map.hours.iter().map(|day| match map.measure {
        Measure::Count(_) => say(Some(day.iter().flatten().sum()), &map.measure),
        _ => String::new(),
    });
    let sums = sums.collect::<Vec<_>>();
    let columns = ((options.width - 6 - 2 - super::terminal::widest(&sums)) / 24).clamp(1, 3);
    let mut lines = vec![format!(
        "       {}",
        (0..24).step_by(3).map(|hour| format!("{hour:<0$}", columns * 3)).collect::<String>()
    )];
    for ((day, hours), sum) in WEEKDAYS.iter().zip(map.hours.iter()).zip(&sums) {
        let cells = hours.iter().map(|value| {
            let shade = match value.filter(|value| value.is_finite()) {
                Some(value) if value <= 0.0 => ' ',
                None => ' ',
                Some(value) => signs.shades[((value / most * 4.0).ceil() as usize).clamp(1, 4)],
            };
            shade.to_string().repeat(columns)
        });
        let sum = right(sum, super::terminal::widest(&sums));
        lines.push(format!("  {day}  {}  {sum}", cells.collect::<String>()));
    }
    let say = |part: f64| number::say(rounded(most * part, &map.measure), &map.measure);
    let shades = signs.shades;
    lines.push(format!(
        "       {} up to {}   {} {}   {} {}   {} {}",
        shades[1],
        say(0.25),
        shades[2],
        say(0.5),
        shades[3],
        say(0.75),
        shades[4],
        say(1.0)
    ));
    lines
}

/// Of what is counted the whole number that a shade still reaches.
fn rounded(value: f64, measure: &Measure) -> f64 {
    if matches!(measure, Measure::Count(_)) { value.floor() } else { value }
}

//! A funnel: a bar a step on the track of the first; between two bars, who was lost there and how long it took.

use maud::{Markup, html};

use super::{
    drawing::{Drawing, Sheet, block, finite, left_out, percent, said, words},
    width::{self, Type},
};
use crate::{
    number,
    picture::{Measure, Step, StepGroup, Steps},
};

const HEADING: f64 = 28.0;
const MOST_STEPS: usize = 32;
const MOST_GROUPS: usize = 6;
/// In all groups together: enough for one funnel of the most steps.
const MOST_BARS: usize = 40;
/// At most so wide are the names of steps.
const NAMES: f64 = 190.0;
const COUNT: Measure = Measure::Count(String::new());

pub fn draw(chart: &Steps, sheet: Sheet) -> Drawing {
    // Of a group without a step there is nothing to draw, its name neither.
    let all: Vec<&StepGroup> = chart.groups.iter().filter(|group| !group.steps.is_empty()).collect();
    if all.is_empty() {
        return super::plain::nothing(super::plain::NO_VALUE, sheet);
    }
    let longest = all.iter().map(|group| group.steps.len()).max().unwrap_or(0).clamp(1, MOST_STEPS);
    let groups = &all[..all.len().min(MOST_GROUPS).min(MOST_BARS / longest)];
    let left = groups
        .iter()
        .flat_map(|group| &group.steps)
        .map(|step| width::of(&width::fit(&step.label, NAMES, Type::Plain), Type::Plain))
        .fold(0.0, f64::max)
        + 10.0;
    let counts = groups
        .iter()
        .flat_map(|group| &group.steps)
        .map(|step| width::of(&said(step.count, &COUNT), Type::Bold))
        .fold(24.0, f64::max);
    let shares = width::of("100 %", Type::Plain);
    let track = if sheet.is_narrow {
        Track {
            sheet,
            left: 0.0,
            right: sheet.width,
            counts: sheet.width - shares - 12.0,
            pitch: 60.0,
            bar: (17.0, 16.0),
        }
    } else {
        let right = sheet.width - counts - shares - 24.0;
        Track { sheet, left, right, counts: sheet.width - shares - 12.0, pitch: 44.0, bar: (0.0, 22.0) }
    };
    let hidden = all.len() - groups.len();
    let mut y = 4.0;
    let body = html! {
        @for group in groups {
            @if let Some(label) = &group.label {
                (words(0.0, y + 12.0, "num", &width::fit(label, sheet.width, Type::Bold)))
                @let () = y += HEADING;
            }
            @for drawn in track.steps(group, y) { (drawn) }
            @let () = y += track.pitch * group.steps.len().min(MOST_STEPS) as f64;
        }
        @if hidden > 0 { (left_out((y - track.gap() + 20.0).max(14.0), hidden, "more")) }
    };
    let room = if hidden > 0 { 26.0 } else { 6.0 };
    Drawing { height: (y - track.gap() + room).max(24.0), body }
}

struct Track {
    sheet: Sheet,
    left: f64,
    right: f64,
    /// Where counts end.
    counts: f64,
    /// From one step to the next.
    pitch: f64,
    /// Where in a step its bar begins, and how high it is.
    bar: (f64, f64),
}

impl Track {
    /// Between a bar and the next step.
    fn gap(&self) -> f64 {
        self.pitch - self.bar.0 - self.bar.1
    }

    fn steps(&self, group: &StepGroup, top: f64) -> Vec<Markup> {
        let steps = &group.steps[..group.steps.len().min(MOST_STEPS)];
        let first = steps.first().map_or(0.0, |step| step.count);
        let most_lost = steps.iter().filter_map(|step| finite(step.lost_share)).fold(0.0, f64::max);
        let mut before = 0.0;
        let mut y = top;
        let mut drawn = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            let share = finite(step.share.or(Some(step.count / first))).unwrap_or(0.0).clamp(0.0, 1.0);
            let is_largest_loss = most_lost > 0.0 && step.lost_share == Some(most_lost);
            let loss = loss(step).filter(|_| index > 0);
            drawn.push(self.step(step, loss, y, (share, before), is_largest_loss));
            before = share;
            y += self.pitch;
        }
        drawn
    }

    fn step(
        &self,
        step: &Step,
        loss: Option<String>,
        y: f64,
        (share, before): (f64, f64),
        is_largest_loss: bool,
    ) -> Markup {
        let full = self.right - self.left;
        let class = if is_largest_loss { "small num" } else { "dim small" };
        let (bar, high) = (y + self.bar.0, self.bar.1);
        // On a narrow sheet words stand above the bar, and what was lost below the one before.
        let base = if self.sheet.is_narrow { y + 11.0 } else { y + 15.5 };
        let count = said(step.count, &COUNT);
        html! {
            @if let Some(loss) = loss { (words(self.left, if self.sheet.is_narrow { y - 14.0 } else { y - 7.0 }, class, &loss)) }
            @if self.sheet.is_narrow {
                @let room = self.counts - width::of(&count, Type::Bold) - 12.0;
                (words(0.0, base, "", &width::fit(&step.label, room, Type::Plain)))
            } @else {
                (words(self.left - 10.0, base, "end", &width::fit(&step.label, NAMES, Type::Plain)))
            }
            (block("track", self.left, bar, full, high))
            @if before > share { (block("soft", self.left, bar, full * before, high)) }
            @if share > 0.0 { (block("bar", self.left, bar, (full * share).max(1.5), high)) }
            (words(self.counts, base, "num end", &count))
            @if let Some(share) = finite(step.share) {
                (words(self.sheet.width, base, "dim end", &format!("{} %", percent(share))))
            }
        }
    }
}

/// "−115 here (38 %), median 3 d".
fn loss(step: &Step) -> Option<String> {
    let lost = finite(step.lost)?;
    let mut words = if lost == 0.0 { "none lost here".to_owned() } else { format!("{} here", said(-lost, &COUNT)) };
    if let Some(share) = finite(step.lost_share).filter(|share| *share > 0.0) {
        words.push_str(&format!(" ({} %)", percent(share)));
    }
    if let Some(seconds) = finite(step.median_seconds) {
        words.push_str(&format!(", median {}", number::say(seconds, &Measure::Duration)));
    }
    Some(words)
}

//! A funnel: a bar a step on the track of the first; between two bars, who was lost there and how long it took.

use maud::{Markup, html};

use super::{
    drawing::{Drawing, WIDTH, block, finite, left_out, percent, said, words},
    width::{self, Type},
};
use crate::{
    number,
    picture::{Measure, Step, StepGroup, Steps},
};

const BAR: f64 = 22.0;
const PITCH: f64 = 44.0;
const HEADING: f64 = 28.0;
const MOST_STEPS: usize = 32;
const MOST_GROUPS: usize = 6;
/// In all groups together: enough for one funnel of the most steps.
const MOST_BARS: usize = 40;
/// At most so wide are the names of steps.
const NAMES: f64 = 190.0;
const COUNT: Measure = Measure::Count(String::new());

pub fn draw(chart: &Steps) -> Drawing {
    if chart.groups.iter().all(|group| group.steps.is_empty()) {
        return super::plain::nothing(super::plain::NO_VALUE);
    }
    let longest = chart.groups.iter().map(|group| group.steps.len()).max().unwrap_or(0).clamp(1, MOST_STEPS);
    let groups = &chart.groups[..chart.groups.len().min(MOST_GROUPS).min(MOST_BARS / longest)];
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
    let track = Track { left, right: WIDTH - counts - shares - 24.0, counts: WIDTH - shares - 12.0 };
    let mut y = 4.0;
    let body = html! {
        @for group in groups {
            @if let Some(label) = &group.label {
                (words(0.0, y + 12.0, "num", &width::fit(label, WIDTH, Type::Bold)))
                @let () = y += HEADING;
            }
            @for drawn in track.steps(group, y) { (drawn) }
            @let () = y += PITCH * group.steps.len().min(MOST_STEPS) as f64;
        }
        @if chart.groups.len() > groups.len() {
            (left_out(y + 4.0, chart.groups.len() - groups.len(), "more"))
            @let () = y += 24.0;
        }
    };
    Drawing { height: (y - (PITCH - BAR) + 6.0).max(BAR), body }
}

struct Track {
    left: f64,
    right: f64,
    /// Where counts end.
    counts: f64,
}

impl Track {
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
            y += PITCH;
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
        html! {
            @if let Some(loss) = loss { (words(self.left, y - 7.0, class, &loss)) }
            (words(self.left - 10.0, y + 15.5, "end", &width::fit(&step.label, NAMES, Type::Plain)))
            (block("track", self.left, y, full, BAR))
            @if before > share { (block("soft", self.left, y, full * before, BAR)) }
            @if share > 0.0 { (block("bar", self.left, y, (full * share).max(1.5), BAR)) }
            (words(self.counts, y + 15.5, "num end", &said(step.count, &COUNT)))
            @if let Some(share) = finite(step.share) {
                (words(WIDTH, y + 15.5, "dim end", &format!("{} %", percent(share))))
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

//! How many are in each range of a value: a bar a range, with its share.

use super::{
    Options,
    bars::{self, BarRow},
};
use crate::{
    number,
    picture::{Bin, BinGroup, Histogram, Measure},
};

/// More ranges than that are joined, two and two.
const MOST_BINS: usize = 24;

pub(super) fn draw(histogram: &Histogram, options: &Options) -> Vec<String> {
    if histogram.groups.iter().all(|group| group.bins.is_empty()) {
        return vec!["  Nothing to count.".to_owned()];
    }
    let most = histogram.groups.iter().flat_map(|group| &group.bins).map(|bin| bin.count).fold(0.0, f64::max);
    let groups = histogram.groups.iter().take(super::MOST_ROWS);
    groups.flat_map(|group| group_of(group, histogram, most, options)).collect()
}

fn group_of(group: &BinGroup, histogram: &Histogram, most: f64, options: &Options) -> Vec<String> {
    let all: f64 = group.bins.iter().map(|bin| bin.count).sum();
    let bins = joined(group.bins.clone());
    let rows = bins.iter().map(|bin| BarRow {
        label: range(bin, &histogram.measure),
        value: Some(bin.count),
        numbers: vec![
            number::say(bin.count, &Measure::Count(histogram.counted.clone())),
            if all > 0.0 { number::say(bin.count / all, &Measure::Share) } else { String::new() },
        ],
        ..BarRow::default()
    });
    let rows = rows.collect::<Vec<_>>();
    let heading = group.label.as_ref().map(|label| format!("  {}", options.say(label, options.width - 2)));
    let counted = options.say(&histogram.counted, options.width / 5);
    let headings = [counted.as_str(), "of all"];
    heading.into_iter().chain(bars::draw(&rows, Some(&headings), &[], Some(most), options)).collect()
}

fn joined(mut bins: Vec<Bin>) -> Vec<Bin> {
    while bins.len() > MOST_BINS {
        bins = bins
            .chunks(2)
            .map(|pair| Bin {
                from: pair[0].from,
                until: pair[pair.len() - 1].until,
                count: pair.iter().map(|bin| bin.count).sum(),
            })
            .collect();
    }
    bins
}

/// "1 min to 5 min", "under 1 min", "from 1 d".
fn range(bin: &Bin, measure: &Measure) -> String {
    let say = |value| number::say(value, measure);
    match (bin.from, bin.until) {
        (Some(from), Some(until)) if from == until => say(from),
        (Some(from), Some(until)) if from == 0.0 && matches!(measure, Measure::Duration) => {
            format!("under {}", say(until))
        }
        (Some(from), Some(until)) => format!("{} to {}", say(from), say(until)),
        (None, Some(until)) => format!("under {}", say(until)),
        (Some(from), None) => format!("from {}", say(from)),
        (None, None) => "all".to_owned(),
    }
}

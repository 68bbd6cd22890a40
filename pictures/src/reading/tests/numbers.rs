//! What a finding says is recomputed from the rows.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::number;

proptest! {
    /// The largest loss of a funnel is the largest difference between two steps, and every share is of the first.
    #[test]
    fn of_a_funnel(lost in proptest::collection::vec(0..1000u32, 2..8), rest in 1..1000u32) {
        let mut counts = vec![lost.iter().sum::<u32>() + rest];
        for lost in &lost {
            counts.push(counts[counts.len() - 1] - lost);
        }
        let rows: Vec<_> = counts.iter().enumerate().map(|(step, count)| json!({"value": f64::from(*count) / f64::from(counts[0]), "n": counts[0], "is_complete": true, "details": {"step": step + 1, "event_name": format!("step_{step}"), "actors": count}})).collect();
        let picture = picture(&answer_of("funnel", &json!({"value_column": "rate_from_first", "unit": "ratio", "rows": rows})));
        let Chart::Steps(steps) = &picture.chart else { panic!("{:?}", picture.chart) };
        for (step, count) in steps.groups[0].steps.iter().zip(&counts) {
            prop_assert_eq!(step.count, f64::from(*count));
            prop_assert!(step.share.is_some_and(|share| (0.0..=1.0).contains(&share)));
        }
        match lost.iter().max() {
            Some(0) | None => prop_assert!(picture.finding.contains("Nobody is lost")),
            Some(most) => {
                let before: Vec<String> = lost.iter().enumerate().filter(|(_, lost)| *lost == most).map(|(place, lost)| format!("before \"Step {}\": {} of {}", place + 1, number::decimal(f64::from(*lost), 0), number::decimal(f64::from(counts[place]), 0))).collect();
                prop_assert!(before.iter().any(|said| picture.finding.contains(said)), "{} {:?}", picture.finding, before);
            }
        }
        let said = format!("{} reached \"Step {}\"", number::say(f64::from(rest) / f64::from(counts[0]), &Measure::Share), lost.len());
        prop_assert!(picture.finding.contains(&said), "{} {}", picture.finding, said);
    }

    /// The last bucket that is over is told, with its part, and the tile shows the same number.
    #[test]
    fn of_a_ratio(parts in proptest::collection::vec((0..100u32, 1..100u32), 2..20)) {
        let rows: Vec<_> = parts.iter().enumerate().map(|(place, (part, more))| {
            let n = part + more;
            json!({"bucket": format!("{}", (crate::samples::day(place as u64)).format("%Y-%m-%dT%H:%M:%S")), "value": f64::from(*part) / f64::from(n), "n": n, "is_complete": place + 1 < parts.len(), "details": {"ratio": f64::from(*part) / f64::from(n)}})
        }).collect();
        let picture = picture(&answer_of("event_ratio", &json!({"value_column": "ratio", "unit": "ratio", "grain": "day", "rows": rows})));
        let over = &parts[..parts.len() - 1];
        // Where nothing came of any bucket that is over, the one that runs may be told.
        if over.iter().any(|(part, _)| *part > 0) {
            let (part, more) = over[over.len() - 1];
            let share = number::say(f64::from(part) / f64::from(part + more), &Measure::Share);
            let said = format!("({part} of {})", part + more);
            prop_assert!(picture.finding.starts_with(&share) && picture.finding.contains(&said), "{} {}", picture.finding, said);
            prop_assert_eq!(picture.headline.map(|tile| tile.value), Some(share));
        }
    }

    /// The busiest hour is the largest cell.
    #[test]
    fn of_a_week(cells in proptest::collection::vec(0..1000u32, 168)) {
        let rows: Vec<_> = cells.iter().enumerate().map(|(place, value)| json!({"value": value, "n": value, "details": {"weekday": place / 24 + 1, "hour": place % 24, "events": value}})).collect();
        let picture = picture(&answer_of("activity_heatmap", &json!({"value_column": "events", "unit": "events", "rows": rows})));
        if let Some(most) = cells.iter().max().filter(|most| **most > 0) {
            let said: Vec<String> = cells.iter().enumerate().filter(|(_, value)| *value == most).map(|(place, _)| format!("s at {:02}:00, with {} event", place % 24, number::decimal(f64::from(*most), 0))).collect();
            prop_assert!(said.iter().any(|said| picture.finding.contains(said)), "{}", picture.finding);
        }
    }

    /// Who came back is the mean over the cohorts whose period is over.
    #[test]
    fn of_cohorts(sizes in proptest::collection::vec(1..200u32, 2..10)) {
        let mut rows = Vec::new();
        for (cohort, size) in sizes.iter().enumerate() {
            for period in 0..sizes.len() - cohort {
                let actors = if period == 0 { *size } else { size / 2 };
                rows.push(json!({"bucket": format!("{}", (crate::samples::day(cohort as u64 * 7)).format("%Y-%m-%dT%H:%M:%S")), "value": f64::from(actors) / f64::from(*size), "n": size, "is_complete": period + cohort + 1 < sizes.len(), "details": {"cohort": "x", "cohort_size": size, "period": period, "actors": actors, "rate": f64::from(actors) / f64::from(*size)}}));
            }
        }
        let picture = picture(&answer_of("retention", &json!({"value_column": "rate", "unit": "ratio", "grain": "week", "rows": rows})));
        let old: Vec<u32> = sizes[..sizes.len() - 1].iter().take(sizes.len().saturating_sub(2)).copied().collect();
        if old.is_empty() {
            prop_assert!(picture.finding.starts_with("No cohort is old enough"), "{}", picture.finding);
        } else {
            let all: u32 = old.iter().sum();
            let back: u32 = old.iter().map(|size| size / 2).sum();
            let said = format!("{} of {}", number::say(f64::from(back) / f64::from(all), &Measure::Share), number::with_noun(f64::from(all), &Measure::Count("people".to_owned())));
            prop_assert!(picture.finding.starts_with(&said), "{} {}", picture.finding, said);
        }
    }
}

//! When alerts about a KPI fired: in words, and in which buckets.

use chrono::{Datelike, NaiveDateTime};

use super::words;
use crate::{
    answer::{Answer, Incident},
    number,
    picture::Measure,
};

/// Of so many alerts each is named; of more the rest is counted.
const MOST_NAMED: usize = 2;

/// "The alert checkout_fails fired 3 times, the last on 4 Mar at 10:05 for 27 min."
pub fn sentence(answer: &Answer) -> Option<String> {
    let mut alerts: Vec<(&str, Vec<&Incident>)> = Vec::new();
    for incident in &answer.incidents {
        match alerts.iter_mut().find(|(name, _)| *name == incident.alert) {
            Some((_, incidents)) => incidents.push(incident),
            None => alerts.push((&incident.alert, vec![incident])),
        }
    }
    let mut said: Vec<String> = alerts
        .iter()
        .take(MOST_NAMED)
        .filter_map(|(name, incidents)| {
            let last = incidents.iter().max_by_key(|incident| (incident.until.is_none(), incident.since))?;
            Some(format!("The alert {name} {}.", course(last, incidents.len(), answer.range.now)))
        })
        .collect();
    match alerts.len().saturating_sub(MOST_NAMED) {
        0 => {}
        1 => said.push("Another alert fired too.".to_owned()),
        more => said.push(format!("{more} more alerts fired.")),
    }
    (!said.is_empty()).then(|| said.join(" "))
}

fn course(last: &Incident, count: usize, now: NaiveDateTime) -> String {
    let whose = last.breakdown_value.as_deref().map_or(String::new(), |value| format!(" ({})", words::value(value)));
    let since = moment(last.since, now);
    match (last.until, count) {
        (None, 1) => format!("has been firing since {since}{whose}"),
        (None, count) => format!("fired {count} times and has been firing since {since}{whose}"),
        (Some(until), count) => {
            let seconds = (until - last.since).num_seconds() as f64;
            let times = if count == 1 { "fired".to_owned() } else { format!("fired {count} times, the last") };
            format!("{times} on {since}{whose} for {}", number::say(seconds, &Measure::Duration))
        }
    }
}

fn moment(at: NaiveDateTime, now: NaiveDateTime) -> String {
    at.format(if at.year() == now.year() { "%-d %b at %H:%M" } else { "%-d %b %Y at %H:%M" }).to_string()
}

/// In which buckets each fired, from the first to the last; what ends as a bucket begins is not in that one. What lies before the
/// first bucket begins there.
pub fn buckets(incidents: &[Incident], starts: &[NaiveDateTime]) -> Vec<(usize, usize)> {
    let Some(last) = starts.len().checked_sub(1) else { return Vec::new() };
    let begun_by = |at: NaiveDateTime| starts.partition_point(|start| *start <= at);
    let mut buckets: Vec<(usize, usize)> = incidents
        .iter()
        .filter_map(|incident| {
            let first = begun_by(incident.since).saturating_sub(1);
            let end =
                incident.until.map_or(last, |until| starts.partition_point(|start| *start < until).saturating_sub(1));
            (incident.until.is_none_or(|until| until > starts[0])).then_some((first, end.max(first)))
        })
        .collect();
    buckets.sort_unstable();
    // Several in a row are one bar.
    buckets.dedup_by(|next, before| {
        let touches = next.0 <= before.1;
        if touches {
            before.1 = before.1.max(next.1);
        }
        touches
    });
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::day;
    use chrono::Duration;
    use proptest::prelude::*;

    fn incident(since: NaiveDateTime, until: Option<NaiveDateTime>) -> Incident {
        Incident { alert: "checkout_fails".into(), breakdown_value: None, since, until }
    }

    fn said(incidents: Vec<Incident>) -> Option<String> {
        let mut answer = super::super::tests::answer("event_volume", "{}");
        answer.range.now = day(20);
        answer.incidents = incidents;
        sentence(&answer)
    }

    #[test]
    fn an_alert_is_said_with_its_last_time() {
        let at = day(4) + Duration::minutes(605);
        let over = incident(at, Some(at + Duration::minutes(27)));
        assert_eq!(said(vec![]), None);
        assert_eq!(
            said(vec![over.clone()]).as_deref(),
            Some("The alert checkout_fails fired on 4 Nov at 10:05 for 27 min.")
        );
        assert_eq!(
            said(vec![over.clone(), incident(day(5), None)]).as_deref(),
            Some("The alert checkout_fails fired 2 times and has been firing since 5 Nov at 00:00.")
        );
        let of_others = ["b", "c", "d"].map(|alert| Incident { alert: alert.into(), ..over.clone() });
        assert_eq!(
            said([vec![over.clone(), over.clone()], of_others.to_vec()].concat()).as_deref(),
            Some(
                "The alert checkout_fails fired 2 times, the last on 4 Nov at 10:05 for 27 min. \
                 The alert b fired on 4 Nov at 10:05 for 27 min. 2 more alerts fired."
            )
        );
    }

    #[test]
    fn buckets_are_those_in_which_it_fired() {
        let starts: Vec<_> = (0..5).map(day).collect();
        let noon = |n| day(n) + Duration::hours(12);
        assert_eq!(buckets(&[incident(noon(1), Some(noon(1) + Duration::minutes(5)))], &starts), [(1, 1)]);
        assert_eq!(buckets(&[incident(noon(1), Some(day(3)))], &starts), [(1, 2)]);
        assert_eq!(buckets(&[incident(noon(3), None)], &starts), [(3, 4)]);
        let two = [incident(noon(1), Some(noon(2))), incident(noon(2), Some(noon(3)))];
        assert_eq!(buckets(&two, &starts), [(1, 3)]);
        assert_eq!(buckets(&two, &[]), []);
    }

    proptest! {
        #[test]
        fn bars_are_in_order_and_within_the_chart(
            drawn in prop::collection::vec((-50_i64..300, prop::option::of(0_i64..200)), 0..20),
            count in 1_u64..8,
        ) {
            let starts: Vec<_> = (0..count).map(day).collect();
            let incidents: Vec<_> = drawn.into_iter().map(|(since, hours)| {
                let since = day(0) + Duration::hours(since);
                incident(since, hours.map(|hours| since + Duration::hours(hours)))
            }).collect();
            let bars = buckets(&incidents, &starts);
            prop_assert!(bars.iter().all(|(first, last)| first <= last && *last < starts.len()));
            prop_assert!(bars.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}

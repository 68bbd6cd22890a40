use super::*;
use proptest::prelude::*;

const WAITS: [f64; 5] = [60.0, 300.0, 900.0, 3600.0, 21600.0];

/// A destination that sends one batch after the other, as sql/outbox/settling.sql keeps it.
#[derive(Default)]
struct Destination {
    position: u32,
    /// Where the batches end that were cut, the next one first.
    ends: Vec<u32>,
    failures: usize,
    is_down: bool,
    now: f64,
    delivered: Vec<u32>,
    dead: Vec<(u32, u32)>,
    requests: usize,
}

impl Destination {
    /// Sends the next batch of at most `most` of the events up to `until`; false where there is none.
    fn send(&mut self, most: u32, until: u32, receiver: &impl Fn(u32, u32, f64) -> i32) -> bool {
        if self.position == until {
            return false;
        }
        if self.ends.is_empty() {
            self.ends.push(until.min(self.position + most));
        }
        let (after, last) = (self.position, self.ends[0]);
        let status = receiver(after, last, self.now);
        self.requests += 1;
        let case = Case {
            events: last - after,
            is_sink: true,
            is_keyed: false,
            others_succeed: false,
            is_down: self.is_down,
            failures: self.failures,
        };
        let verdict = case.judge(Report::of(Some(status), None).unwrap(), &WAITS, None);
        self.now += verdict.wait;
        if verdict.answers {
            (self.is_down, self.failures) = (false, 0);
        }
        self.is_down |= verdict.goes_down;
        match verdict.outcome {
            Outcome::Delivered => self.delivered.extend(after + 1..=last),
            Outcome::Dead => self.dead.push((after + 1, last)),
            Outcome::Split => self.ends.insert(0, after + verdict.first_half.unwrap()),
            _ => self.failures += 1,
        }
        if matches!(verdict.outcome, Outcome::Delivered | Outcome::Dead) {
            self.position = last;
            self.ends.remove(0);
            self.failures = 0;
        }
        true
    }
}

#[test]
fn each_poisonous_event_of_a_batch_is_found_by_19_requests() {
    for poison in 1..=500 {
        let mut destination = Destination::default();
        let receiver = |after, last, _| if after < poison && poison <= last { 400 } else { 200 };
        while destination.send(500, 500, &receiver) {}
        assert!(destination.requests <= 19, "{} requests for {poison}", destination.requests);
        assert_eq!(destination.dead, [(poison, poison)]);
        let others: Vec<u32> = (1..=500).filter(|n| *n != poison).collect();
        assert_eq!(destination.delivered, others);
    }
}

#[test]
fn an_outage_of_a_week_costs_one_dead_letter() {
    let week = 7.0 * 86400.0;
    let mut destination = Destination::default();
    let receiver = |_, _, now| if now < week { 503 } else { 200 };
    while destination.send(500, 100_000, &receiver) {}
    assert_eq!(destination.dead, [(1, 500)]);
    assert_eq!(destination.delivered, (501..=100_000).collect::<Vec<u32>>());
    assert!(destination.now < week + 6.0 * 3600.0);
}

#[test]
fn what_a_status_is() {
    for (status, report) in [
        (200, Report::Success),
        (299, Report::Success),
        (301, Report::Outage),
        (400, Report::Refused),
        (401, Report::Outage),
        (404, Report::Outage),
        (408, Report::Outage),
        (410, Report::Gone),
        (413, Report::Refused),
        (422, Report::Refused),
        (429, Report::Outage),
        (503, Report::Outage),
    ] {
        assert_eq!(Report::of(Some(status), None), Some(report), "{status}");
    }
    assert_eq!(Report::of(None, None), None);
    assert_eq!(Report::of(Some(600), None), None);
    assert_eq!(Report::of(Some(200), Some("reset")), None);
    assert_eq!(Report::of(None, Some("full moon")), None);
}

proptest! {
    /// Whatever a receiver does, each event is delivered or a dead letter, once, in order.
    #[test]
    fn nothing_is_lost_and_nothing_is_done_twice(
        poison in proptest::collection::btree_set(1u32..2000, 0..40),
        outage in 0.0f64..200_000.0,
        most in 1u32..700,
    ) {
        let mut destination = Destination::default();
        let receiver = |after, last, now| {
            if now < outage { 500 } else if poison.range(after + 1..=last).next().is_some() { 422 } else { 200 }
        };
        let mut sent = 0;
        while destination.send(most, 2000, &receiver) {
            sent += 1;
            prop_assert!(sent < 10_000);
        }
        let mut all = destination.delivered.clone();
        prop_assert!(all.is_sorted());
        all.extend(destination.dead.iter().flat_map(|(first, last)| *first..=*last));
        all.sort_unstable();
        prop_assert_eq!(all, (1..=2000).collect::<Vec<u32>>());
        let spent_by_outage = destination.dead.iter().filter(|(first, last)| first < last || !poison.contains(first)).count();
        prop_assert!(spent_by_outage <= 1);
    }

    /// `Retry-After` only lengthens a wait, to six hours at most.
    #[test]
    fn retry_after_raises_the_wait(failures in 0usize..5, seconds in -10.0f64..1e9) {
        let case = Case { events: 1, is_sink: false, is_keyed: false, others_succeed: false, is_down: false, failures };
        let verdict = case.judge(Report::Outage, &WAITS, Some(seconds));
        prop_assert_eq!(verdict.wait, WAITS[failures].max(seconds.clamp(0.0, 21600.0)));
    }
}

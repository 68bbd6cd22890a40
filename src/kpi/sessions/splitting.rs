//! Pure: cuts an actor's events into sessions.
//!
//! Where a session begins depends on the events before it, back to the last gap that splits. So the sessions that begin
//! in a range are found from events that begin somewhat earlier, and where those do not tell, from still earlier ones:
//! a session is the same whatever range it is asked for in.

/// The rules that end a session, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A longer gap than this splits; one of just this length does not. It is at most `longest`.
    pub timeout: i64,
    /// An event begins another session if it is later than this after the session's first event.
    pub longest: i64,
}

/// Asks for the sessions that begin from `since` on, of events that are known from `from` on; without `since`, for all
/// of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub from: i64,
    pub since: Option<i64>,
    pub until: i64,
}

impl Asked {
    /// Tells whether a session with these events begins in the range.
    fn holds<P>(&self, session: &[(i64, P)]) -> bool {
        session
            .first()
            .is_some_and(|(started, _)| self.since.is_none_or(|since| since <= *started) && *started < self.until)
    }
}

/// The sessions cannot be told: that depends on events before those that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided;

/// Gives the sessions that begin in the range, of one actor's events in order of time, each with its events.
pub fn sessions<P>(
    events: &[(i64, P)],
    rules: Rules,
    asked: Asked,
) -> Result<impl Iterator<Item = &[(i64, P)]>, Undecided> {
    if asked.since.is_some_and(|since| is_undecided(events, rules, asked.from, since)) {
        return Err(Undecided);
    }
    Ok(split(events, rules).filter(move |session| asked.holds(session)))
}

/// Tells whether an unbroken chain of events leads from before `from` to `since` or later.
fn is_undecided<P>(events: &[(i64, P)], rules: Rules, from: i64, since: i64) -> bool {
    // What is not known lies before `from` by a microsecond or more.
    let mut previous = from.saturating_sub(1);
    for (time, _) in events {
        if time.saturating_sub(previous) > rules.timeout {
            return false;
        }
        if *time >= since {
            return true;
        }
        previous = *time;
    }
    false
}

fn split<P>(events: &[(i64, P)], rules: Rules) -> impl Iterator<Item = &[(i64, P)]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let (started, _) = rest.first()?;
        let splits = |pair: &[(i64, P)]| pair[1].0 - pair[0].0 > rules.timeout || pair[1].0 - started > rules.longest;
        let length = rest.windows(2).position(splits).map_or(rest.len(), |place| place + 1);
        let (session, later) = rest.split_at(length);
        rest = later;
        Some(session)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * 60 * MINUTE;
    const RULES: Rules = Rules { timeout: 30 * MINUTE, longest: DAY };
    const ALL: Asked = Asked { from: i64::MIN, since: None, until: i64::MAX };

    fn lengths(times: &[i64], rules: Rules) -> Vec<usize> {
        let events: Vec<(i64, ())> = times.iter().map(|time| (*time, ())).collect();
        sessions(&events, rules, ALL).expect("all is known").map(<[_]>::len).collect()
    }

    /// The case DB-1 of docs/semantics.md.
    #[test]
    fn a_gap_of_more_than_the_timeout_splits() {
        let at = |hour: i64, minute: i64| (hour * 60 + minute) * MINUTE;
        let times = [at(10, 0), at(10, 15), at(10, 25), at(11, 30), at(11, 45), at(13, 0)];
        assert_eq!(lengths(&times, RULES), [3, 2, 1]);
        assert_eq!(lengths(&[0, 30 * MINUTE, 60 * MINUTE + 1], RULES), [2, 1]);
        assert_eq!(lengths(&[], RULES), [0; 0]);
    }

    #[test]
    fn a_session_lasts_a_day_at_most() {
        let busy: Vec<i64> = (0..=96).map(|n| n * 20 * MINUTE).collect();
        assert_eq!(lengths(&busy, RULES), [73, 24]);
    }

    #[test]
    fn what_is_not_known_may_decide() {
        let rules = Rules { timeout: 10, longest: 50 };
        let asked = |times: &[i64], from, since| {
            let events: Vec<(i64, ())> = times.iter().map(|time| (*time, ())).collect();
            sessions(&events, rules, Asked { from, since: Some(since), until: i64::MAX })
                .map(|found| found.map(|session| session[0].0).collect::<Vec<_>>())
        };
        // Something at 99 might reach 109, and so 119; not 110.
        assert_eq!(asked(&[109, 119], 100, 115), Err(Undecided));
        assert_eq!(asked(&[110, 119, 140], 100, 115), Ok(vec![140]));
        assert_eq!(asked(&[105, 130], 100, 115), Ok(vec![130]));
        assert_eq!(asked(&[105], 100, 115), Ok(vec![]));
    }

    proptest! {
        /// However few of the earlier events are known, the answer is that of all events, or none.
        #[test]
        fn a_session_does_not_depend_on_the_range(
            gaps in prop::collection::vec(0_i64..14, 0..60),
            back in 0_i64..60,
            since in 0_i64..300,
            length in 1_i64..200,
        ) {
            let rules = Rules { timeout: 10, longest: 50 };
            let events: Vec<(i64, ())> = gaps.iter().scan(0, |at, gap| { *at += gap; Some((*at, ())) }).collect();
            let (from, until) = (since - back, since + length);
            let read: Vec<(i64, ())> =
                events.iter().copied().filter(|(time, _)| *time >= from && *time <= until + rules.longest).collect();
            if let Ok(found) = sessions(&read, rules, Asked { from, since: Some(since), until }) {
                let all = sessions(&events, rules, ALL).expect("all is known");
                let expected: Vec<_> = all.filter(|session| (since..until).contains(&session[0].0)).collect();
                prop_assert_eq!(found.collect::<Vec<_>>(), expected);
            } else {
                prop_assert!(read.iter().any(|(time, _)| *time < from + rules.timeout));
            }
        }
    }
}

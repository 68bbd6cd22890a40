//! Pure: finds when objects fall due. Events set times for an object, one after another, and the last decides. A time
//! that has been over for longer than one waits for what becomes of an object is settled: no event moves it any more,
//! so that what is complete stays as it is.

/// A time, and where an event of that time stands in the order of arrival.
pub type Moment = (i64, i64);

/// An event that sets a time for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    pub object: u32,
    pub at: Moment,
    /// The number of the time's text.
    pub text: u32,
}

/// The time at which an object falls due, as the last event that counts set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The moment of the event that set it.
    pub set_at: Moment,
    /// When the object falls due; None where the text is no time.
    pub due_at: Option<i64>,
    /// The last moment at which something still counts for the object: i64::MAX where that has no end, or nothing is
    /// due.
    pub settled_at: i64,
}

/// Finds the time that decides for each of the objects; none where no event sets one. An event that repeats a time
/// changes nothing. `time_of` gives the time that a text is; `settled_at` says until when a time may still be moved,
/// inclusive.
pub fn due_of_each<E>(
    settings: &mut [Setting],
    objects: usize,
    time_of: impl Fn(u32) -> Option<i64>,
    settled_at: impl Fn(i64) -> Result<i64, E>,
) -> Result<Vec<Option<Due>>, E> {
    let mut dues: Vec<Option<Due>> = vec![None; objects];
    settings.sort_unstable();
    for setting in settings {
        let due = &mut dues[setting.object as usize];
        let due_at = time_of(setting.text);
        let is_open = due.is_none_or(|due| due.due_at != due_at && setting.at.0 <= due.settled_at);
        if is_open {
            let settled_at = due_at.map_or(Ok(i64::MAX), &settled_at)?;
            *due = Some(Due { set_at: setting.at, due_at, settled_at });
        }
    }
    Ok(dues)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// Finds the time that decides for one object. A setting is (when it is set, the time), in any order; a time of 9
    /// is no time.
    fn due(settings: &[(i64, u32)], wait: Option<i64>) -> Option<(i64, Option<i64>)> {
        let at =
            |(arrival, (at, text)): (usize, &(i64, u32))| Setting { object: 0, at: (*at, arrival as i64), text: *text };
        let mut settings: Vec<Setting> = settings.iter().enumerate().map(at).collect();
        let settled_at = |time: i64| Ok::<i64, Infallible>(wait.map_or(i64::MAX, |wait| time + wait));
        let Ok(dues) = due_of_each(&mut settings, 1, time_of, settled_at);
        dues[0].map(|due| (due.set_at.0, due.due_at))
    }

    fn time_of(text: u32) -> Option<i64> {
        (text != 9).then_some(i64::from(text))
    }

    #[test]
    fn the_last_decides() {
        assert_eq!(due(&[], None), None);
        assert_eq!(due(&[(1, 5)], None), Some((1, Some(5))));
        assert_eq!(due(&[(3, 4), (1, 5), (2, 8)], None), Some((3, Some(4))));
        assert_eq!(due(&[(1, 5), (1, 6)], None), Some((1, Some(6))), "of one time the one that arrived last");
    }

    #[test]
    fn what_is_no_time_is_not_the_time_before() {
        assert_eq!(due(&[(1, 5), (2, 9)], None), Some((2, None)));
        assert_eq!(due(&[(1, 9), (2, 9), (3, 5)], None), Some((3, Some(5))));
    }

    #[test]
    fn a_repeated_time_changes_nothing() {
        assert_eq!(due(&[(1, 5), (7, 5)], None), Some((1, Some(5))));
        assert_eq!(due(&[(1, 5), (7, 6), (8, 5)], None), Some((8, Some(5))));
    }

    #[test]
    fn what_is_settled_is_not_moved() {
        assert_eq!(due(&[(1, 2), (4, 8)], Some(2)), Some((4, Some(8))), "the last moment");
        assert_eq!(due(&[(1, 2), (5, 8)], Some(2)), Some((1, Some(2))));
        assert_eq!(due(&[(1, 2), (4, 4), (7, 8)], Some(2)), Some((4, Some(4))), "each time anew");
        assert_eq!(due(&[(1, 9), (50, 8)], Some(2)), Some((50, Some(8))), "what is no time is never settled");
    }

    proptest! {
        /// Compares with the definition: it keeps the time that holds after each event, by which the next event is
        /// judged.
        #[test]
        fn as_defined(
            settings in prop::collection::vec((0_u32..3, 0_i64..20, 0_u32..10), 0..30),
            wait in prop::option::of(0_i64..6),
        ) {
            let settled_at = |time: i64| Ok::<i64, Infallible>(wait.map_or(i64::MAX, |wait| time + wait));
            let all = settings.iter().enumerate();
            let mut given: Vec<Setting> = all
                .map(|(arrival, (object, at, text))| Setting { object: *object, at: (*at, arrival as i64), text: *text })
                .collect();
            let Ok(found) = due_of_each(&mut given, 3, time_of, settled_at);
            for object in 0..3 {
                let mut own: Vec<(i64, usize, Option<i64>)> = settings.iter().enumerate()
                    .filter(|(_, (of, ..))| *of == object)
                    .map(|(arrival, (_, at, text))| (*at, arrival, time_of(*text)))
                    .collect();
                own.sort_unstable_by_key(|(at, arrival, _)| (*at, *arrival));
                let mut held = own.first().copied();
                for event in own.iter().skip(1) {
                    let (_, _, time) = held.expect("the first is held");
                    let is_late = time.zip(wait).is_some_and(|(time, wait)| event.0 - time > wait);
                    if event.2 != time && !is_late {
                        held = Some(*event);
                    }
                }
                let expected = held.map(|(at, arrival, due_at)| Due {
                    set_at: (at, arrival as i64),
                    due_at,
                    settled_at: due_at.zip(wait).map_or(i64::MAX, |(time, wait)| time + wait),
                });
                prop_assert_eq!(found[object as usize], expected);
            }
        }

        /// Once a time and the wait are over, no later event takes an object out of what is over.
        #[test]
        fn what_is_over_stays(
            settings in prop::collection::vec((0_i64..20, 0_u32..9), 1..8), wait in 0_i64..6, later in 0_i64..9, text in 0_u32..9,
        ) {
            let before = due(&settings, Some(wait)).and_then(|(_, due_at)| due_at).expect("texts are times");
            let last = settings.iter().map(|(at, _)| *at).max().expect("there is one");
            let at = last.max(before + wait + 1) + later;
            let more: Vec<_> = settings.iter().copied().chain([(at, text)]).collect();
            prop_assert_eq!(due(&more, Some(wait)).and_then(|(_, due_at)| due_at), Some(before));
        }
    }
}

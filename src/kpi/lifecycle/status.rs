//! Pure: finds which actors of a band are new, returning, resurrecting or dormant in a period.

use crate::readers::activity::{Activity, sets};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The actor is active for the first time ever.
    New,
    /// The actor is active, as in the period before.
    Returning,
    /// The actor is active again, but was not in the period before.
    Resurrecting,
    /// The actor was active in the period before, and is not any more.
    Dormant,
}

impl Status {
    pub const ALL: [Status; 4] = [Status::New, Status::Returning, Status::Resurrecting, Status::Dormant];

    pub fn name(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Returning => "returning",
            Status::Resurrecting => "resurrecting",
            Status::Dormant => "dormant",
        }
    }

    /// Gives the sign that the status is shown with: those who left are shown below the line.
    pub fn sign(self) -> i64 {
        if self == Status::Dormant { -1 } else { 1 }
    }

    /// Picks the actors of this status from three words of sets: who is active now, who was in the period before, and
    /// who was in any earlier period.
    fn of(self, active: u64, previous: u64, known: u64) -> u64 {
        match self {
            Status::New => active & !known,
            Status::Returning => active & previous,
            Status::Resurrecting => active & known & !previous,
            Status::Dormant => previous & !active,
        }
    }
}

/// Calls the visitor with each period, counted from 0, each status and its actors. The first `hidden` sets of the
/// activity precede the periods: none, the period before the first one, or that and the part of the first one that is
/// not counted, which makes nobody old: who began there is new in it. `before` says who was active before all of them.
/// An error ends it.
pub fn visit<E>(
    activity: &Activity,
    hidden: usize,
    before: &[u64],
    mut visitor: impl FnMut(usize, Status, &[u64]) -> Result<(), E>,
) -> Result<(), E> {
    let nobody: &[u64] = &[];
    let mut previous = if hidden > 0 { activity.set(0) } else { nobody };
    let mut known = before.to_vec();
    sets::unite(&mut known, previous);
    let mut found = Vec::new();
    for (period, bucket) in (hidden..activity.buckets()).enumerate() {
        let active = activity.set(bucket);
        for status in Status::ALL {
            found.clear();
            found.extend((0..active.len().max(previous.len())).map(|place| {
                let word = |set: &[u64]| set.get(place).copied().unwrap_or(0);
                status.of(word(active), word(previous), word(&known))
            }));
            visitor(period, status, &found)?;
        }
        if period == 0 {
            (1..hidden).for_each(|bucket| sets::unite(&mut known, activity.set(bucket)));
        }
        sets::unite(&mut known, active);
        previous = active;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const ACTORS: usize = 200;

    fn activity(sets: &[BTreeSet<u16>]) -> Activity {
        let mut activity = Activity::new(sets.len());
        activity.begin_band(ACTORS);
        for (bucket, users) in sets.iter().enumerate() {
            activity.mark(bucket, &users.iter().copied().collect::<Vec<_>>());
        }
        activity
    }

    fn found(sets: &[BTreeSet<u16>], hidden: usize, before: &BTreeSet<u16>) -> Vec<[BTreeSet<u16>; 4]> {
        let mut periods: Vec<[BTreeSet<u16>; 4]> = vec![Default::default(); sets.len() - hidden];
        let before = activity(std::slice::from_ref(before));
        let Ok(()) = visit(&activity(sets), hidden, before.set(0), |period, status, set| {
            periods[period][status as usize] = sets::users(set).collect();
            Ok::<(), std::convert::Infallible>(())
        });
        periods
    }

    #[test]
    fn without_periods_nobody_has_a_status() {
        let visited = visit(&Activity::new(0), 0, &[1], |period, status, _| Err((period, status)));
        assert_eq!(visited, Ok(()));
    }

    #[test]
    fn who_began_in_the_part_that_is_not_counted_is_new() {
        // Before the range: 1 in the period before, 2 in the first period, as well as 3, who comes again in the second.
        let sets = [[1].into(), [2, 3].into(), [1, 2].into(), [2, 3].into()];
        let [first, second] = &found(&sets, 2, &BTreeSet::new())[..] else { panic!("two periods") };
        assert_eq!(first, &[[2].into(), [1].into(), [].into(), [].into()]);
        assert_eq!(second, &[[].into(), [2].into(), [3].into(), [1].into()]);
    }

    proptest! {
        #[test]
        fn statuses_are_what_they_say_and_add_up(
            sets in prop::collection::vec(prop::collection::btree_set(0..ACTORS as u16, 0..30), 2..10),
            before in prop::collection::btree_set(0..ACTORS as u16, 0..30),
            hidden in 0usize..2,
        ) {
            let mut known = before.clone();
            let mut previous = BTreeSet::new();
            if hidden == 1 {
                previous = sets[0].clone();
                known.extend(&previous);
            }
            for (active, found) in sets[hidden..].iter().zip(found(&sets, hidden, &before)) {
                let [new, returning, resurrecting, dormant] = &found;
                prop_assert_eq!(new, &(active - &known));
                prop_assert_eq!(returning, &(active & &previous));
                prop_assert_eq!(resurrecting, &(&(active & &known) - &previous));
                prop_assert_eq!(dormant, &(&previous - active));
                prop_assert_eq!(new.len() + returning.len() + resurrecting.len(), active.len());
                prop_assert_eq!(returning.len() + dormant.len(), previous.len());
                known.extend(active);
                previous = active.clone();
            }
        }
    }
}

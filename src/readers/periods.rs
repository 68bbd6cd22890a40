//! Pure: counts in how many buckets each actor of a band was active.

use crate::readers::activity::{Activity, sets};

/// Returns in how many of the wanted buckets each actor was active, by place in the band, as far as anybody was.
pub fn periods_of(activity: &Activity, is_wanted: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut periods = Vec::new();
    for bucket in (0..activity.buckets()).filter(|bucket| is_wanted(*bucket)) {
        let set = activity.set(bucket);
        periods.resize(periods.len().max(set.len() * 64), 0);
        for place in sets::users(set) {
            periods[usize::from(place)] += 1;
        }
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn periods_are_counted(sets in prop::collection::vec(prop::collection::btree_set(0u16..300, 0..30), 0..9)) {
            let mut activity = Activity::new(sets.len());
            activity.begin_band(300);
            for (bucket, users) in sets.iter().enumerate() {
                activity.mark(bucket, &users.iter().copied().collect::<Vec<_>>());
            }
            let odd = |bucket: &usize| bucket % 2 == 1;
            let periods = periods_of(&activity, |bucket| odd(&bucket));
            for place in 0..300_u16 {
                let expected = sets.iter().enumerate().filter(|(bucket, set)| odd(bucket) && set.contains(&place)).count();
                prop_assert_eq!(periods.get(usize::from(place)).copied().unwrap_or(0) as usize, expected);
            }
        }
    }
}

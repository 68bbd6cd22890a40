//! Pure: splits the events of one actor into journeys: the events whose keys that match have the same values. Where no
//! key matches, all of them are one journey.

use std::ops::Range;

/// The events of one actor, journey after journey, each in order; the journeys are in the order of their first events.
#[derive(Debug, Clone, Copy)]
pub struct Journeys<'a, E> {
    pub events: &'a [E],
    /// Where each journey ends. Empty: there is one journey.
    pub ends: &'a [usize],
}

impl<'a, E> Journeys<'a, E> {
    /// Makes one journey of all events.
    pub fn one(events: &'a [E]) -> Self {
        Journeys { events, ends: &[] }
    }

    /// Lists the journeys.
    pub fn iter(self) -> impl Iterator<Item = &'a [E]> {
        let Journeys { events, ends } = self;
        (0..ends.len().max(1)).map(move |place| {
            let begin = place.checked_sub(1).map_or(0, |before| ends[before]);
            &events[begin..ends.get(place).copied().unwrap_or(events.len())]
        })
    }
}

/// The buffers that splitting works in. There is one for all actors, so that none of them allocates.
#[derive(Debug)]
pub struct Splitting<E> {
    /// The number of each event's values, with the event's place.
    places: Vec<(u32, u32)>,
    /// The place of each journey's first event, with where its events lie in `places`.
    journeys: Vec<(u32, Range<usize>)>,
    events: Vec<E>,
    ends: Vec<usize>,
}

impl<E: Copy> Splitting<E> {
    pub fn new() -> Self {
        Splitting { places: Vec::new(), journeys: Vec::new(), events: Vec::new(), ends: Vec::new() }
    }

    /// Splits an actor's events, which are in order. `parts` gives what is kept of an event, and the number of its
    /// values of the keys that match.
    pub fn split<T>(&mut self, events: &[T], parts: impl Fn(&T) -> (E, u32)) -> Journeys<'_, E> {
        let Self { places, journeys, events: sorted, ends } = self;
        places.clear();
        journeys.clear();
        sorted.clear();
        ends.clear();
        places.extend(events.iter().zip(0..).map(|(event, place)| (parts(event).1, place)));
        places.sort_unstable();
        let mut begin = 0;
        for journey in places.chunk_by(|one, next| one.0 == next.0) {
            journeys.push((journey[0].1, begin..begin + journey.len()));
            begin += journey.len();
        }
        journeys.sort_unstable_by_key(|(first, _)| *first);
        for (_, range) in journeys.iter() {
            sorted.extend(places[range.clone()].iter().map(|(_, place)| parts(&events[*place as usize]).0));
            ends.push(sorted.len());
        }
        Journeys { events: sorted, ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(events: &[(char, u32)]) -> Vec<String> {
        Splitting::new().split(events, |event| *event).iter().map(|journey| journey.iter().collect()).collect()
    }

    #[test]
    fn a_journey_has_the_events_of_one_value() {
        assert_eq!(split(&[('a', 9), ('b', 2), ('c', 9), ('d', 5), ('e', 2)]), ["ac", "be", "d"]);
        assert_eq!(split(&[('a', 1), ('b', 1)]), ["ab"]);
        assert_eq!(Journeys::one(&[1, 2, 3]).iter().collect::<Vec<_>>(), [[1, 2, 3]]);
    }

    proptest! {
        #[test]
        fn journeys_are_what_a_look_at_each_value_finds(matched in prop::collection::vec(1_u32..5, 1..12)) {
            let events: Vec<(usize, u32)> = matched.iter().copied().enumerate().collect();
            let mut splitting = Splitting::new();
            let found: Vec<Vec<usize>> = splitting.split(&events, |event| *event).iter().map(<[usize]>::to_vec).collect();
            let mut expected: Vec<Vec<usize>> = (1..5)
                .map(|value| events.iter().filter(|event| event.1 == value).map(|event| event.0).collect())
                .filter(|journey: &Vec<usize>| !journey.is_empty())
                .collect();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}

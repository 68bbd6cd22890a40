//! Pure: answers funnels with steps that an actor may leave out.
//!
//! The depth is that of the funnel without them. An optional step is reached by whoever can take it on the way to that
//! depth: with it put in at its place, a chain comes as deep all the same. Each is looked at by itself, so that of two
//! neighbours no order is asked for.

use super::journeys::{run_each, trend_each};
use super::{Definition, Event, MOST_STEPS, Outcome, Scratch};
use crate::readers::journeys::Journeys;

/// When an actor reached each step, or None where it did not. The steps are those of the definition, of which some are
/// optional.
pub struct Reached {
    pub steps: [Option<Step>; MOST_STEPS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub time: i64,
    /// How long it took from the step before that is not optional; None for the first step.
    pub micros: Option<i64>,
}

/// The buffers that [`run_each`] works in, and the events of one variant of the funnel.
#[derive(Default)]
pub struct Variants {
    scratch: Scratch,
    events: Vec<Event>,
}

/// Says in a sentence what is wrong with these optional steps, if anything is. `is_plain` says that the funnel is
/// ordered and has neither exclusions nor breakdown.
pub fn check(optional: u32, is_plain: bool) -> Result<(), String> {
    if optional & 1 != 0 {
        return Err("its first step is the entry and cannot be optional".to_owned());
    }
    if optional != 0 && !is_plain {
        return Err("optional steps are for ordered funnels without exclusions and breakdown".to_owned());
    }
    Ok(())
}

/// Finds which steps an actor reaches. It calls [`run_each`] once for the required steps, and once more for every optional
/// step.
pub fn run_with(
    definition: &Definition,
    optional: u32,
    events: Journeys<'_, Event>,
    variants: &mut Variants,
) -> Reached {
    let required = definition.step_bits() & !optional;
    let way = variants.run(definition, required, events);
    let mut steps = steps_at(required, &way);
    for place in places(worth_a_detour(definition, optional, events)) {
        let before = (required & ((1 << place) - 1)).count_ones() as usize;
        if way.depth >= before {
            let detour = variants.run(definition, required | 1 << place, events);
            steps[place] = steps_of(&detour).nth(before).filter(|_| detour.depth > way.depth);
        }
    }
    Reached { steps }
}

/// Finds the steps of each period's best attempt: periods are those of [`trend_each`], and steps are found as in
/// [`run_with`].
pub fn trend_with(
    definition: &Definition,
    optional: u32,
    events: Journeys<'_, Event>,
    bucket_of: impl Fn(i64) -> i64,
    variants: &mut Variants,
) -> Vec<(i64, Reached)> {
    let required = definition.step_bits() & !optional;
    let ways = variants.trend(definition, required, events, &bucket_of);
    let mut found: Vec<(i64, Reached)> =
        ways.iter().map(|(period, way)| (*period, Reached { steps: steps_at(required, way) })).collect();
    for place in places(worth_a_detour(definition, optional, events)) {
        let before = (required & ((1 << place) - 1)).count_ones() as usize;
        let detours = variants.trend(definition, required | 1 << place, events, &bucket_of);
        for ((period, way), (_, reached)) in ways.iter().zip(&mut found) {
            let detour = detours.iter().find(|(other, _)| other == period).map(|(_, detour)| detour);
            if let Some(detour) = detour.filter(|detour| detour.depth > way.depth) {
                reached.steps[place] = steps_of(detour).nth(before);
            }
        }
    }
    found
}

/// Gives the microseconds from one step to a later one (counted from 0) of an actor that reaches both. The chain is
/// that of [`run_with`]; where both steps are optional, it is the chain that takes both.
pub fn between(
    definition: &Definition,
    optional: u32,
    (from, to): (usize, usize),
    events: Journeys<'_, Event>,
    variants: &mut Variants,
) -> Option<i64> {
    let required = definition.step_bits() & !optional;
    let asked = (1 << from | 1 << to) & optional;
    let way = variants.run(definition, required, events);
    let detour = if asked == 0 { way.clone() } else { variants.run(definition, required | asked, events) };
    if detour.depth < way.depth + asked.count_ones() as usize {
        return None;
    }
    let time_of = |step: usize| {
        let before = ((required | asked) & ((1 << step) - 1)).count_ones() as usize;
        detour.times().get(before).copied()
    };
    Some(time_of(to)? - time_of(from)?)
}

impl Variants {
    /// Gives the outcome of the funnel of these steps alone.
    fn run(&mut self, definition: &Definition, kept: u32, events: Journeys<'_, Event>) -> Outcome {
        let variant = self.begin(definition, kept, events.events);
        run_each(&variant, Journeys { events: &self.events, ..events }, &mut self.scratch).0
    }

    /// Gives the outcomes of [`run`](Self::run) by period.
    fn trend(
        &mut self,
        definition: &Definition,
        kept: u32,
        events: Journeys<'_, Event>,
        bucket_of: impl Fn(i64) -> i64,
    ) -> Vec<(i64, Outcome)> {
        let variant = self.begin(definition, kept, events.events);
        let events = Journeys { events: &self.events, ..events };
        let found = trend_each(&variant, events, bucket_of, &mut self.scratch);
        found.into_iter().map(|(period, outcome, _)| (period, outcome)).collect()
    }

    /// Makes the funnel of these steps, and its events.
    fn begin(&mut self, definition: &Definition, kept: u32, events: &[Event]) -> Definition {
        self.events.clear();
        self.events.extend(events.iter().map(|event| Event { steps: compress(event.steps, kept), ..*event }));
        Definition { steps: kept.count_ones() as usize, ..definition.clone() }
    }
}

/// Gives the optional steps that the actor did at all: the others need not be looked at.
fn worth_a_detour(definition: &Definition, optional: u32, events: Journeys<'_, Event>) -> u32 {
    events.events.iter().fold(0, |steps, event| steps | event.steps) & optional & definition.step_bits()
}

/// Gives the outcome of the funnel of these steps alone, step by step, in the places that the steps have in the whole
/// funnel.
fn steps_at(required: u32, way: &Outcome) -> [Option<Step>; MOST_STEPS] {
    let mut steps = [None; MOST_STEPS];
    places(required).zip(steps_of(way)).for_each(|(place, step)| steps[place] = Some(step));
    steps
}

/// Gives the bits of the kept places, without gaps.
fn compress(bits: u32, kept: u32) -> u32 {
    places(kept).zip(0..).fold(0, |compressed, (place, next)| compressed | (bits >> place & 1) << next)
}

fn places(bits: u32) -> impl Iterator<Item = usize> {
    (0..MOST_STEPS).filter(move |place| bits >> place & 1 == 1)
}

fn steps_of(outcome: &Outcome) -> impl Iterator<Item = Step> {
    let before = std::iter::once(None).chain(outcome.times().iter().copied().map(Some));
    outcome
        .times()
        .iter()
        .zip(before)
        .map(|(time, before)| Step { time: *time, micros: before.map(|before| time - before) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::funnel;
    use super::*;
    use proptest::prelude::*;

    /// Gives the steps of a, b, c, ... that an actor reaches who does these, a second apart.
    fn reached(steps: usize, optional: u32, done: &str) -> Vec<usize> {
        let events: Vec<Event> = (0..)
            .zip(done.bytes())
            .map(|(time, name)| Event { time, steps: 1 << (name - b'a'), exclusions: 0 })
            .collect();
        let found = run_with(&funnel(steps, 100), optional, Journeys::one(&events), &mut Variants::default());
        (0..MOST_STEPS).filter(|place| found.steps[*place].is_some()).collect()
    }

    #[test]
    fn an_optional_step_is_reached_on_the_way() {
        let b = 0b10;
        assert_eq!(reached(3, b, "abc"), [0, 1, 2]);
        assert_eq!(reached(3, b, "ac"), [0, 2]);
        assert_eq!(reached(3, b, "ab"), [0, 1]);
        assert_eq!(reached(3, b, "acb"), [0, 2]);
        assert_eq!(reached(3, b, "bac"), [0, 2]);
        assert_eq!(reached(3, b, "bc"), [0; 0]);
        assert_eq!(reached(3, 0b100, "abc"), [0, 1, 2]);
        assert_eq!(reached(3, 0b100, "ac"), [0]);
        // Of two neighbours no order is asked for.
        assert_eq!(reached(4, 0b110, "acbd"), [0, 1, 2, 3]);
    }

    #[test]
    fn its_time_is_that_from_the_step_before() {
        let event = |time, step: u32| Event { time, steps: 1 << step, exclusions: 0 };
        let events = [event(0, 0), event(7, 1), event(9, 2)];
        let found = run_with(&funnel(3, 100), 0b10, Journeys::one(&events), &mut Variants::default());
        let step = |time, micros| Some(Step { time, micros });
        assert_eq!(found.steps[..3], [step(0, None), step(7, Some(7)), step(9, Some(9))]);
    }

    #[test]
    fn what_cannot_be_optional() {
        assert!(check(0b1, true).is_err() && check(0b10, false).is_err());
        assert_eq!((check(0b10, true), check(0, false)), (Ok(()), Ok(())));
    }

    /// Draws events of four steps, some of them optional, in order of time.
    fn asked() -> impl Strategy<Value = (Vec<Event>, u32, i64)> {
        let gaps = prop::collection::vec((0_i64..4, 0_u32..16), 0..9);
        (gaps, 0_u32..8, 0_i64..14).prop_map(|(gaps, optional, within)| {
            let mut time = 0;
            let event = |(gap, steps)| {
                time += gap;
                Event { time, steps, exclusions: 0 }
            };
            (gaps.into_iter().map(event).collect(), optional << 1, within)
        })
    }

    proptest! {
        /// An optional step is reached exactly where some chain that is as deep as the actor gets takes it.
        #[test]
        fn a_step_is_reached_where_a_deepest_chain_takes_it((events, optional, within) in asked()) {
            let found = run_with(&funnel(4, within), optional, Journeys::one(&events), &mut Variants::default());
            let required: Vec<usize> = places(0b1111 & !optional).collect();
            let depth = (0..=required.len()).rev().find(|depth| has_chain(&required[..*depth], &events, within)).unwrap_or(0);
            for place in 0..4 {
                let expected = match required.iter().position(|required| *required == place) {
                    Some(nth) => nth < depth,
                    None => {
                        let before = required.iter().filter(|required| **required < place).count();
                        let mut with = required[..depth].to_vec();
                        before <= depth && {
                            with.insert(before, place);
                            has_chain(&with, &events, within)
                        }
                    }
                };
                prop_assert_eq!(found.steps[place].is_some(), expected, "step {} of {:?}", place, events);
            }
        }

        /// With all events in one period, trend_with() answers as the funnel does, and so does the time between two
        /// steps.
        #[test]
        fn trend_and_times_count_whom_the_funnel_counts((events, optional, within) in asked()) {
            let (definition, mut variants) = (funnel(4, within), Variants::default());
            let events = Journeys::one(&events);
            let found = run_with(&definition, optional, events, &mut variants).steps;
            let of_period = trend_with(&definition, optional, events, |_| 7, &mut variants);
            prop_assert_eq!(of_period.len(), usize::from(found[0].is_some()));
            prop_assert!(of_period.iter().all(|(period, reached)| *period == 7 && reached.steps == found));
            for to in 1..4 {
                let taken = between(&definition, optional, (0, to), events, &mut variants);
                prop_assert_eq!(taken.is_some(), found[to].is_some());
                if let (Some(first), Some(last), 0) = (found[0], found[to], optional >> to & 1) {
                    prop_assert_eq!(taken, Some(last.time - first.time));
                }
            }
        }
    }

    /// Tells whether different events in order of time, equal times in either order, serve these steps.
    fn has_chain(steps: &[usize], events: &[Event], within: i64) -> bool {
        fn goes_on(steps: &[usize], events: &[Event], used: u32, last: i64, until: i64) -> bool {
            let Some((step, rest)) = steps.split_first() else { return true };
            events.iter().enumerate().any(|(place, event)| {
                used >> place & 1 == 0
                    && event.steps >> step & 1 == 1
                    && (last..=until).contains(&event.time)
                    && goes_on(rest, events, used | 1 << place, event.time, until)
            })
        }
        let Some((first, rest)) = steps.split_first() else { return true };
        events.iter().enumerate().any(|(place, event)| {
            event.steps >> first & 1 == 1 && goes_on(rest, events, 1 << place, event.time, event.time + within)
        })
    }
}

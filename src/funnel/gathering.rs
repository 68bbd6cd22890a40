//! From pieces of bands to the outcome of each actor.

use super::definition::{Asked, Attribution, FIRST_EXCLUSION};
use super::engine::{self, Event, Outcome, Scratch};
use crate::by_actor::{self, ByActor, Full};
use crate::error::Error;
use crate::source::question::{LabelsOf, Piece, Reader};
use crate::source::{Memory, Source};

/// How far an actor got.
pub struct Reached<'a> {
    pub tenant: [u8; 16],
    /// Within the tenant.
    pub number: u32,
    /// Of the breakdown; 0: none.
    pub value: u32,
    /// Of the steps it reached.
    pub times: &'a [i64],
}

/// Calls `done` for every actor that entered; with a breakdown by all steps, for each of its values.
pub fn gather(
    source: &mut Source,
    asked: &Asked,
    done: impl FnMut(Reached<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let is_plain =
        asked.attribution.is_none() && asked.definition.exclusions.is_empty() && !asked.question.needs_arrivals;
    let limit = source.memory.left();
    let outcomes = Outcomes { asked, at: ([0; 16], 0), events: Vec::new(), scratch: Scratch::default(), done };
    if is_plain {
        source.visit(&mut Plain { gathered: ByActor::new(limit), actors: Vec::new(), outcomes })
    } else {
        source.visit(&mut Detailed { gathered: ByActor::new(limit), actors: Vec::new(), outcomes })
    }
}

struct Outcomes<'a, F> {
    asked: &'a Asked,
    at: ([u8; 16], i32),
    events: Vec<Event>,
    scratch: Scratch,
    done: F,
}

impl<F: FnMut(Reached<'_>) -> Result<(), Error>> Outcomes<'_, F> {
    fn of_actor(&mut self, place: u16, events: impl Iterator<Item = Event>) -> Result<(), Error> {
        self.events.clear();
        self.events.extend(events);
        let outcome = engine::run(&self.asked.definition, &self.events, &mut self.scratch);
        self.report(place, 0, &outcome)
    }

    fn run(&mut self, events: &[Event]) -> Outcome {
        engine::run(&self.asked.definition, events, &mut self.scratch)
    }

    fn report(&mut self, place: u16, value: u32, outcome: &Outcome) -> Result<(), Error> {
        if outcome.depth == 0 {
            return Ok(());
        }
        let (tenant, band) = self.at;
        (self.done)(Reached { tenant, number: band as u32 * 65_536 + u32::from(place), value, times: outcome.times() })
    }
}

/// Steps alone matter, and the order of events of one time does not.
struct Plain<'a, F> {
    gathered: ByActor<i64, u32>,
    actors: Vec<u16>,
    outcomes: Outcomes<'a, F>,
}

impl<F: FnMut(Reached<'_>) -> Result<(), Error>> Reader<Error> for Plain<'_, F> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: [u8; 16], band: i32, _: usize) -> Result<(), Error> {
        self.outcomes.at = (tenant, band);
        self.gathered.begin_band();
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let Self { gathered, actors, .. } = self;
        piece.actor_of_each(actors);
        let mut push = |start: usize, end: usize, label: u64| {
            gathered
                .push(&actors[start..end], &piece.times[start..end], label as u32)
                .map_err(|Full| Memory::exceeded())
        };
        match piece.labels {
            LabelsOf::Same(label) => push(0, piece.events, label),
            labels => (0..piece.events).try_for_each(|event| push(event, event + 1, labels.of(event))),
        }
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { gathered, outcomes, .. } = self;
        let mut outcome = Ok(());
        gathered.visit(|place, events| {
            let steps = events.iter().map(|event| Event { time: event.moment, steps: event.payload, exclusions: 0 });
            if outcome.is_ok() {
                outcome = outcomes.of_actor(place, steps);
            }
        });
        outcome
    }
}

/// What is to be known of an event beyond its time.
#[derive(Debug, Clone, Copy)]
struct Touch {
    steps: u32,
    exclusions: u32,
    value: u32,
}

/// Exclusions, values of a breakdown, or the order of arrival matter.
struct Detailed<'a, F> {
    gathered: ByActor<(i64, i64), Touch>,
    actors: Vec<u16>,
    outcomes: Outcomes<'a, F>,
}

impl<F: FnMut(Reached<'_>) -> Result<(), Error>> Reader<Error> for Detailed<'_, F> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: [u8; 16], band: i32, _: usize) -> Result<(), Error> {
        self.outcomes.at = (tenant, band);
        self.gathered.begin_band();
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        piece.actor_of_each(&mut self.actors);
        for event in 0..piece.events {
            let label = piece.labels.of(event);
            let touch = Touch {
                steps: label as u32,
                exclusions: (label >> FIRST_EXCLUSION) as u32,
                value: piece.values.get(event).copied().unwrap_or(0),
            };
            let arrival = piece.arrivals.get(event).copied().unwrap_or(0);
            let one = event..event + 1;
            self.gathered
                .push_arrived(&self.actors[one.clone()], &piece.times[one], &[arrival], touch)
                .map_err(|Full| Memory::exceeded())?;
        }
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { gathered, outcomes, .. } = self;
        let mut failed = None;
        gathered.visit(|place, gathered| {
            if failed.is_none() {
                failed = report(outcomes, place, gathered).err();
            }
        });
        failed.map_or(Ok(()), Err)
    }
}

type Touched = by_actor::Event<(i64, i64), Touch>;

fn report<F: FnMut(Reached<'_>) -> Result<(), Error>>(
    outcomes: &mut Outcomes<'_, F>,
    place: u16,
    gathered: &[Touched],
) -> Result<(), Error> {
    let event_of = |touched: &Touched| Event {
        time: touched.moment.0,
        steps: touched.payload.steps,
        exclusions: touched.payload.exclusions,
    };
    if outcomes.asked.attribution == Some(Attribution::AllSteps) {
        let mut values: Vec<u32> = gathered.iter().map(|touched| touched.payload.value).collect();
        values.sort_unstable();
        values.dedup();
        for value in values {
            let of_value = gathered.iter().filter(|touched| touched.payload.value == value);
            let events: Vec<Event> = of_value.map(event_of).collect();
            let outcome = outcomes.run(&events);
            outcomes.report(place, value, &outcome)?;
        }
        return Ok(());
    }
    let events: Vec<Event> = gathered.iter().map(event_of).collect();
    let outcome = outcomes.run(&events);
    let mut touches =
        gathered.iter().map(|touched| touched.payload).filter(|touch| touch.steps != 0 && touch.value != 0);
    let value = match outcomes.asked.attribution {
        None | Some(Attribution::AllSteps) => 0,
        Some(Attribution::FirstTouch) => touches.next().map_or(0, |touch| touch.value),
        Some(Attribution::LastTouch) => touches.next_back().map_or(0, |touch| touch.value),
        Some(Attribution::Step(step)) => {
            outcome.events().get(step).and_then(|event| gathered.get(*event)).map_or(0, |touched| touched.payload.value)
        }
    };
    outcomes.report(place, value, &outcome)
}

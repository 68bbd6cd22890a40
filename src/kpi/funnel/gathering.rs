//! Turns each actor's events into how far it got.

use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::kpi::funnel::breakdown::{Touch, value_of, values_among};
use crate::kpi::funnel::counting::value_of_entry;
use crate::kpi::funnel::definition::{Asked, Attribution, FIRST_EXCLUSION};
use crate::kpi::funnel::engine::entries::EachEntry;
use crate::kpi::funnel::engine::journeys::run_each;
use crate::kpi::funnel::engine::{Event, Scratch};
use crate::readers::each_actor::Order;
use crate::readers::each_journey::each_journey;
use crate::readers::journeys::Journeys;
use crate::source::Source;

/// How far an actor got, or came by one of its journeys.
pub struct Reached<'a> {
    pub tenant: TenantId,
    /// The actor's number within the tenant.
    pub number: ActorNumber,
    /// The number of the actor's value of the breakdown; 0 where it has none.
    pub value: u32,
    /// The times of the steps that the actor reached.
    pub times: &'a [i64],
}

/// Calls `done` for every actor that entered; with a breakdown by all steps, for each of its values. Where entries are
/// counted, it calls `done` for each journey, those of one actor one after the other.
pub fn gather(
    source: &mut Source,
    asked: &Asked,
    done: impl FnMut(Reached<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut outcomes = Outcomes {
        asked,
        at: Default::default(),
        events: Vec::new(),
        ends: Vec::new(),
        scratch: Scratch::default(),
        entries: EachEntry::new(&asked.definition),
        done,
    };
    if !asked.question.needs_arrivals && asked.definition.exclusions.is_empty() {
        // Steps alone matter, and an event takes less room.
        let steps = |label: u64, _: u32| Some(label as u32);
        return each_journey(source, Order::Time, steps, |tenant, number, journeys| {
            outcomes.at = (tenant, number);
            outcomes.fill(journeys, |(time, steps)| Some(Event { time: *time, steps: *steps, exclusions: 0 }));
            outcomes.report(0, &[])
        });
    }
    let order = if asked.question.needs_arrivals { Order::TimeAndArrival } else { Order::Time };
    let touch = |label: u64, value: u32| {
        Some(Touch { steps: label as u32, exclusions: (label >> FIRST_EXCLUSION) as u32, value })
    };
    each_journey(source, order, touch, |tenant, number, journeys| {
        outcomes.at = (tenant, number);
        outcomes.of_touched(journeys)
    })
}

struct Outcomes<'a, F> {
    asked: &'a Asked,
    /// The tenant and the number of the actor at hand.
    at: (TenantId, ActorNumber),
    /// Its events, journey by journey, and where each journey ends.
    events: Vec<Event>,
    ends: Vec<usize>,
    scratch: Scratch,
    entries: EachEntry,
    done: F,
}

impl<F: FnMut(Reached<'_>) -> Result<(), Error>> Outcomes<'_, F> {
    fn of_touched(&mut self, journeys: Journeys<'_, (i64, Touch)>) -> Result<(), Error> {
        let event_of =
            |(time, touch): &(i64, Touch)| Event { time: *time, steps: touch.steps, exclusions: touch.exclusions };
        if self.asked.attribution == Some(Attribution::AllSteps) {
            for value in values_among(journeys.events) {
                self.fill(journeys, |event| (event.1.value == value).then(|| event_of(event)));
                self.report(value, &[])?;
            }
            return Ok(());
        }
        self.fill(journeys, |event| Some(event_of(event)));
        self.report(0, journeys.events)
    }

    /// Keeps the events that `event_of` makes of those of an actor.
    fn fill<T>(&mut self, journeys: Journeys<'_, T>, event_of: impl Fn(&T) -> Option<Event>) {
        self.events.clear();
        self.ends.clear();
        for journey in journeys.iter() {
            self.events.extend(journey.iter().filter_map(&event_of));
            self.ends.push(self.events.len());
        }
    }

    /// Reports how far the events that are kept take the actor. `value`: that of all these events; 0: `touched`, which
    /// are the same events, tells it.
    fn report(&mut self, value: u32, touched: &[(i64, Touch)]) -> Result<(), Error> {
        let Self { asked, at: (tenant, number), events, ends, scratch, entries, done } = self;
        let (tenant, number) = (*tenant, *number);
        let journeys = Journeys { events, ends };
        let begin_of = |place: usize| place.checked_sub(1).map_or(0, |before| ends[before]);
        let touched_in = |place: usize| touched.get(begin_of(place)..ends[place]).unwrap_or_default();
        if asked.counts_entries() {
            return journeys.iter().enumerate().try_for_each(|(place, events)| {
                entries.visit(events, i64::MAX, |outcome| {
                    let value = value.max(value_of_entry(asked.attribution, touched_in(place), outcome));
                    done(Reached { tenant, number, value, times: outcome.times() })
                })
            });
        }
        let (outcome, place) = run_each(&asked.definition, journeys, scratch);
        if outcome.depth == 0 {
            return Ok(());
        }
        let value = value.max(value_of(asked.attribution, touched_in(place), &outcome));
        done(Reached { tenant, number, value, times: outcome.times() })
    }
}

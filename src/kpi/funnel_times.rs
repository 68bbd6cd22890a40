//! Tells how long actors take through a funnel, by a histogram of the time between two of its steps. Twin:
//! sql/kpi/funnel_times.sql.

mod histogram;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::kpi::funnel::breakdown::{Entered, places_in_order};
use crate::kpi::funnel::definition::Asked;
use crate::kpi::funnel::gathering::{Reached, gather};
use crate::kpi::funnel::optional_steps;
use crate::kpi::funnel::streaming;
use crate::memory::Memory;
use crate::readers::adding::{ALL_TIME, Cut, Gathered, exchange};
use crate::readers::arguments::bad;
use crate::readers::durations::{self, Durations};
use crate::readers::listing::{Listing, uuid};
use crate::readers::measuring::Group;
use crate::source::Source;
use histogram::Bins;
use pgrx::prelude::*;

const MOST_BINS: i32 = 1_000;

/// Contract: see the COMMENT in sql/kpi/funnel_times.sql.
#[pg_extern(sql = false)]
fn funnel_times(call: Call<'_>) -> Answer<(Option<String>, i32, f64, f64, i64, bool)> {
    let count = call.integer("bins")?.unwrap_or(10);
    if !(1..=MOST_BINS).contains(&count) {
        Err(bad(
            &format!("bins must be between 1 and {MOST_BINS}"),
            "It is how many rows there are; the default is 10.",
        ))?;
    }
    let asked = Asked::of(&call)?;
    let span = Span::asked(&call, asked.definition.steps)?;
    let mut source = Source::open(asked.question.clone())?;
    // A list that grows holds up to twice what it needs.
    let most = source.memory.left() / (2 * size_of::<(u32, i64)>());
    let taken = span.visit(
        &mut source,
        &asked,
        |_| Vec::new(),
        |durations: &mut Vec<(u32, i64)>, taken| {
            if durations.len() >= most {
                return Err(Memory::exceeded());
            }
            durations.push((taken.value, taken.micros));
            Ok(())
        },
    )?;
    let groups = taken.entered.groups(&source, &asked);
    let entered = taken.entered.by_group(&groups);
    let mut by_group = vec![Durations::default(); groups.names.len()];
    for (value, micros) in taken.state {
        by_group[groups.group_of(value as usize)].push(micros);
    }
    let gathered = Gathered { groups: groups.names, totals: entered, cells: by_group };
    let cut = Cut { most: asked.most_groups, size: |entered: &i64, _: &Durations| *entered, are_actors: false };
    let (groups, by_group) = exchange("durations", &ALL_TIME, gathered, &cut)?;
    let durations = by_group.iter().fold(0_usize, |sum, durations| sum.saturating_add(durations.len()));
    source.memory.check(durations.saturating_mul(2 * size_of::<i64>()))?;
    let by_group: Vec<Vec<i64>> = by_group.into_iter().map(Durations::into_list).collect();
    let all: Vec<i64> = by_group.iter().flatten().copied().collect();
    let mut rows = Vec::new();
    if let Some(bins) = Bins::over(&all, count as usize) {
        for group in places_in_order(&groups) {
            for (place, actors) in bins.counts(&by_group[group]).into_iter().enumerate() {
                let (from, until) = bins.edges(place);
                let Group { text, is_other } = groups[group].clone();
                let (from, until) = (durations::seconds(from), durations::seconds(until));
                rows.push((text, place as i32 + 1, from, until, actors, is_other));
            }
        }
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/funnel_times.sql.
#[pg_extern(sql = false)]
fn funnel_times_actors(call: Call<'_>) -> Answer<(Option<String>, pgrx::Uuid, pgrx::Uuid, f64, bool)> {
    let asked = Asked::of(&call)?;
    let span = Span::asked(&call, asked.definition.steps)?;
    let mut source = Source::open(asked.question.clone())?;
    let new = |source: &Source| Listing::new(&source.memory);
    let taken = span.visit(&mut source, &asked, new, |listing, taken| {
        listing.push(taken.tenant, taken.number, (taken.value, taken.micros))
    })?;
    let groups = taken.entered.groups(&source, &asked);
    let mut rows = Vec::new();
    for (tenant, actor, (value, micros)) in taken.state.finish(&source)? {
        let Group { text, is_other } = groups.names[groups.group_of(value as usize)].clone();
        rows.push((text, uuid(tenant), uuid(actor), durations::seconds(micros), is_other));
    }
    call.rows(rows)
}

/// The two steps between which time is taken, counted from 0.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

impl Span {
    /// Reads from_step and to_step. By default they are the first step and the last one.
    fn asked(call: &Call<'_>, steps: usize) -> Result<Span, Error> {
        let (from, to) = (call.integer("from_step")?.unwrap_or(1), call.integer("to_step")?.unwrap_or(steps as i32));
        if from < 1 || from >= to || to > steps as i32 {
            return Err(bad(
                &format!("from_step {from} and to_step {to} are not two steps of {steps}, one before the other"),
                "Steps are counted from 1; the time is that from from_step to to_step.",
            ));
        }
        Ok(Span { from: from as usize - 1, to: to as usize - 1 })
    }

    /// Adds every actor that reached both steps to a new state, and counts those that entered.
    fn visit<S>(
        self,
        source: &mut Source,
        asked: &Asked,
        new: impl Fn(&Source) -> S,
        add: impl Fn(&mut S, Taken) -> Result<(), Error>,
    ) -> Result<All<S>, Error> {
        let begin = |source: &Source| All { state: new(source), entered: Entered::new(&source.memory) };
        let mut all = begin(source);
        if asked.optional != 0 {
            let steps = (self.from, self.to);
            optional_steps::between(source, asked, steps, |tenant, number, micros| {
                all.entered.add(0, 1)?;
                micros.map_or(Ok(()), |micros| add(&mut all.state, Taken { tenant, number, value: 0, micros }))
            })?;
            return Ok(all);
        }
        let one = |all: &mut All<S>, Reached { tenant, number, value, times }: Reached<'_>| {
            all.entered.add(value, 1)?;
            match times.get(self.to) {
                Some(reached) => {
                    add(&mut all.state, Taken { tenant, number, value, micros: reached - times[self.from] })
                }
                None => Ok(()),
            }
        };
        let is_streamed = streaming::fits(source, asked)
            && streaming::stream(source, asked, |reached| one(&mut all, reached))?.is_some();
        if !is_streamed {
            all = begin(source);
            gather(source, asked, |reached| one(&mut all, reached))?;
        }
        Ok(all)
    }
}

/// How long one actor took from step to step.
struct Taken {
    tenant: TenantId,
    number: ActorNumber,
    /// The number of the actor's value of the breakdown; 0 where it has none.
    value: u32,
    micros: i64,
}

struct All<S> {
    state: S,
    entered: Entered,
}

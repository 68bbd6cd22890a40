//! Sessions are shown one by one, or what they are like per calendar bucket. `splitting` says where one ends. Twin:
//! sql/kpi/sessions.sql.

mod splitting;

use crate::calendar::{Bucket, Calendar, Edges, edges, micros_of, timestamp};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::memory::Memory;
use crate::readers::arguments::{asked_excluded, asked_word, bad};
use crate::readers::durations;
use crate::readers::each_actor::{Order, each_actor};
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Actor, Question};
use crate::time::{DAY, MINUTE};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use splitting::{Rules, Undecided, sessions};

/// Contract: see the COMMENT in sql/kpi/sessions.sql.
#[pg_extern(sql = false)]
fn user_sessions(
    call: Call<'_>,
) -> Answer<(pgrx::Uuid, pgrx::Uuid, TimestampWithTimeZone, TimestampWithTimeZone, f64, i64, String, String)> {
    let asked = Asked::of(&call)?;
    let (source, listing) = asked.read(
        Order::TimeAndArrival,
        |source| Ok(Listing::new(&source.memory)),
        |listing, tenant, number, session| listing.push(tenant, number, About::of(session)),
    )?;
    let name_of = |label: u32| source.names().get(label as usize).cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for (tenant, actor, about) in listing.finish(&source)? {
        rows.push((
            uuid(tenant),
            uuid(actor),
            timestamp(about.started)?,
            timestamp(about.ended)?,
            durations::seconds(about.ended - about.started),
            about.events,
            name_of(about.first),
            name_of(about.last),
        ));
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/sessions.sql.
#[pg_extern(sql = false)]
fn session_stats(
    call: Call<'_>,
) -> Answer<(TimestampWithTimeZone, i64, i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>, bool)> {
    let calendar = Calendar::asked(&call)?;
    let asked = Asked::of(&call)?;
    let now = session::transaction_clock();
    let is_open = |ended: i64| now - ended <= asked.rules.timeout;
    let (_, (buckets, tally)) = asked.read(
        Order::Time,
        |source| {
            let buckets = asked.buckets(&calendar, source)?;
            let tally = Tally::new(&buckets, &source.memory);
            Ok((buckets, tally))
        },
        |(_, tally), tenant, number, session| {
            let about = About::of(session);
            tally.add((tenant, number), &about, is_open(about.ended))
        },
    )?;
    let mut rows = Vec::with_capacity(buckets.len());
    for (bucket, mut of) in buckets.iter().zip(tally.buckets) {
        let sessions = of.durations.len() as i64;
        let per_session = |count: i64| (sessions > 0).then(|| count as f64 / sessions as f64);
        rows.push((
            timestamp(bucket.start)?,
            sessions,
            of.actors,
            durations::mean(&of.durations),
            durations::median(&mut of.durations),
            per_session(of.events),
            per_session(of.bounces),
            bucket.is_complete && !of.is_open,
        ));
    }
    call.rows(rows)
}

/// The arguments of user_sessions() and session_stats(), read and checked.
struct Asked {
    scope: Scope,
    actor: Actor,
    rules: Rules,
    exclude: Vec<String>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let by_gap = asked_word(call, "by", &[("gap", true), ("session_id", false)])?;
        let timeout = call.interval("timeout")?;
        if timeout.is_some() && !by_gap {
            return Err(bad(
                "timeout says nothing by session_id",
                "A session_id is one session for 24 hours, whatever its gaps: leave timeout out, or by.",
            ));
        }
        let timeout = timeout.map_or(30 * MINUTE, micros_of);
        if timeout <= 0 || timeout > DAY {
            return Err(bad(
                "timeout must be longer than nothing and no longer than 24 hours",
                "A gap of more than the timeout splits; the default is 30 minutes.",
            ));
        }
        Ok(Asked {
            scope: Scope::asked(call)?,
            actor: if by_gap { Actor::User } else { Actor::Session },
            // An id that lasts: a session of a day, and the next one. Where it begins is the same whatever is asked, and a gap
            // of more than that ends one anyway.
            rules: Rules { timeout: if by_gap { timeout } else { DAY }, longest: DAY },
            exclude: asked_excluded(call)?,
        })
    }

    /// Calls `each` for every session that begins in the range, actor by actor, in order of time. Events before the
    /// range may decide where a session begins: where a day of them does not tell, everything begins anew with more,
    /// what was found by then included.
    fn read<S>(
        &self,
        order: Order,
        mut begin: impl FnMut(&mut Source) -> Result<S, Error>,
        mut each: impl FnMut(&mut S, TenantId, ActorNumber, &[(i64, u32)]) -> Result<(), Error>,
    ) -> Result<(Source, S), Error> {
        let mut back = DAY;
        loop {
            let from = self.scope.since.map_or(i64::MIN, |since| since.saturating_sub(back));
            let range = splitting::Asked { from, since: self.scope.since, until: self.scope.until.unwrap_or(i64::MAX) };
            let mut source = Source::open(self.question(from, order))?;
            let excluded: Vec<bool> = source.names().iter().map(|name| self.exclude.contains(name)).collect();
            let keep = |label: u64, _| (!excluded[label as usize]).then_some(label as u32);
            let mut state = begin(&mut source)?;
            let mut is_undecided = false;
            each_actor(&mut source, order, keep, |tenant, number, events| {
                let each = |session: &[(i64, u32)]| each(&mut state, tenant, number, session);
                if !is_undecided {
                    match sessions(events, self.rules, range) {
                        Ok(mut sessions) => sessions.try_for_each(each)?,
                        Err(Undecided) => is_undecided = true,
                    }
                }
                Ok(())
            })?;
            if !is_undecided {
                return Ok((source, state));
            }
            back = back.saturating_mul(4);
        }
    }

    fn question(&self, from: i64, order: Order) -> Question {
        Question {
            // A session that begins before the end of the range ends within a day.
            range: from..self.scope.until.map_or(i64::MAX, |until| until.saturating_add(DAY)),
            actor: self.actor,
            needs_arrivals: order == Order::TimeAndArrival,
            ..self.scope.named(None)
        }
    }

    fn buckets(&self, calendar: &Calendar, source: &mut Source) -> Result<Vec<Bucket>, Error> {
        self.scope.buckets(calendar, self.scope.span(source)?)
    }
}

/// What a row tells about a session.
struct About {
    started: i64,
    ended: i64,
    events: i64,
    /// The label of the session's first event; `last` is that of its last event.
    first: u32,
    last: u32,
}

impl About {
    fn of(session: &[(i64, u32)]) -> About {
        let ((started, first), (ended, last)) = (session[0], session[session.len() - 1]);
        About { started, ended, events: session.len() as i64, first, last }
    }
}

/// Adds up what is told about the sessions that begin in each bucket.
struct Tally {
    edges: Edges,
    buckets: Vec<OfBucket>,
    /// The actor that was counted last, and in which bucket.
    counted: Option<((TenantId, ActorNumber), usize)>,
    left: usize,
}

#[derive(Default, Clone)]
struct OfBucket {
    durations: Vec<i64>,
    actors: i64,
    events: i64,
    bounces: i64,
    /// Whether some session of the bucket may still get more events.
    is_open: bool,
}

impl Tally {
    fn new(buckets: &[Bucket], memory: &Memory) -> Tally {
        let of_buckets = vec![OfBucket::default(); buckets.len()];
        Tally { edges: edges(buckets), buckets: of_buckets, counted: None, left: memory.left() }
    }

    /// Adds a session. An actor's sessions must come one after the other, in order of time.
    fn add(&mut self, actor: (TenantId, ActorNumber), session: &About, is_open: bool) -> Result<(), Error> {
        let place = self.edges.place_of(session.started);
        let Some(bucket) = place.checked_sub(1) else { return Ok(()) };
        let Some(of) = self.buckets.get_mut(bucket) else { return Ok(()) };
        // A list that grows holds up to twice what it needs.
        self.left = self.left.checked_sub(2 * size_of::<i64>()).ok_or_else(Memory::exceeded)?;
        of.durations.push(session.ended - session.started);
        of.actors += i64::from(self.counted != Some((actor, bucket)));
        of.events += session.events;
        of.bounces += i64::from(session.events == 1);
        of.is_open |= is_open;
        self.counted = Some((actor, bucket));
        Ok(())
    }
}

//! Sessions are shown one by one, or what they are like per calendar bucket. `splitting` says where one ends. Twin:
//! sql/kpi/sessions.sql.

mod splitting;
mod tally;

use crate::calendar::{Bucket, Calendar, micros_of, timestamp};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::memory::Memory;
use crate::readers::adding::{Cut, Gathered, exchange};
use crate::readers::arguments::{asked_excluded, asked_word, bad};
use crate::readers::breakdown::{Breakdown, Groups};
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
use tally::{Cell, Session, Tally, groups_of};

/// Contract: see the COMMENT in sql/kpi/sessions.sql.
#[pg_extern(sql = false)]
fn user_sessions(
    call: Call<'_>,
) -> Answer<(pgrx::Uuid, pgrx::Uuid, TimestampWithTimeZone, TimestampWithTimeZone, f64, i64, String, String)> {
    let asked = Asked::of(&call)?;
    let (source, listing) = asked.read(
        (Order::TimeAndArrival, None),
        |label, _| label,
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
fn session_stats(call: Call<'_>) -> Answer<Row> {
    let calendar = Calendar::asked(&call)?;
    let asked = Asked::of(&call)?;
    let breakdown = Breakdown::asked(&call)?;
    let now = session::transaction_clock();
    let is_open = |session: &Session| now - session.ended <= asked.rules.timeout;
    let Some(breakdown) = breakdown else {
        let of_all = Groups::largest(&[1], &[], 1);
        let (_, (buckets, tally)) = asked.read(
            (Order::Time, None),
            |_, _| 0,
            |source| {
                let buckets = asked.buckets(&calendar, source)?;
                let tally = Tally::new(&buckets, 1, &source.memory)?;
                Ok((buckets, tally))
            },
            |(_, tally), tenant, number, events| {
                let session = Session::of((tenant, number), events);
                tally.add(&session, 0, is_open(&session))
            },
        )?;
        return call.rows(rows(&buckets, of_all, tally, None)?);
    };
    // Which values are shown is known when all sessions are.
    let (source, (buckets, sessions, _)) = asked.read(
        (Order::TimeAndArrival, Some(&breakdown)),
        |_, value| value,
        |source| Ok((asked.buckets(&calendar, source)?, Vec::new(), source.memory.left())),
        |(_, sessions, left), tenant, number, events| {
            // A list that grows holds up to twice what it needs.
            *left = left.checked_sub(2 * size_of::<Session>()).ok_or_else(Memory::exceeded)?;
            sessions.push(Session::of((tenant, number), events));
            Ok(())
        },
    )?;
    let groups = groups_of(&source, &sessions, &buckets, breakdown.most);
    let mut tally = Tally::new(&buckets, groups.names.len(), &source.memory)?;
    for session in &sessions {
        tally.add(session, groups.group_of(session.value as usize), is_open(session))?;
    }
    call.rows(rows(&buckets, groups, tally, Some(&breakdown))?)
}

/// A row: the bucket, the breakdown value, the sessions, their actors, the mean and the median of their seconds, their
/// events, the share of those of one event, whether the bucket is complete, and whether the value stands for others.
type Row =
    (TimestampWithTimeZone, Option<String>, i64, i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>, bool, bool);

fn rows(buckets: &[Bucket], groups: Groups, tally: Tally, breakdown: Option<&Breakdown>) -> Result<Vec<Row>, Error> {
    let gathered = Gathered { groups: groups.names, totals: Vec::<()>::new(), cells: tally.cells };
    let most = breakdown.map_or(1, |breakdown| breakdown.most);
    let size = |(): &(), cell: &Cell| cell.durations.len();
    let (groups, cells) = exchange("sessions", buckets, gathered, &Cut { most, size, are_actors: true })?;
    let sessions = cells.iter().fold(0_usize, |sum, cell| sum.saturating_add(cell.durations.len()));
    Memory::of_call().check(sessions.saturating_mul(size_of::<i64>()))?;
    let mut rows = Vec::with_capacity(cells.len());
    let places = buckets.iter().flat_map(|bucket| groups.iter().map(move |group| (bucket, group)));
    for ((bucket, group), of) in places.zip(cells) {
        let mut durations = of.durations.into_list();
        let sessions = durations.len() as i64;
        let per_session = |count: i64| (sessions > 0).then(|| count as f64 / sessions as f64);
        rows.push((
            timestamp(bucket.start)?,
            group.text.clone(),
            sessions,
            of.actors,
            durations::mean(&durations),
            durations::median(&mut durations),
            per_session(of.events),
            per_session(of.bounces),
            bucket.is_complete && !of.is_open,
            group.is_other,
        ));
    }
    Ok(rows)
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
    /// what was found by then included. `about`: what is handed over of each event beside its time, of its label and its
    /// value of the breakdown.
    fn read<S>(
        &self,
        (order, breakdown): (Order, Option<&Breakdown>),
        about: impl Fn(u32, u32) -> u32,
        mut begin: impl FnMut(&mut Source) -> Result<S, Error>,
        mut each: impl FnMut(&mut S, TenantId, ActorNumber, &[(i64, u32)]) -> Result<(), Error>,
    ) -> Result<(Source, S), Error> {
        let mut back = DAY;
        loop {
            let from = self.scope.since.map_or(i64::MIN, |since| since.saturating_sub(back));
            let range = splitting::Asked { from, since: self.scope.since, until: self.scope.until.unwrap_or(i64::MAX) };
            let touches = breakdown.map(|breakdown| breakdown.keys.clone());
            let mut source = Source::open(Question { touches, ..self.question(from, order) })?;
            let excluded: Vec<bool> = source.names().iter().map(|name| self.exclude.contains(name)).collect();
            let keep = |label: u64, value| (!excluded[label as usize]).then(|| about(label as u32, value));
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

//! Reads what is asked of objects, and finds it: the denominator's events first, then those that say what became of the
//! objects, then those of who came back. Each is one pass over the same source.

use crate::calendar::micros_of;
use crate::calendar::{Bucket, Calendar, Within};
use crate::db::call::Call;
use crate::db::session::transaction_clock;
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, TenantId};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::kpi::object_ratio::due::{Due, Setting, due_of_each};
use crate::kpi::object_ratio::gathering::{
    DENOMINATOR, DUE, Dating, EXCLUDED, Extent, Finding, Following, LOST, NUMERATOR, Places, RECOVERY, Recovering,
};
use crate::kpi::object_ratio::objects::{Dated, NEVER, NOBODY, Objects, Standing};
use crate::kpi::object_ratio::recovery::{Loss, Losses};
use crate::log::instant;
use crate::parts;
use crate::readers::arguments::{self, asked_key, asked_text, bad};
use crate::readers::breakdown::asked_keys;
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Class, OfSubjects, Question};
use crate::time::DAY;
use foldhash::HashMap;
use pgrx::datum::Interval;

/// How many bytes it takes to date an object, with what is held of that until the end.
const DATING: usize = 2 * size_of::<Option<Due>>() + size_of::<Dated>();

pub struct Asked {
    pub scope: Scope,
    pub calendar: Calendar,
    /// The classes of events, whose bits are those in src/kpi/object_ratio/gathering.rs.
    classes: Vec<Class>,
    labels: u64,
    pub breakdown: Option<Keys>,
    /// The key of the time at which an object falls due; without it the object's event decides on its bucket.
    due: Option<KeyPath>,
    /// The key of what an event is about; without it that is subject_id.
    object: Option<KeyPath>,
    within: Option<Within>,
    /// How long after a loss an event still counts as a recovery; none where recovery is not asked for.
    pub recovery: Option<Within>,
    needs_users: bool,
}

pub struct Found {
    pub source: Source,
    pub objects: Objects,
    pub buckets: Vec<Bucket>,
    /// Whether each entry was recovered; empty where recovery was not asked for.
    is_recovered: Vec<bool>,
}

pub struct Outcome {
    pub is_reached: bool,
    pub is_lost: bool,
    pub is_recovered: bool,
}

impl Asked {
    /// Reads the arguments that object_ratio() and object_ratio_objects() share. `lists` says whether users are listed.
    /// Errors: 22023 an unknown event, a breakdown that is no path, a negative interval, arguments about a recovery
    /// without its event.
    pub fn of(call: &Call<'_>, lists: bool) -> Result<Asked, Error> {
        let (calendar, scope) = (Calendar::asked(call)?, Scope::asked(call)?);
        let (within, recovery_within) = (call.interval("within")?, call.interval("recovery_within")?);
        let is_negative = |interval: &Option<Interval>| interval.is_some_and(|interval| micros_of(interval) < 0);
        if is_negative(&within) || is_negative(&recovery_within) {
            return Err(bad("within and recovery_within must not be negative", "For example: within => '14 days'."));
        }
        // Names of events; none: every event, or for those after the denominator that nothing is asked.
        let (numerator, denominator) = (asked_text(call, "numerator")?, asked_text(call, "denominator")?);
        let exclude_event = asked_text(call, "exclude_event")?;
        let (recovery_event, recovery_from) = (asked_text(call, "recovery_event")?, asked_text(call, "recovery_from")?);
        if recovery_event.is_none() && (recovery_from.is_some() || recovery_within.is_some()) {
            return Err(bad(
                "recovery_from and recovery_within need a recovery_event",
                "For example: recovery_event => 'booking_scheduled', recovery_from => 'no_show'.",
            ));
        }
        let (due_events, due_key) = (call.texts("due_events")?, asked_text(call, "due_key")?);
        if due_events.is_some() && due_key.is_none() {
            return Err(bad(
                "due_events need a due_key",
                "It is the payload key of the time that they set, for example: due_key => 'starts_at'.",
            ));
        }
        let fortnight = || Interval::from_days(14);
        let recovery = recovery_event.is_some().then(|| Within::of(recovery_within.unwrap_or_else(fortnight)));
        let lost = recovery_from.or_else(|| numerator.clone());
        let is_of_all = numerator.is_none() && denominator.is_none();
        // A class that nothing is asked of has no name: no event is of it.
        let class = |name: Option<String>, is_asked: bool| -> Result<Class, Error> {
            let names = if is_asked { arguments::name(name)? } else { Some(Vec::new()) };
            Ok(Class { names, conditions: Vec::new() })
        };
        let due_names = arguments::names(due_events)?.unwrap_or_default();
        let (is_excluding, has_recovery) = (exclude_event.is_some(), recovery.is_some());
        let labels = DENOMINATOR
            | NUMERATOR
            | if is_excluding { EXCLUDED } else { 0 }
            | if has_recovery { LOST | RECOVERY } else { 0 }
            | if due_key.is_some() { DUE } else { 0 };
        let classes = vec![
            scope.class(arguments::name(denominator)?),
            class(numerator, true)?,
            class(exclude_event, is_excluding)?,
            class(lost, has_recovery)?,
            class(recovery_event, has_recovery)?,
            Class { names: Some(due_names), conditions: Vec::new() },
        ];
        if is_of_all {
            return Err(bad(
                "a ratio of every event to every event is no question",
                "Name the events of one side at least: numerator or denominator.",
            ));
        }
        let breakdown = asked_keys(call)?;
        let (due, object) = (arguments::key(due_key)?, asked_key(call, "object_key")?);
        let (within, needs_users) = (within.map(Within::of), lists || has_recovery);
        Ok(Asked { scope, calendar, classes, labels, breakdown, due, object, within, recovery, needs_users })
    }

    /// Gives the start of the bucket before the first one. Where the whole range is one bucket, the one before it is as
    /// long. None where the range has no beginning.
    pub fn bucket_before(&self) -> Result<Option<i64>, Error> {
        if self.calendar.is_range() {
            let span = self.scope.since.zip(self.scope.until);
            return Ok(span.map(|(since, until)| since.saturating_sub(until - since)));
        }
        let before = |since: i64| self.calendar.start_of(self.calendar.start_of(since)? - 1);
        self.scope.since.map(before).transpose()
    }

    pub fn is_dated(&self) -> bool {
        self.due.is_some()
    }

    /// Finds the objects of the range, and of the bucket before where that is given; none where there is no bucket.
    pub fn find(&self, before: Option<i64>) -> Result<Option<Found>, Error> {
        let mut source = Source::open(self.question(before)?)?;
        let found = match self.due {
            None => self.find_objects(&mut source, before)?,
            Some(_) => self.find_due(&mut source, before)?,
        };
        let Some((mut objects, buckets)) = found else { return Ok(None) };
        source.memory.take(objects.memory())?;
        if !objects.entries.is_empty() {
            let labels = self.labels & (NUMERATOR | EXCLUDED | LOST);
            source.visit_without_values(&mut Following::new(&mut objects, labels))?;
        }
        let mut found = Found { source, objects, buckets, is_recovered: Vec::new() };
        if let Some(recovery) = &self.recovery {
            self.find_recovered(&mut found, recovery)?;
        }
        Ok(Some(found))
    }

    /// Finds objects in the buckets of their events.
    fn find_objects(&self, source: &mut Source, before: Option<i64>) -> Result<Option<(Objects, Vec<Bucket>)>, Error> {
        let Scope { since, until, .. } = self.scope;
        let mut extent = Extent::default();
        if since.is_none() || until.is_none() {
            source.visit_without_values(&mut extent)?;
        }
        let buckets = self.scope.buckets(&self.calendar, parts::span(extent.found))?;
        if buckets.is_empty() {
            return Ok(None);
        }
        let starts = buckets.iter().map(|bucket| bucket.start).collect();
        let places = Places { before, starts, since: since.unwrap_or(i64::MIN), until: until.unwrap_or(i64::MAX) };
        let mut finding = Finding::new(&places, self.needs_users, &source.memory);
        source.visit(&mut finding)?;
        let gathered = finding.objects;
        source.memory.check(gathered.memory() + gathered.memory_to_finish())?;
        Ok(Some((gathered.finish(), buckets)))
    }

    /// Finds objects in the buckets of the times at which they fall due.
    fn find_due(&self, source: &mut Source, before: Option<i64>) -> Result<Option<(Objects, Vec<Bucket>)>, Error> {
        let Scope { since, until, .. } = self.scope;
        let anywhere = Places::anywhere();
        let mut finding = Finding::new(&anywhere, self.needs_users, &source.memory);
        source.visit_without_groups(&mut finding)?;
        let mut objects = finding.objects.finish();
        source.memory.check(objects.memory())?;
        let mut dating = Dating::new(&mut objects, &source.memory);
        source.visit_groups(&mut dating)?;
        let mut settings = dating.settings;
        let count = objects.entries.len();
        // Many objects have one time. One that the log could not hold is none.
        let read = |text: u32| source.value(text).and_then(instant::parse).filter(|time| *time >= instant::FIRST);
        let mut times: HashMap<u32, Option<i64>> = HashMap::default();
        for setting in &settings {
            times.entry(setting.text).or_insert_with(|| read(setting.text));
        }
        source.memory.check(
            objects.memory() + settings.capacity() * size_of::<Setting>() + times.capacity() * 24 + count * DATING,
        )?;
        let time_of = |text: u32| times.get(&text).copied().flatten();
        let settled_at = |time: i64| self.within.as_ref().map_or(Ok(i64::MAX), |within| within.after(time));
        let dues = due_of_each(&mut settings, count, time_of, settled_at)?;
        let now = transaction_clock();
        objects.date(dues, now);
        // Where the range has no end, what lies ahead does not make buckets.
        let whens = (0..count).map(|entry| objects.when(entry)).filter(|when| *when < until.unwrap_or(now + 1));
        let span = whens.fold(None, |span: Option<(i64, i64)>, when| {
            let (first, last) = span.unwrap_or((when, when));
            Some((first.min(when), last.max(when)))
        });
        let buckets = self.scope.buckets(&self.calendar, parts::span(span))?;
        let Some(end) = buckets.last().map(|last| last.next) else { return Ok(None) };
        let starts = buckets.iter().map(|bucket| bucket.start).collect();
        let places = Places { before, starts, since: since.unwrap_or(i64::MIN), until: until.unwrap_or(end) };
        objects.place(|when| places.of(when));
        Ok(Some((objects, buckets)))
    }

    fn find_recovered(&self, found: &mut Found, recovery: &Within) -> Result<(), Error> {
        let mut losses = Vec::new();
        for (tenant, entries) in found.objects.tenants() {
            for entry in entries {
                let who = &found.objects.whos[entry];
                let counts = found.objects.standing(entry) == Standing::Counted;
                if counts && who.loser() != NOBODY && self.is_in_time(found.objects.when(entry), who.lost_at.0)? {
                    let (user, at) = (who.loser(), who.lost_at.0);
                    losses.push(Loss { tenant, user, at, entry, recovered_at: i64::MAX });
                }
            }
        }
        found.source.memory.take(losses.capacity() * size_of::<Loss>() + found.objects.entries.len())?;
        let mut losses = Losses::new(losses);
        found
            .source
            .visit_without_values(&mut Recovering { losses: &mut losses, at: (TenantId::default(), Band::NOBODYS) })?;
        found.is_recovered = vec![false; found.objects.entries.len()];
        for loss in losses.iter().filter(|loss| loss.recovered_at != i64::MAX) {
            found.is_recovered[loss.entry] = loss.recovered_at <= recovery.after(loss.at)?;
        }
        Ok(())
    }

    fn question(&self, before: Option<i64>) -> Result<Question, Error> {
        let is_dated = self.is_dated();
        // A time may be set long before it, and moved at any time.
        let start = before.or(self.scope.since).filter(|_| !is_dated).unwrap_or(i64::MIN);
        let end = if is_dated { i64::MAX } else { self.last_of_interest()? };
        let needed = DENOMINATOR | NUMERATOR | EXCLUDED | LOST | DUE;
        Ok(Question {
            range: start..end,
            needs_actors: self.needs_users,
            needs_arrivals: self.needs_users || self.breakdown.is_some() || is_dated,
            touches: self.breakdown.clone(),
            groups_by: self.due.clone().map(Keys::from),
            subjects: Some(OfSubjects { needed, touched: DENOMINATOR, grouped: DENOMINATOR | DUE }),
            object_key: self.object.clone(),
            ..self.scope.users(self.classes.clone())
        })
    }

    /// Gives the time from which on no event makes a difference. Where clocks change, a later moment may be followed by
    /// an earlier end: so a day is added.
    fn last_of_interest(&self) -> Result<i64, Error> {
        let (Some(until), Some(within)) = (self.scope.until, &self.within) else { return Ok(i64::MAX) };
        if self.labels & EXCLUDED != 0 {
            return Ok(i64::MAX);
        }
        let last = within.after(until)?.saturating_add(DAY);
        match &self.recovery {
            None => Ok(last),
            Some(recovery) => Ok(recovery.after(last)?.saturating_add(DAY)),
        }
    }

    /// Tells whether what came after an object's time still counts.
    fn is_in_time(&self, at: i64, then: i64) -> Result<bool, Error> {
        Ok(match &self.within {
            _ if then == NEVER.0 => false,
            None => true,
            Some(within) => then <= within.after(at)?,
        })
    }

    /// Tells whether nothing that counts can come any more for what happened before a time.
    pub fn is_over(&self, end: i64) -> Result<bool, Error> {
        self.within.as_ref().map_or(Ok(true), |within| Ok(within.after(end)? <= transaction_clock()))
    }
}

impl Found {
    pub fn outcome(&self, asked: &Asked, entry: usize) -> Result<Outcome, Error> {
        let (object, when) = (&self.objects.entries[entry], self.objects.when(entry));
        let lost_at = self.objects.whos.get(entry).map_or(NEVER, |who| who.lost_at);
        Ok(Outcome {
            is_reached: asked.is_in_time(when, object.reached_at)?,
            is_lost: asked.is_in_time(when, lost_at.0)?,
            is_recovered: self.is_recovered.get(entry).copied().unwrap_or(false),
        })
    }

    /// Gives the id of each entry's user; none where it has no user.
    pub fn user_ids(&self) -> Result<Vec<Option<ActorId>>, Error> {
        let whos = &self.objects.whos;
        let mut users = vec![None; whos.len()];
        for (tenant, entries) in self.objects.tenants() {
            let own = entries.clone().map(|entry| whos[entry].user);
            let mut numbers: Vec<u32> = own.filter(|user| *user != NOBODY).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let wanted: Vec<ActorNumber> = numbers.iter().copied().map(ActorNumber::new).collect();
            let ids = self.source.ids_of(tenant, &wanted)?;
            for entry in entries.filter(|entry| whos[*entry].user != NOBODY) {
                let number = whos[entry].user;
                let id = numbers.binary_search(&number).ok().and_then(|place| ids[place]);
                users[entry] = Some(id.ok_or(Error::UnknownActor { number })?);
            }
        }
        Ok(users)
    }
}

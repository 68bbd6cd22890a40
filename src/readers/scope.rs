//! The part of the log that a KPI is asked about: a range, a tenant, and what payloads must contain.

use crate::calendar::period::{Period, Range};
use crate::calendar::{Bucket, Calendar};
use crate::db::call::Call;
use crate::error::Error;
use crate::ids::TenantId;
use crate::readers::arguments::asked_condition;
use crate::source::Source;
use crate::source::question::{Class, Condition, Labels, Question};

pub struct Scope {
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub tenant: Option<TenantId>,
    pub conditions: Vec<Condition>,
}

/// The first and the last time of an event.
pub type Span = Option<(i64, i64)>;

impl Scope {
    /// Reads since, until, last, tenant and filter. Errors: those of [`Period::range`], and 22023 a filter that is none.
    pub fn asked(call: &Call<'_>) -> Result<Scope, Error> {
        Scope::asked_by(call, "day")
    }

    /// Reads the same for a function whose grain has this default.
    pub fn asked_by(call: &Call<'_>, grain: &'static str) -> Result<Scope, Error> {
        let (since, until) = Period::asked(call, grain)?.range()?;
        let tenant = asked_tenant(call)?;
        Ok(Scope { since, until, tenant, conditions: asked_condition(call, "filter")?.into_iter().collect() })
    }

    /// Adds a condition that the classes made from now on must meet as well.
    pub fn narrow(&mut self, condition: Option<Condition>) {
        self.conditions.extend(condition);
    }

    /// The class of events of these names (None: of every name) that meet the filters.
    pub fn class(&self, names: Option<Vec<String>>) -> Class {
        Class { names, conditions: (0..self.conditions.len()).collect() }
    }

    /// Asks for the actors that had events of the classes within the range.
    pub fn users(&self, classes: Vec<Class>) -> Question {
        Question {
            range: self.since.unwrap_or(i64::MIN)..self.until.unwrap_or(i64::MAX),
            tenant: self.tenant,
            needs_actors: true,
            labels: Labels::Classes { classes, keeps_others: false },
            conditions: self.conditions.clone(),
            ..Question::default()
        }
    }

    /// Asks the same as users(), but from the beginning of history on.
    pub fn users_ever(&self, classes: Vec<Class>) -> Question {
        Question { range: i64::MIN..self.until.unwrap_or(i64::MAX), ..self.users(classes) }
    }

    /// Asks for events of these names (None: of every name), each with its name, in order of time and arrival.
    pub fn named(&self, names: Option<Vec<String>>) -> Question {
        let labels = Labels::Names { names, conditions: (0..self.conditions.len()).collect() };
        Question { labels, needs_arrivals: true, ..self.users(Vec::new()) }
    }

    /// Asks for all events of the classes within the range, also those without an actor, and how likely each was kept.
    pub fn events(&self, classes: Vec<Class>) -> Question {
        Question { needs_actors: false, needs_rates: true, ..self.users(classes) }
    }

    /// Opens the source of a question and finds the buckets of the range.
    pub fn open(&self, question: Question, calendar: &Calendar) -> Result<(Source, Vec<Bucket>), Error> {
        let mut source = Source::open(question)?;
        let buckets = self.buckets(calendar, self.span(&mut source)?)?;
        Ok((source, buckets))
    }

    /// The times of the first and last event, which buckets() has to know where an end of the range is open.
    pub fn span(&self, source: &mut Source) -> Result<Span, Error> {
        if self.since.is_none() || self.until.is_none() { source.span() } else { Ok(None) }
    }

    /// The buckets of the range. Where its beginning is open, they begin with the first event; where its end is, they
    /// end now or with the last event.
    pub fn buckets(&self, calendar: &Calendar, span: Span) -> Result<Vec<Bucket>, Error> {
        calendar.buckets(self.since, self.until, span.map(|span| span.0), span.map(|span| span.1))
    }
}

/// Reads since, until and last. Errors: those of [`Period::range`].
pub fn asked_range(call: &Call<'_>) -> Result<Range, Error> {
    Period::asked(call, "day")?.range()
}

/// Reads tenant.
pub fn asked_tenant(call: &Call<'_>) -> Result<Option<TenantId>, Error> {
    Ok(call.uuid("tenant")?.map(|tenant| TenantId::new(*tenant.as_bytes())))
}

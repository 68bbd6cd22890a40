//! Accounting: what calls of the logging functions leave about themselves. Twin: sql/log/accounting.sql, which declares
//! a row of telemetry.ingestion_calls.
//!
//! A batch leaves one row. A single call in 64 leaves one, chosen by the microsecond at which it began. So does every
//! single call that has something to count: a duplicate, a rejection or a redaction.

use crate::db::{self, Access, Statement, Value, session};
use crate::error::Error;
use crate::jsonb::Jsonb;
use crate::log::admission::Intake;
use crate::log::redaction;
use std::collections::BTreeMap;

/// One single call in so many leaves a row.
const SINGLES_PER_ROW: i32 = 64;

/// A call that has begun.
pub struct Call<'a> {
    function_name: &'static str,
    source: Option<&'a str>,
    began: i64,
}

/// How a single event ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Single {
    Stored,
    SampledOut,
    Duplicate,
    Rejected,
}

/// How a batch ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub events: i32,
    /// Events that are valid and new; those that were sampled out are among them.
    pub accepted: i32,
    pub rejected: i32,
    pub duplicates: i32,
    pub sampled_out: i32,
}

impl<'a> Call<'a> {
    pub fn begin(function_name: &'static str, source: Option<&'a str>, began: i64) -> Call<'a> {
        Call { function_name, source, began }
    }

    pub fn leaves_a_row(&self, intake: &Intake, single: Single) -> bool {
        let counts = matches!(single, Single::Duplicate | Single::Rejected) || !intake.redactions.is_empty();
        counts || self.is_sample()
    }

    fn is_sample(&self) -> bool {
        self.began % i64::from(SINGLES_PER_ROW) == 0
    }

    pub fn end_single(&self, intake: &Intake, single: Single) -> Result<(), Error> {
        if !self.leaves_a_row(intake, single) {
            return Ok(());
        }
        let tally = Tally {
            events: 1,
            accepted: i32::from(matches!(single, Single::Stored | Single::SampledOut)),
            rejected: i32::from(single == Single::Rejected),
            duplicates: i32::from(single == Single::Duplicate),
            sampled_out: i32::from(single == Single::SampledOut),
        };
        self.write(intake, tally, if self.is_sample() { SINGLES_PER_ROW } else { 0 })
    }

    /// An empty batch leaves no row.
    pub fn end_batch(&self, intake: &Intake, tally: Tally) -> Result<(), Error> {
        if tally.events == 0 { Ok(()) } else { self.write(intake, tally, 1) }
    }

    fn write(&self, intake: &Intake, tally: Tally, weight: i32) -> Result<(), Error> {
        let tenant_id = intake.caller.own_tenant();
        let role = session::calling_role();
        let source: Option<String> = self.source.map(|source| redaction::shown(source.chars().take(40).collect()));
        let counts = counts(&intake.redactions);
        let row = [
            Value::Time(self.began),
            Value::Uuid(&tenant_id),
            Value::Text(self.function_name),
            Value::of(source.as_deref(), Value::Text),
            Value::Text(&role),
            Value::Flag(intake.caller.is_client()),
            Value::Integer(weight),
            Value::Integer(tally.events),
            Value::Integer(tally.accepted),
            Value::Integer(tally.rejected),
            Value::Integer(tally.duplicates),
            Value::Integer(tally.sampled_out),
            Value::Big(session::clock() - self.began),
            Value::of(counts.as_ref(), |counts| Value::Container(&counts.0)),
        ];
        db::run(Statement::InsertCall, &row, Access::Write, |_| ())?;
        Ok(())
    }
}

fn counts(redactions: &BTreeMap<String, u32>) -> Option<Jsonb> {
    if redactions.is_empty() { None } else { Jsonb::parse(&serde_json::json!(redactions).to_string()) }
}

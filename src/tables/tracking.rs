//! track_table(): changes of a table of the application become events, in the transaction that makes them. Twin:
//! sql/tables/tracking.sql, which knows what is tracked and attaches the triggers.
//!
//! One trigger per statement reads all of its rows, with the rights of whoever changes them, and logs them as a server would.
//! What goes wrong is kept as a rejection: the statement goes on, unless the definition is strict.

mod definition;

use super::chunk::Chunk;
use crate::access::tenancy::Caller;
use crate::db::scopes::in_own_memory;
use crate::db::session::{self, Failure};
use crate::db::stream::{Snapshot, stream_changes};
use crate::db::{catalog, commands, rights, watch};
use crate::error::Error;
use crate::log::accounting::{Call, Tally};
use crate::log::admission::{Admission, Intake, Refused};
use crate::log::incoming::Event;
use crate::log::rejections;
use crate::log::storing::{self, EventRow};
use crate::settings;
use crate::violation::{Reason, Violation};
use definition::{Said, Tracked};
use pgrx::PgTriggerOperation;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What is compiled of definitions, as of a generation of their table: for a relation whose columns have that shape.
type Compiled = (u64, HashMap<(u32, u64, &'static str), Definitions>);

/// What a statement changes.
#[derive(Clone, Copy)]
struct Target<'a> {
    relation: pg_sys::Oid,
    shape: u64,
    /// The name of its definitions.
    key: &'a str,
    operation: &'static str,
    /// One of its definitions is strict.
    is_strict: bool,
}

const OPERATIONS: [&str; 3] = ["insert", "update", "delete"];

/// A second argument of the trigger says that one of the definitions is strict.
const STRICT: &str = "strict";

/// The definitions about an operation on a table, each with its query, or why it cannot be used.
type Definitions = Rc<Vec<(Said, Result<Tracked, Error>)>>;

thread_local! {
    static COMPILED: RefCell<Compiled> = RefCell::new((0, HashMap::new()));
}

/// The trigger of every tracked table.
#[pg_trigger(sql = false)]
fn log_table_changes<'a>(
    trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, PgTriggerError> {
    let operation = match trigger.op()? {
        PgTriggerOperation::Insert => "insert",
        PgTriggerOperation::Update => "update",
        PgTriggerOperation::Delete => "delete",
        PgTriggerOperation::Truncate => return Ok(None),
    };
    let arguments = trigger.extra_args()?;
    let target = Target {
        relation: catalog::relation_of(trigger.trigger_data()),
        shape: catalog::shape_of(trigger.trigger_data()),
        key: arguments.first().map_or("", String::as_str),
        operation,
        is_strict: arguments.get(1).is_some_and(|argument| argument == STRICT),
    };
    if settings::ENABLED.get()
        && let Err(error) = log_changes(trigger, target)
    {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
    Ok(None)
}

/// Whether a definition can be used: compiles it and plans its query, with the caller's rights. Its condition must be one expression.
#[pg_extern(volatile)]
fn check_tracking(
    relation: pg_sys::Oid,
    event_name: &str,
    operations: Vec<String>,
    condition: Option<&str>,
    payload: Option<crate::jsonb::Sent>,
    arguments: crate::jsonb::Sent,
    source: Option<&str>,
) -> Result<(), ErrorReport> {
    let said = said_of(event_name, condition, payload, arguments, source)?;
    if condition.is_some_and(|condition| !is_expression(condition)) {
        Err(Error::BadArgument {
            problem: "\"when\" is not one expression".into(),
            hint: "For example: \"when\" => 'new.price > 100 and new.price <> old.price'.".into(),
        })?;
    }
    for tracked in tracked_of(relation, &operations, &said)? {
        tracked.check()?;
    }
    Ok(())
}

/// Why a definition does not fit its table any more; None where it does. Its condition is not asked.
#[pg_extern(stable)]
fn tracking_problem(
    relation: pg_sys::Oid,
    event_name: &str,
    operations: Vec<String>,
    condition: Option<&str>,
    payload: Option<crate::jsonb::Sent>,
    arguments: crate::jsonb::Sent,
    source: Option<&str>,
) -> Result<Option<String>, ErrorReport> {
    let said = said_of(event_name, condition, payload, arguments, source)?;
    Ok(tracked_of(relation, &operations, &said).err().map(|error| error.message()))
}

/// A definition, compiled for each of these operations.
fn tracked_of(relation: pg_sys::Oid, operations: &[String], said: &Said) -> Result<Vec<Tracked>, Error> {
    let wanted = OPERATIONS.into_iter().filter(|operation| operations.iter().any(|wanted| wanted == operation));
    wanted.map(|operation| Tracked::of(relation, operation, said)).collect()
}

fn said_of(
    event_name: &str,
    condition: Option<&str>,
    payload: Option<crate::jsonb::Sent>,
    arguments: crate::jsonb::Sent,
    source: Option<&str>,
) -> Result<Said, Error> {
    let text = |json: crate::jsonb::Sent| json.0.bounded().map(|json| crate::jsonb::text(json.container()));
    Ok(Said {
        event_name: event_name.into(),
        condition: condition.map(str::to_owned),
        payload: payload.map(text).transpose()?,
        arguments: text(arguments)?,
        source: source.map(str::to_owned),
        is_strict: true,
    })
}

/// What PostgreSQL cannot parse would be quoted by its error.
fn is_expression(condition: &str) -> bool {
    match session::in_subtransaction(|| Ok(commands::is_expression(condition))) {
        Ok(is_expression) => is_expression,
        Err(failure) => {
            problem_of(failure);
            false
        }
    }
}

fn log_changes(trigger: &PgTrigger<'_>, target: Target<'_>) -> Result<(), Error> {
    let function = trigger.trigger().tgfoid;
    let generation = watch::taxonomy_generation();
    let not_kept = |event_name: Option<&str>, problem: &str| keep(trigger, target, event_name, problem);
    let definitions = match known(generation, target) {
        Some(definitions) => definitions,
        None => {
            let compile = || compile(generation, target);
            match session::in_subtransaction(|| rights::as_owner_of(function, compile)) {
                Ok(definitions) => definitions,
                Err(failure) if target.is_strict => return Err(failure.raise()),
                Err(failure) => {
                    not_kept(None, &problem_of(failure));
                    return Ok(());
                }
            }
        }
    };
    for (said, tracked) in definitions.iter() {
        let tracked = match tracked {
            Ok(tracked) => tracked,
            Err(error) => {
                let problem = error.message();
                if said.is_strict {
                    return Err(Error::BadArgument {
                        problem: not_logged(target.key, Some(&said.event_name), &problem),
                        hint: error.hint(),
                    });
                }
                not_kept(Some(&said.event_name), &problem);
                continue;
            }
        };
        if said.is_strict {
            log_rows(trigger, target.operation, tracked)?;
        } else if let Err(failure) = session::in_subtransaction(|| log_rows(trigger, target.operation, tracked)) {
            not_kept(Some(&said.event_name), &problem_of(failure));
        }
    }
    Ok(())
}

/// What is compiled of the definitions about an operation on a table, if it still counts.
fn known(generation: u64, Target { relation, shape, operation, .. }: Target<'_>) -> Option<Definitions> {
    COMPILED.with_borrow(|(known, all)| match *known == generation {
        true => all.get(&(relation.to_u32(), shape, operation)).cloned(),
        false => None,
    })
}

/// Compiles the definitions about an operation on a table. The caller runs as the owner of the log.
fn compile(generation: u64, Target { relation, shape, key, operation, .. }: Target<'_>) -> Result<Definitions, Error> {
    let definitions = Rc::new(definition::load(relation, key, operation)?);
    COMPILED.with_borrow_mut(|(known, all)| {
        if *known != generation {
            (*known, *all) = (generation, HashMap::new());
        }
        // Those of the shape that it had before are not asked for again.
        all.retain(|(other, shaped, _), _| *other != relation.to_u32() || *shaped == shape);
        all.insert((relation.to_u32(), shape, operation), Rc::clone(&definitions));
    });
    Ok(definitions)
}

/// The message of an error of the storage or of a condition may quote a row: only its SQLSTATE is kept.
fn problem_of(failure: Failure) -> String {
    match failure {
        Failure::Ours(error) => error.message(),
        Failure::Raised(error) => format!("it failed with SQLSTATE {}", session::sqlstate(error)),
    }
}

fn not_logged(table: &str, event_name: Option<&str>, problem: &str) -> String {
    match event_name {
        Some(event_name) => format!("changes of {table} were not logged as event \"{event_name}\": {problem}"),
        None => format!("changes of {table} were not logged: {problem}"),
    }
}

/// Keeps that a statement's changes are not in the log, and how many rows it changed. A WARNING says what not even a rejection could be
/// stored for.
fn keep(trigger: &PgTrigger<'_>, target: Target<'_>, event_name: Option<&str>, problem: &str) {
    let function = trigger.trigger().tgfoid;
    let rows = match session::in_subtransaction(|| rows_changed(trigger, target.operation)) {
        Ok(rows) => rows,
        Err(failure) => {
            // Raises what ends the statement.
            problem_of(failure);
            1
        }
    };
    let problem = match rows {
        1 => problem.to_owned(),
        _ => format!("{problem}; it changed {rows} rows"),
    };
    let violation = Violation::new(Reason::StorageError, not_logged(target.key, event_name, &problem))
        .with_advice("telemetry.tracked_tables() tells what is tracked; mend it with telemetry.track_table().");
    let kept = session::in_subtransaction(|| {
        rights::as_owner_of(function, || {
            let intake = Intake::of(Caller::present().as_server());
            let call = Call::begin("track_table", None, session::clock());
            rejections::keep_batch(&violation, session::clock(), &intake.caller)?;
            let events = i32::try_from(rows).unwrap_or(i32::MAX);
            call.end_batch(&intake, Tally { events, rejected: events, ..Tally::default() })
        })
    });
    if let Err(failure) = kept {
        let problem = problem_of(failure);
        ErrorReport::new(
            PgSqlErrorCode::ERRCODE_WARNING,
            format!("{}; keeping that failed: {problem}", violation.message),
            "log_table_changes",
        )
        .set_hint("See the server's log and telemetry.rejections.")
        .report(PgLogLevel::WARNING);
    }
}

/// How many rows a statement changed.
fn rows_changed(trigger: &PgTrigger<'_>, operation: &str) -> Result<i64, Error> {
    let rows = if operation == "insert" { "new_rows" } else { "old_rows" };
    one_number(trigger, &format!("select pg_catalog.count(*) from {rows}"))
}

fn one_number(trigger: &PgTrigger<'_>, sql: &str) -> Result<i64, Error> {
    let mut number = 0;
    stream_changes(sql, trigger.trigger_data(), Snapshot::OfStatement, |row| {
        number = row.big(0).unwrap_or_default();
        Ok(())
    })?;
    Ok(number)
}

/// Old and new rows are pairs by their places. Where a trigger of a partition keeps a row from arriving there, it has no new row.
fn check_pairs(trigger: &PgTrigger<'_>) -> Result<(), Error> {
    let sql = "select (select pg_catalog.count(*) from old_rows) operator(pg_catalog.-) (select pg_catalog.count(*) from new_rows)";
    match one_number(trigger, sql)? {
        0 => Ok(()),
        missing => Err(Error::BadArgument {
            problem: format!(
                "{missing} of its rows left their partition, and a trigger kept them from the other one, so that nobody can tell which old row \
                 became which new one"
            ),
            hint: "Update these rows by statements of their own, or track insert and delete of the partitions.".into(),
        }),
    }
}

fn log_rows(trigger: &PgTrigger<'_>, operation: &str, tracked: &Tracked) -> Result<(), Error> {
    let function = trigger.trigger().tgfoid;
    if operation == "update" && catalog::is_partitioned(trigger.trigger_data()) {
        check_pairs(trigger)?;
    }
    let mut changes = Changes { tracked, latest: 0 };
    let mut chunk = Chunk::default();
    rights::with_fixed_search_path(|| {
        stream_changes(&tracked.sql, trigger.trigger_data(), Snapshot::OfStatement, |row| {
            chunk.add(&tracked.plan, row);
            if chunk.is_full() {
                rights::as_owner_of(function, || changes.store(&chunk))?;
                chunk.clear();
            }
            Ok(())
        })
    })?;
    rights::as_owner_of(function, || changes.store(&chunk))
}

/// The changes of one statement, on their way into the log.
struct Changes<'a> {
    tracked: &'a Tracked,
    /// The time of the last event.
    latest: i64,
}

impl Changes<'_> {
    /// The caller runs as the owner of the log.
    fn store(&mut self, chunk: &Chunk) -> Result<(), Error> {
        if chunk.len() == 0 {
            return Ok(());
        }
        in_own_memory(|| {
            let began = session::clock();
            let present = Caller::present();
            let user_id = if self.tracked.has_user { None } else { present.own_user(present.own_tenant()) };
            let mut intake = Intake::of(present.as_server());
            let call = Call::begin("track_table", self.tracked.plan.constants.source.as_deref(), began);
            let count = chunk.len() as i64;
            // A microsecond apart, so that the order of the changes is kept.
            let first = (began - count + 1).max(self.latest + 1);
            self.latest = first + count - 1;
            let mut tally = Tally { events: count as i32, ..Tally::default() };
            let mut rows: Vec<EventRow<'_>> = Vec::with_capacity(chunk.len());
            for n in 0..chunk.len() {
                let (event, fault) = chunk.event(n, &self.tracked.plan, &intake.caller, first + n as i64, i64::MAX);
                let event = Event { user_id: event.user_id.or(user_id), ..event };
                let admission = match fault {
                    Some(violation) => Admission::Refused(intake.refuse(event, violation)?),
                    None => intake.admit(event)?,
                };
                match admission {
                    Admission::Admitted(admitted) => {
                        tally.accepted += 1;
                        rows.push(admitted.row);
                    }
                    Admission::SampledOut => {
                        tally.accepted += 1;
                        tally.sampled_out += 1;
                    }
                    Admission::Refused(refused) => {
                        self.refuse(refused, &intake)?;
                        tally.rejected += 1;
                    }
                }
            }
            storing::insert_events(&rows)?;
            call.end_batch(&intake, tally)
        })
    }

    fn refuse(&self, refused: Refused<'_>, intake: &Intake) -> Result<(), Error> {
        if self.tracked.is_strict && !refused.is_quarantined {
            return Err(Error::Violation { violation: refused.violation, element: None });
        }
        rejections::keep(&refused, &intake.caller)
    }
}

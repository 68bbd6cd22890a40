//! Immutability: the triggers that refuse. Twin: sql/log/immutability.sql, which says where they are attached.
//!
//! They are in C, because only a superuser can replace a C function's definition. Each costs a logged event well under
//! a microsecond.

use crate::db::session;
use crate::error::Error;
use crate::log::{door, doubts, storing};
use crate::settings;
use crate::time::DAY;
use pgrx::PgTriggerOperation;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

type Untouched<'a> = Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, PgTriggerError>;

/// This row trigger lets no row of the log change or go but through its door, see src/log/door.rs. But its owner may
/// forget rejections that are older than telemetry.rejection_memory, as forget_expired() does.
#[pg_trigger]
fn refuse_change<'a>(trigger: &'a PgTrigger<'a>) -> Untouched<'a> {
    if is_open(trigger) {
        return Ok(trigger.new().or_else(|| trigger.old()));
    }
    if forgets_rejections(trigger)
        && let Some(old) = trigger.old()
        && is_expired(&old)
    {
        return Ok(Some(old));
    }
    refuse(trigger)
}

/// Says whether the trigger sees a DELETE or an UPDATE that this library itself does, through the door of the table.
fn is_open(trigger: &PgTrigger<'_>) -> bool {
    let is_change = matches!(trigger.op(), Ok(PgTriggerOperation::Delete | PgTriggerOperation::Update));
    is_change && trigger.relid().is_ok_and(|table| door::is_open(table.to_u32()))
}

/// Says whether the trigger sees a DELETE by the owner of what is kept of refused events.
fn forgets_rejections(trigger: &PgTrigger<'_>) -> bool {
    matches!(trigger.op(), Ok(PgTriggerOperation::Delete)) && is_of_rejections(trigger) && is_owner(trigger)
}

fn is_of_rejections(trigger: &PgTrigger<'_>) -> bool {
    matches!(trigger.table_name().as_deref(), Ok("rejections" | "replays"))
}

/// What is guarded as the log is, and from which nothing is derived.
const BESIDE_THE_LOG: [&str; 13] = [
    "alert_transitions",
    "notifications",
    "changes",
    "erasures",
    "kpi_history",
    "kpi_history_buckets",
    "seals",
    "seal_pages",
    "seal_leaves",
    "kept_leaves",
    "kept_groups",
    "export_versions",
    "export_files",
];

/// Says whether derived data could be wrong once a row was stored by hand.
fn is_of_log(trigger: &PgTrigger<'_>) -> bool {
    !is_of_rejections(trigger) && !trigger.table_name().is_ok_and(|name| BESIDE_THE_LOG.contains(&name.as_str()))
}

fn is_expired(row: &PgHeapTuple<'_, AllocatedByPostgres>) -> bool {
    let column = |name| row.get_by_name::<TimestampWithTimeZone>(name).ok().flatten().map(i64::from);
    let time = column("rejected_at").or_else(|| column("replayed_at"));
    time.is_some_and(|time| time < session::clock() - i64::from(settings::REJECTION_MEMORY.get()) * DAY)
}

/// This statement trigger allows nothing but INSERT, and that only to the owner, as which log_event() writes; and
/// DELETE where refuse_change() decides. Where the owner inserts by hand it is not known which ids the rows have:
/// derived data has to be compared with the log.
#[pg_trigger]
fn guard_statement<'a>(trigger: &'a PgTrigger<'a>) -> Untouched<'a> {
    match trigger.op() {
        Ok(PgTriggerOperation::Insert) if is_owner(trigger) => {
            if is_of_log(trigger) && !storing::is_storing() && !doubts::is_deriving() {
                raise(doubts::doubt_log());
            }
            Ok(None)
        }
        Ok(PgTriggerOperation::Insert) => {
            ErrorReport::new(
                PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
                format!("{} takes no raw INSERT: it would bypass the taxonomy", name_of(trigger)),
                "guard_statement",
            )
            .set_hint("Log with telemetry.log_event() or telemetry.import_events().")
            .report(PgLogLevel::ERROR);
            Ok(None)
        }
        // Row by row.
        _ if is_open(trigger) || forgets_rejections(trigger) => Ok(None),
        _ => refuse(trigger),
    }
}

/// This statement trigger of tables that are no log allows changes only to the owner, as which the functions that
/// change them run. Where the owner changes derived data by hand, that data becomes doubtful.
#[pg_trigger]
fn refuse_strangers<'a>(trigger: &'a PgTrigger<'a>) -> Untouched<'a> {
    if !is_owner(trigger) {
        ErrorReport::new(
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            format!("{} is changed by functions of telemetry alone", name_of(trigger)),
            "refuse_strangers",
        )
        .set_hint("See the comment on the table for the function.")
        .report(PgLogLevel::ERROR);
    }
    let table = trigger.table_name()?;
    let op = trigger.op()?;
    if table == "cursor_positions"
        && matches!(op, PgTriggerOperation::Update | PgTriggerOperation::Delete)
        && !doubts::is_deriving()
    {
        ErrorReport::new(
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            format!("{} is moved by ticks alone", name_of(trigger)),
            "refuse_strangers",
        )
        .set_hint("To have everything derived anew, call telemetry.rebuild_derived().")
        .report(PgLogLevel::ERROR);
    }
    raise(doubts::doubt_derived(&table));
    Ok(None)
}

fn raise(outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        ErrorReport::from(error).report(PgLogLevel::ERROR);
    }
}

fn refuse<'a>(trigger: &'a PgTrigger<'a>) -> Untouched<'a> {
    let what = match trigger.op() {
        Ok(PgTriggerOperation::Update) => "UPDATE",
        Ok(PgTriggerOperation::Delete) => "DELETE",
        Ok(PgTriggerOperation::Truncate) => "TRUNCATE",
        _ => "change",
    };
    ErrorReport::new(
        PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
        format!("{} is append-only: {what} refused", name_of(trigger)),
        "refuse_change",
    )
    .set_hint("Log a correcting event with telemetry.log_event().")
    .report(PgLogLevel::ERROR);
    Ok(None)
}

fn name_of(trigger: &PgTrigger<'_>) -> String {
    let schema = trigger.table_schema().unwrap_or_default();
    let table = trigger.table_name().unwrap_or_default();
    format!("{schema}.{table}")
}

/// Says whether the present role is the table's owner, or may act as it; a superuser always may.
fn is_owner(trigger: &PgTrigger<'_>) -> bool {
    // SAFETY: the firing statement holds the relation open; the role look-up takes any oid.
    unsafe {
        let owner = (*(*trigger.trigger_data().tg_relation).rd_rel).relowner;
        let role = pg_sys::GetUserId();
        role == owner || pg_sys::has_privs_of_role(role, owner)
    }
}

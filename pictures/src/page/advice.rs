//! A page without a single value says what to do next.

use maud::{Markup, html};
use serde_json::Value;

use crate::{
    answer::{Answer, Board},
    clean,
};

/// How the first event is logged, where no KPI has counted anything.
pub fn of_nothing(board: &Board) -> Option<Markup> {
    if board.kpis.is_empty() || !board.kpis.iter().all(has_counted_nothing) {
        return None;
    }
    let event = board.kpis.iter().find_map(event_of).unwrap_or("signed_up");
    let event = clean::label(event, 63).replace('\'', "''");
    Some(html! {
        section.card.first {
            h2 { "Nothing was logged in this period yet" }
            p { "Log the first event, or ask for a longer period:" }
            pre { code { "select telemetry.log_event('" (event) "', user_id => gen_random_uuid());" } }
            p { "What an event must hold says " code { "select * from telemetry.event_catalog();" } }
        }
    })
}

fn has_counted_nothing(kpi: &Answer) -> bool {
    kpi.error.is_none() && kpi.rows.iter().all(|row| row.value.is_none_or(|value| value == 0.0))
}

/// The first event that a KPI counts.
fn event_of(kpi: &Answer) -> Option<&str> {
    kpi.parameters
        .iter()
        .filter(|(name, _)| ["event", "events", "steps", "start_event", "numerator"].contains(&name.as_str()))
        .find_map(|(_, value)| match value {
            Value::String(event) => Some(event.as_str()),
            Value::Array(events) => events.first().and_then(Value::as_str),
            _ => None,
        })
}

//! The parts of the page of alerts.

use maud::{Markup, html};

use super::Form;
use super::shown::{self, Alerts, Change, Instance, moment, text};

pub fn nothing_is_open(alerts: &Alerts) -> Markup {
    html! {
        @if alerts.alerts.is_empty() {
            "There is no alert yet. A pack brings some, and " code { "telemetry.register_alert()" } " adds one."
        } @else {
            "Nothing fires."
        }
    }
}

/// One that fires, is about to, or cannot be evaluated.
pub fn instance(instance: &Instance, form: Option<&Form>) -> Markup {
    html! {
        section.card.alert.(instance.status) {
            header {
                p.word { (instance.word()) ", " (text(&instance.severity)) }
                h2 { (instance.title()) }
                @if let Some(kpi) = &instance.kpi {
                    p { a href=(address_of_chart(&kpi.name)) { (text(&telemetry_pictures::reading::question(kpi))) } }
                }
                @if let Some(description) = &instance.description { p { (text(description)) } }
            }
            dl.facts {
                dt { "Now" } dd { (text(&instance.number())) }
                @if let Some(since) = instance.since {
                    dt { "Since" } dd { (moment(since)) @if instance.seconds.is_some() { ", for " (shown::lasted(instance.seconds)) } }
                }
                @if let Some(error) = &instance.error { dt { "Why" } dd { (text(error)) } }
                @if let Some(at) = instance.acknowledged_at {
                    dt { "Acknowledged" }
                    dd { (moment(at)) @if let Some(note) = &instance.note { ", by " (text(note)) } }
                }
                @if let Some(until) = instance.silenced_until { dt { "Silent" } dd { "until " (moment(until)) } }
                @if let Some(runbook) = instance.runbook() {
                    dt { "What to do" } dd { a href=(runbook) rel="noreferrer" { (text(runbook)) } }
                }
            }
            @if let Some(form) = form { (actions(instance, form)) }
        }
    }
}

fn actions(instance: &Instance, form: &Form) -> Markup {
    let fingerprint = instance.fingerprint.as_deref().unwrap_or_default();
    html! {
        div.do {
            @if instance.status == "firing" {
                form method="post" action="alerts/acknowledge" {
                    (form.hidden())
                    input type="hidden" name="fingerprint" value=(fingerprint);
                    label { "What is being done" input type="text" name="note" size="28" maxlength="500" autocomplete="off"; }
                    button aria-label={ "Acknowledge " (instance.title()) } { "Acknowledge" }
                }
            }
            form method="post" action="alerts/silence" {
                (form.hidden())
                input type="hidden" name="fingerprint" value=(fingerprint);
                (lengths())
                button aria-label={ "Silence " (instance.title()) } { "Silence" }
            }
        }
    }
}

/// A time that is given goes before the length.
fn lengths() -> Markup {
    html! {
        label {
            "For"
            select name="length" {
                option value="1h" { "1 hour" }
                option value="4h" { "4 hours" }
                option value="tomorrow" { "until tomorrow, 9:00" }
            }
        }
        label { "or until" input type="datetime-local" name="until"; }
        label { "Why" input type="text" name="reason" size="20" maxlength="500" autocomplete="off"; }
    }
}

/// Any alert, before it fires.
pub fn silence_any(alerts: &[String], form: &Form) -> Markup {
    html! {
        h2.part { "Silence an alert before it fires" }
        form.wide method="post" action="alerts/silence" {
            (form.hidden())
            label {
                "Alert"
                select name="alert" { @for name in alerts { option value=(name) { (shown::title(Some(name), None, None)) } } }
            }
            (lengths())
            button { "Silence it" }
        }
    }
}

pub fn silences(alerts: &Alerts, form: Option<&Form>) -> Markup {
    let may_end = form.is_some() && alerts.silences.iter().any(|silence| silence.may_end);
    html! {
        h2.part { "Silent" }
        div.scroll.wide tabindex="0" role="region" aria-label="Silences" {
            table {
                thead { tr {
                    th scope="col" { "Alert" } th scope="col" { "Since" } th scope="col" { "Until" } th scope="col" { "Who and why" }
                    @if may_end { td {} }
                } }
                tbody {
                    @for silence in &alerts.silences {
                        @let title = shown::title(Some(&silence.alert), silence.breakdown_value.as_deref(), silence.tenant.as_deref());
                        tr {
                            th scope="row" { (title) }
                            td { (moment(silence.since)) }
                            td { (moment(silence.until)) }
                            td { @if let Some(reason) = &silence.reason { (text(reason)) } }
                            @if may_end {
                                td {
                                    @if let Some(form) = form.filter(|_| silence.may_end) {
                                        form method="post" action="alerts/end-silence" {
                                            (form.hidden())
                                            input type="hidden" name="silence_id" value=(silence.silence_id);
                                            button aria-label={ "End the silence of " (title) } { "End" }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub fn quiet(quiet: &[&Instance]) -> Markup {
    html! {
        h2.part { "Quiet" }
        div.scroll.wide tabindex="0" role="region" aria-label="Quiet alerts" {
            table {
                thead { tr { th scope="col" { "Alert" } th scope="col" { "Severity" } th scope="col" { "Now" } th scope="col" { "Evaluated until" } } }
                tbody {
                    @for instance in quiet {
                        tr {
                            th scope="row" { (instance.title()) }
                            td { (text(&instance.severity)) }
                            td {
                                (text(&instance.number()))
                                @if let Some(error) = &instance.error { ". " (text(error)) }
                                @if let Some(until) = instance.silenced_until { ". Silent until " (moment(until)) }
                            }
                            td { @if let Some(until) = instance.evaluated_until { (moment(until)) } }
                        }
                    }
                }
            }
        }
    }
}

pub fn history(alerts: &Alerts) -> Markup {
    html! {
        h2.part { "The last 7 days" }
        @if alerts.history.is_empty() {
            p.none { "Nothing changed." }
        } @else {
            div.scroll.wide tabindex="0" role="region" aria-label="What changed within 7 days" {
                table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Alert" } th scope="col" { "Became" } th scope="col" { "Why" } th.n scope="col" { "Lasted" } } }
                    tbody { @for change in &alerts.history { (row(change, alerts)) } }
                }
            }
            @let left_out = alerts.history_rows.saturating_sub(alerts.history.len() as u64);
            @if left_out > 0 {
                p.none { "Earlier ones: " (left_out) ". " code { "select * from telemetry.alert_history(last => '7 days')" } " has them all." }
            }
        }
    }
}

fn row(change: &Change, alerts: &Alerts) -> Markup {
    let of = alerts.instances.iter().find(|instance| Some(&instance.name) == change.name.as_ref());
    html! {
        tr {
            td { (moment(change.at)) }
            th scope="row" { (shown::title(change.name.as_deref(), change.breakdown_value.as_deref(), change.tenant.as_deref())) }
            td { (text(&change.to)) @if change.from != "quiet" && change.to != "firing" { ", was " (text(&change.from)) } }
            td {
                @if let (Some(value), Some(of)) = (change.value, of) { (telemetry_pictures::number::say(value, &of.measure())) @if change.n.is_some() { " " } }
                @if let (Some(n), Some(_)) = (change.n, of) { "of " (telemetry_pictures::number::decimal(n, 0)) }
                @if change.cause != "threshold" { " " (text(&change.cause.replace('_', " "))) }
            }
            td.n { (shown::lasted(change.seconds)) }
        }
    }
}

/// In which time zone times are shown and meant.
pub fn zone(alerts: &Alerts, tenant: &str) -> Markup {
    html! {
        div.ask {
            form method="get" {
                @if !tenant.is_empty() { input type="hidden" name="tenant" value=(tenant); }
                label { "Time zone" input type="text" name="tz" value=(text(&alerts.tz)) size="18" autocomplete="off" spellcheck="false"; }
                button { "Show" }
            }
        }
    }
}

fn address_of_chart(name: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("name", name).finish();
    format!("chart?{query}")
}

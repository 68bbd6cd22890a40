//! The page of alerts: what is open, by severity, with forms to acknowledge and to silence it; what is silent and what is quiet; and
//! what happened within seven days.

mod parts;
mod shown;

use maud::{Markup, html};

use self::shown::{Alerts, Instance};
use super::answer::{self, Answer};
use super::database::Asker;
use super::fault::Fault;
use super::layout::{self, Place};
use super::query::Fields;
use super::token::Seal;
use super::users::Caller;

const PAGE: &str = include_str!("alerts/page.sql");
const FIELDS: &[&str] = &["tz", "tenant", "done"];

pub async fn page(database: &Asker, caller: &Caller, seal: &Seal, query: &[u8]) -> Result<Answer, Fault> {
    let fields = Fields::read(query, FIELDS)?;
    let done = match fields.get("done") {
        "" => None,
        "acknowledged" => Some("Acknowledged: it is not repeated until it is over."),
        "silenced" => Some("Silenced: nobody is told until then. It is evaluated as ever."),
        "ended" => Some("The silence has ended."),
        _ => return Err(Fault::Bad("The address has a field whose value is none of this page.")),
    };
    let transaction = database.read(caller).await?;
    let alerts: Alerts = transaction.json(PAGE, &[fields.get("tz"), fields.get("tenant")]).await?;
    transaction.end().await?;
    let form = alerts.may_change.then(|| Form {
        token: seal.token(caller.name.as_deref()),
        tz: &alerts.tz,
        tenant: fields.get("tenant"),
    });
    let body = body(&alerts, form.as_ref(), fields.get("tenant"), done, caller);
    Ok(answer::html(layout::page("Alerts", Place::Alerts, "./", &body)))
}

/// Where the page is shown again as it was asked for, after a form of it.
pub fn address(fields: &Fields, done: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["tz", "tenant"] {
        if !fields.get(name).is_empty() {
            query.append_pair(name, fields.get(name));
        }
    }
    format!("alerts?{}", query.append_pair("done", done).finish())
}

/// What each form carries besides its own fields.
struct Form<'a> {
    token: String,
    tz: &'a str,
    tenant: &'a str,
}

impl Form<'_> {
    fn hidden(&self) -> Markup {
        html! {
            input type="hidden" name="token" value=(self.token);
            input type="hidden" name="tz" value=(self.tz);
            @if !self.tenant.is_empty() { input type="hidden" name="tenant" value=(self.tenant); }
        }
    }
}

fn body(alerts: &Alerts, form: Option<&Form>, tenant: &str, done: Option<&str>, caller: &Caller) -> Markup {
    let (open, quiet): (Vec<&Instance>, Vec<&Instance>) =
        alerts.instances.iter().partition(|instance| instance.status != "quiet");
    html! {
        @if let Some(done) = done { p.said role="status" { (done) } }
        @if open.is_empty() { p.wide { (parts::nothing_is_open(alerts)) } }
        @for instance in &open { (parts::instance(instance, form)) }
        @if form.is_none() && !open.is_empty() {
            p.none { "You may read alerts. To acknowledge and to silence them your role needs the access level admin, and a database that is no standby." }
        }
        @if !alerts.silences.is_empty() { (parts::silences(alerts, form)) }
        @if !quiet.is_empty() { (parts::quiet(&quiet)) }
        @if let Some(form) = form.filter(|_| !alerts.alerts.is_empty()) { (parts::silence_any(&alerts.alerts, form)) }
        (parts::history(alerts))
        footer.foot {
            p {
                "Computed in the database on " (shown::moment(alerts.now)) ", " (shown::text(&alerts.tz)) ", under the rights of whoever asked"
                @if let Some(name) = &caller.name { ": " (shown::text(name)) } "."
            }
            (parts::zone(alerts, tenant))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALERTS: &str = r#"{"tz": "UTC", "now": "2026-11-28T12:00:00", "may_change": true, "alerts": ["errors"], "history_rows": 1,
        "instances": [
            {"name": "errors", "severity": "sev1", "status": "firing", "since": "2026-11-28T11:45:00", "seconds": 900, "value": 0.083, "n": 1200, "fires": "above",
             "threshold": 0.05, "is_change": false, "fingerprint": "f1", "breakdown_value": "<script>alert(1)</script>", "note": "ada: <b>",
             "acknowledged_at": "2026-11-28T11:50:00", "silenced_until": "2026-11-28T13:00:00", "runbook": "javascript:alert(1)",
             "kpi": {"name": "k", "pack": null, "question": "How \"many\" fail?", "kind": "rate_of_errors", "parameters": {}, "unit": "ratio", "value_column": "rate",
                     "is_complement": false, "range": {"tz": "UTC", "now": "2026-11-28T12:00:00"}}},
            {"name": "slow", "severity": "sev2", "status": "quiet", "is_change": false, "fires": "above", "evaluated_until": "2026-11-28T12:00:00"}],
        "silences": [{"silence_id": "s1", "alert": "errors", "since": "2026-11-28T11:00:00", "until": "2026-11-28T13:00:00", "reason": "ada: <i>", "may_end": true}],
        "history": [{"at": "2026-11-28T11:45:00", "name": "errors", "from": "quiet", "to": "firing", "value": 0.083, "n": 1200, "cause": "threshold"}]}"#;

    fn shown(may_change: bool) -> String {
        let alerts: Alerts = serde_json::from_str(ALERTS).unwrap();
        let form = Form { token: "t".to_owned(), tz: "UTC", tenant: "" };
        body(&alerts, may_change.then_some(&form), "", Some("Done."), &Caller::default()).into_string()
    }

    #[test]
    fn says_how_much_of_how_many_since_when_and_who_takes_care() {
        let text = shown(true);
        for said in [
            "8.3 % of 1,200; it fires above 5 %",
            "15 min",
            "ada: &lt;b&gt;",
            "28 Nov 2026, 13:00",
            "How &quot;many&quot; fail?",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
    }

    #[test]
    fn what_comes_from_outside_is_text() {
        let text = shown(true);
        for markup in ["<script", "<b>", "<i>", "javascript:"] {
            assert!(!text.contains(markup), "{markup} in {text}");
        }
    }

    #[test]
    fn who_may_only_read_gets_no_forms() {
        assert_eq!(shown(true).matches("method=\"post\"").count(), 4);
        assert!(!shown(false).contains("method=\"post\""));
    }

    #[test]
    fn after_a_form_the_page_is_as_it_was() {
        let fields = Fields::read(b"tz=Europe%2FBerlin&tenant=", super::super::changes::END_SILENCE).ok().unwrap();
        assert_eq!(address(&fields, "ended"), "alerts?tz=Europe%2FBerlin&done=ended");
    }
}

//! Alerting rules as Prometheus reads them: YAML of groups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A rule as the database lists it. Those of one group follow each other.
#[derive(Debug, Clone, Deserialize)]
pub struct Listed {
    rules: String,
    alert: String,
    expr: String,
    /// How long it must hold before it fires; none: at once.
    pending: Option<String>,
    severity: String,
    summary: String,
    description: String,
}

#[derive(Serialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pending: Option<String>,
    labels: BTreeMap<&'static str, String>,
    annotations: BTreeMap<&'static str, String>,
}

/// Writes the rules.
pub fn yaml(listed: Vec<Listed>) -> Result<String, yaml_serde::Error> {
    let mut groups: Vec<Group> = Vec::new();
    for listed in listed {
        let name = listed.rules.clone();
        if groups.last().is_none_or(|group| group.name != name) {
            groups.push(Group { name, rules: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rules.push(rule_of(listed));
        }
    }
    yaml_serde::to_string(&File { groups })
}

fn rule_of(listed: Listed) -> Rule {
    Rule {
        alert: listed.alert,
        expr: listed.expr,
        pending: listed.pending,
        labels: BTreeMap::from([("severity", listed.severity)]),
        annotations: BTreeMap::from([("summary", listed.summary), ("description", listed.description)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(rules: &str, alert: &str, pending: Option<&str>) -> Listed {
        Listed {
            rules: rules.into(),
            alert: alert.into(),
            expr: "a{b=\"c\"} > 1".into(),
            pending: pending.map(Into::into),
            severity: "info".into(),
            summary: "{{ $labels.b }}: it's".into(),
            description: "- \"yes\" # no".into(),
        }
    }

    #[test]
    fn groups_hold_what_follows_each_other() {
        let text =
            yaml(vec![listed("one", "A", Some("5m")), listed("one", "B", None), listed("two", "C", None)]).unwrap();
        let read: yaml_serde::Value = yaml_serde::from_str(&text).unwrap();
        assert_eq!(read["groups"][0]["rules"][0]["for"], "5m");
        assert_eq!(read["groups"][0]["rules"][1]["alert"], "B");
        assert!(read["groups"][0]["rules"][1].get("for").is_none());
        assert_eq!(read["groups"][1]["rules"][0]["annotations"]["description"], "- \"yes\" # no");
        assert_eq!(read["groups"][1]["rules"][0]["annotations"]["summary"], "{{ $labels.b }}: it's");
    }
}

//! The statement behind a panel. It calls `telemetry.kpi()`, or for a table with more columns than one the KPI's own function, with
//! the time range and the variables of the dashboard; `${name:sqlstring}` is a quoted constant with whatever a viewer typed in it.

use serde_json::Value;

use super::Kpi;
use super::escape::literal;

const GRAIN: &str = "nullif(${grain:sqlstring}, 'own')";
const TZ: &str = "nullif(${tz:sqlstring}, '')";
const TENANT: &str = "nullif(${tenant:sqlstring}, '')::uuid";
/// Stands behind the name of a series whose bucket is not over, or is cut by the time range.
const INCOMPLETE: &str = " (incomplete)";
/// The series of a target that changes with the baseline.
pub const TARGET: &str = "(target)";

/// The names of series that are not over, for the matcher of an override.
pub fn incomplete_series() -> &'static str {
    "/ \\(incomplete\\)$/"
}

/// One value a bucket and series. What is not over is a series of its own, which begins at the last bucket that is.
pub fn lines(kpi: &Kpi) -> String {
    let label = label(kpi);
    let target = match kpi.target_change {
        Some(_) => format!(
            "\nunion all\nselect k.bucket, '{TARGET}', max(k.target) from k where k.target is not null group by k.bucket"
        ),
        None => String::new(),
    };
    format!(
        "with k as (
    select k.*, lag(k.is_complete) over w as was_complete, lead(k.is_complete) over w as will_be_complete
      from {}{}
    window w as (partition by k.breakdown_value, k.is_other order by k.bucket)
)
select k.bucket as \"time\", {label} as metric, k.value
  from k
 where k.is_complete
union all
select k.bucket, {label} || '{INCOMPLETE}', k.value
  from k
 where not (k.is_complete and coalesce(k.was_complete, true) and coalesce(k.will_be_complete, true)){target}
order by 1",
        by_bucket(kpi),
        only_later_steps(kpi),
    )
}

/// One value a bucket and series, for bars that stand for themselves.
pub fn bars(kpi: &Kpi) -> String {
    format!(
        "select k.bucket as \"time\", {} || case when k.is_complete then '' else '{INCOMPLETE}' end as metric, k.value
  from {}
 order by 1",
        label(kpi),
        by_bucket(kpi)
    )
}

/// One value a bucket, for one number with what it was before.
pub fn number(kpi: &Kpi) -> String {
    format!(
        "select k.bucket as \"time\", k.value as {}\n  from {}\n order by 1",
        identifier(&kpi.title()),
        by_bucket(kpi)
    )
}

/// The steps of a funnel over the whole range: how many got so far, as a share of the first.
pub fn steps(kpi: &Kpi) -> String {
    let count = match kpi.value_column.as_str() {
        "rate_from_first" if !kpi.is_complement => " || coalesce(' (' || round(k.value * k.n) || ')', '')",
        _ => "",
    };
    format!("select k.breakdown_value{count} as step, k.value\n  from {}", of_range(kpi))
}

/// A cohort's periods, each a row; the panel makes columns of them.
pub fn cohorts(kpi: &Kpi) -> String {
    let zone = match kpi.parameters.get("tz").and_then(Value::as_str) {
        Some(tz) => literal(tz),
        None => format!("coalesce({TZ}, current_setting('TimeZone'))"),
    };
    format!(
        "select concat_ws(', ', r.breakdown_value, coalesce(to_char(r.cohort at time zone {zone}, 'YYYY-MM-DD'), 'all'), r.cohort_size) as cohort,
       r.period, r.{}
  from {} r
 where r.is_complete",
        identifier(&kpi.value_column),
        own(kpi)
    )
}

/// Weekdays down and hours across.
pub fn week(kpi: &Kpi) -> String {
    let column = identifier(&kpi.value_column);
    let hours: Vec<String> = (0..24)
        .map(|hour| format!("coalesce(sum(h.{column}) filter (where h.hour = {hour}), 0) as \"{hour:02}\""))
        .collect();
    format!(
        "select (array['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[w.weekday] as weekday,
       {}
  from generate_series(1, 7) w (weekday)
  left join {} h on h.weekday = w.weekday
 group by w.weekday
 order by w.weekday",
        hours.join(",\n       "),
        own(kpi)
    )
}

/// Columns of the KPI's own function, in the order of its answer.
pub fn columns(kpi: &Kpi, columns: &str) -> String {
    format!("select {columns}\n  from {} f", own(kpi))
}

/// When alerts about the KPIs fired, as Grafana reads annotations: from, to, a text and tags.
pub fn alerts(kpis: &[Kpi]) -> String {
    let names: Vec<String> = kpis.iter().map(|kpi| literal(&kpi.name)).collect();
    format!(
        "select h.at as \"time\", h.at + h.duration as timeend,
       concat(h.name, ' (' || h.breakdown_value || ')') as text, h.severity as tags
  from telemetry.alert_history($__timeFrom(), $__timeTo(), tenant => {TENANT}) h
  join telemetry.alerts a on a.name = h.name
 where h.to_status = 'firing' and a.kpi = any (array[{}])
 order by 1",
        names.join(", ")
    )
}

/// The KPI by its name, by the grain of the dashboard where its definition has none.
fn by_bucket(kpi: &Kpi) -> String {
    // Whom dau_mau() takes the mean of are those of the days or weeks of a month: another grain is another question.
    let is_open = kpi.has_buckets && !is_fixed(kpi, "grain") && kpi.kind != "dau_mau";
    let grain = if is_open { GRAIN } else { "null" };
    named(kpi, grain)
}

fn of_range(kpi: &Kpi) -> String {
    named(kpi, "'range'")
}

fn named(kpi: &Kpi, grain: &str) -> String {
    let tz = if is_fixed(kpi, "tz") { "null" } else { TZ };
    format!("telemetry.kpi({}, $__timeFrom(), $__timeTo(), {grain}, {tz}, tenant => {TENANT}) k", literal(&kpi.name))
}

/// The KPI's own function with the arguments of its definition.
fn own(kpi: &Kpi) -> String {
    let fixed = kpi
        .parameters
        .iter()
        .filter(|(_, value)| !value.is_null())
        .filter_map(|(name, value)| Some((name.as_str(), argument(value, kpi.arguments.get(name)?))));
    let asked =
        [("since", "$__timeFrom()"), ("until", "$__timeTo()"), ("grain", GRAIN), ("tz", TZ), ("tenant", TENANT)];
    let asked = asked
        .iter()
        .filter(|(name, _)| kpi.arguments.contains_key(*name) && !is_fixed(kpi, name))
        .map(|(name, value)| (*name, value.to_string()));
    let arguments: Vec<String> =
        fixed.chain(asked).map(|(name, value)| format!("{} => {value}", identifier(name))).collect();
    format!("telemetry.{}({})", identifier(&kpi.kind), arguments.join(", "))
}

fn is_fixed(kpi: &Kpi, name: &str) -> bool {
    kpi.parameters.get(name).is_some_and(|value| !value.is_null())
}

/// A value of a definition as the type of the argument.
fn argument(value: &Value, kind: &str) -> String {
    match (value, kind.strip_suffix("[]")) {
        (Value::Array(elements), Some(_)) => {
            let elements: Vec<String> = elements.iter().map(|element| literal(&text_of(element))).collect();
            format!("array[{}]::{kind}", elements.join(", "))
        }
        _ if kind == "jsonb" => format!("{}::jsonb", literal(&value.to_string())),
        _ => format!("{}::{kind}", literal(&text_of(value))),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A name in double quotes, where Grafana finds no variable.
fn identifier(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if is_plain { name.to_string() } else { format!("\"{}\"", super::escape::plain(name).replace('"', "\"\"")) }
}

/// What a series is called.
fn label(kpi: &Kpi) -> String {
    let is_broken_down = is_fixed(kpi, "breakdown");
    let fractions = kpi.parameters.get("fractions").and_then(Value::as_array).map(Vec::len);
    let of_value = match (kpi.arguments.contains_key("fractions"), is_broken_down) {
        (true, false) => "'p' || trim_scale(100 * k.breakdown_value::numeric)",
        (true, true) if fractions == Some(1) => "regexp_replace(k.breakdown_value, ' / [^/]+$', '')",
        _ => "k.breakdown_value",
    };
    let named = format!("coalesce({of_value}, {})", literal(&kpi.title()));
    if is_broken_down { format!("case when k.is_other then '(others)' else {named} end") } else { named }
}

/// The first step of a funnel is always all of them: a line that says nothing.
fn only_later_steps(kpi: &Kpi) -> &'static str {
    match kpi.kind.as_str() {
        "funnel_trend" => "\n     where k.breakdown_value !~ '(^| / )1 / [^/]+$'",
        _ => "",
    }
}

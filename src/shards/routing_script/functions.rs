//! Pure: the text of a router's script, from the functions and types of the API. Each function of the router has the name, the
//! arguments, the result and the comment of the one on the shards, and its body is one call of what stands in
//! sql/shards/router/.
//!
//! The bodies are parsed when they are made, so that a caller needs no right in telemetry_private, and nobody but a function of
//! the router can say who the caller is.

use super::Tenancy;
use serde::Deserialize;

/// The parts that are the same on every router, in the order in which they need each other.
const ROUTER: [&str; 6] = [
    include_str!("../../../sql/shards/router/connecting.sql"),
    include_str!("../../../sql/shards/router/spreading.sql"),
    include_str!("../../../sql/shards/router/placement.sql"),
    include_str!("../../../sql/shards/router/calling.sql"),
    include_str!("../../../sql/shards/router/copying.sql"),
    include_str!("../../../sql/shards/router/moving.sql"),
];
/// Those that name types of the API or what the script knows of the tenants.
const ROUTER_WITH_TYPES: [&str; 3] = [
    include_str!("../../../sql/shards/router/dealing.sql"),
    include_str!("../../../sql/shards/router/adding.sql"),
    include_str!("../../../sql/shards/router/watching.sql"),
];
const BEGINNING: &str = include_str!("../../../sql/shards/router/beginning.sql");
const ENDING: &str = include_str!("../../../sql/shards/router/ending.sql");

/// A function of the API, as the catalog of a shard has it.
#[derive(Deserialize)]
pub struct Function {
    name: String,
    route: Route,
    /// With the defaults, as CREATE FUNCTION takes them.
    arguments: String,
    /// Without them, as COMMENT takes them.
    identity: String,
    result: String,
    /// The type of one value or row.
    value: String,
    is_set: bool,
    is_volatile: bool,
    comment: Option<String>,
    parameters: Vec<Column>,
    /// Of a function that returns a table.
    columns: Vec<Column>,
}

/// What sql/shards/routing_script.sql says of each.
#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Route {
    Logs,
    Deals,
    Writes,
    Reads,
    Adds,
    Anywhere,
    Everywhere,
    Somewhere,
}

impl Function {
    /// Whether it gives what PostgREST sends as it is, with headers of its own.
    fn is_document(&self) -> bool {
        self.value == "telemetry.\"*/*\""
    }
}

#[derive(Deserialize)]
pub struct Column {
    name: String,
    r#type: String,
}

#[derive(Deserialize)]
pub struct Type {
    name: String,
    definition: String,
    is_domain: bool,
    comment: Option<String>,
}

pub fn script(functions: &[Function], types: &[Type], tenancy: &Tenancy, version: &str) -> String {
    let mut parts = vec![BEGINNING.replace("@version@", version)];
    parts.extend(ROUTER.map(str::to_string));
    parts.extend(types.iter().map(type_text));
    parts.push(tenancy_text(tenancy));
    parts.extend(ROUTER_WITH_TYPES.map(str::to_string));
    parts.extend(functions.iter().map(function_text));
    parts.push(ENDING.to_string());
    parts.join("\n")
}

fn type_text(of: &Type) -> String {
    let name = format!("telemetry.{}", identifier(&of.name));
    let (word, kind) = if of.is_domain { ("domain", "domain") } else { ("type", "type") };
    let mut text = format!("create {word} {name} as {};\n", of.definition);
    if let Some(comment) = &of.comment {
        text += &format!("comment on {kind} {name} is {};\n", literal(comment));
    }
    text
}

/// What dealing.sql asks for.
fn tenancy_text(tenancy: &Tenancy) -> String {
    let claimed = tenancy
        .claim_paths
        .iter()
        .map(|path| format!("telemetry_private.uuid_of(claims #>> {})", array(path)))
        .collect::<Vec<_>>();
    let claimed =
        if claimed.is_empty() { "null::uuid".to_string() } else { format!("coalesce({})", claimed.join(", ")) };
    let only = if tenancy.is_multi_tenant { "null::uuid" } else { "'00000000-0000-0000-0000-000000000000'::uuid" };
    let named = |argument: &str| {
        let keys = tenancy.keys_of(argument).iter().map(|key| format!("event ->> {}", literal(key)));
        format!("coalesce({})", keys.collect::<Vec<_>>().join(", "))
    };
    [
        ("uuid_of(id text) returns uuid", UUID_OF.to_string()),
        ("claimed_tenant(claims jsonb) returns uuid", claimed),
        ("only_tenant() returns uuid", only.to_string()),
        ("server_roles() returns text[]", array(&tenancy.server_roles)),
        ("tenant_keys() returns text[]", array(tenancy.keys_of("tenant_id"))),
        ("named_tenant(event jsonb) returns text", named("tenant_id")),
        ("named_user(event jsonb) returns text", named("user_id")),
        ("named_session(event jsonb) returns text", named("session_id")),
        ("named_event(event jsonb) returns text", named("event_id")),
    ]
    .map(|(signature, body)| {
        format!(
            "create function telemetry_private.{signature}\nlanguage sql\nimmutable\nbegin atomic\n    select {body};\nend;\n"
        )
    })
    .join("\n")
}

/// NULL for a text that is no uuid.
const UUID_OF: &str = "case when btrim(id) ~ '^[{]?([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}]?$' then btrim(id)::uuid end";

fn function_text(function: &Function) -> String {
    let Function { name, arguments, identity, result, .. } = function;
    let name = identifier(name);
    let volatility = if function.is_volatile { "volatile" } else { "stable" };
    let body = body(function);
    let mut text = format!(
        "create function telemetry.{name}({arguments})\nreturns {result}\nlanguage sql\n{volatility}\nbegin atomic\n    {body};\nend;\n"
    );
    if let Some(comment) = &function.comment {
        text += &format!("comment on function telemetry.{name}({identity}) is {};\n", literal(comment));
    }
    text
}

fn body(function: &Function) -> String {
    let name = identifier(&function.name);
    let cast = if function.value == "void" { String::new() } else { format!("::{}", function.value) };
    match function.route {
        Route::Deals => {
            let given = function.parameters.iter().map(|parameter| format!(", {}", own(function, parameter)));
            format!("select telemetry_private.{name}(current_user::text{})", given.collect::<String>())
        }
        Route::Everywhere => {
            let call = call(function, &format!("select telemetry.{name}"), "");
            format!("select telemetry_private.everywhere(current_user::text, {call}){cast}")
        }
        Route::Somewhere => {
            let call = call(function, &format!("select telemetry.{name}"), "");
            format!("select telemetry_private.somewhere(current_user::text, {call})")
        }
        _ if function.is_document() => {
            let call = call(
                function,
                &format!("select telemetry.{name}"),
                "::bytea, pg_catalog.current_setting('response.headers', true)",
            );
            let rows = match function.route {
                Route::Adds => rows_of_kpi(function, &call, DOCUMENT, true),
                _ => rows_of(function, &call, DOCUMENT),
            };
            format!("select telemetry_private.handed_on(t.document, t.headers){cast} from {rows}")
        }
        _ if function.is_set => {
            let columns = columns(function);
            let names = columns.iter().map(|column| identifier(&column.name)).collect::<Vec<_>>().join(", ");
            let list = columns
                .iter()
                .map(|column| format!("{} {}", identifier(&column.name), column.r#type))
                .collect::<Vec<_>>()
                .join(", ");
            // A function that returns a set of values is a relation of one column, whose name the alias gives.
            let source = format!("select {names} from telemetry.{name}");
            let alias = if function.columns.is_empty() { format!(" as t ({names})") } else { String::new() };
            let call = call(function, &source, &alias);
            let rows = match function.route {
                Route::Adds => rows_of_kpi(function, &call, &list, false),
                _ => rows_of(function, &call, &list),
            };
            format!("select t.* from {rows}")
        }
        _ => {
            let call = call(function, &format!("select telemetry.{name}"), "");
            let shard = shard(function);
            let is_repeatable = function.route == Route::Logs || !function.is_volatile;
            format!("select telemetry_private.value_of(current_user::text, {shard}, {call}, {is_repeatable}){cast}")
        }
    }
}

/// What a shard gives where a document is asked for.
const DOCUMENT: &str = "document bytea, headers text";

/// The rows that one shard gives.
fn rows_of(function: &Function, call: &str, columns: &str) -> String {
    format!(
        "telemetry_private.rows_of(current_user::text, {}, {call}, {}) as t ({columns})",
        shard(function),
        literal(columns)
    )
}

/// Those of a KPI, which may have to be added up.
fn rows_of_kpi(function: &Function, call: &str, columns: &str, is_document: bool) -> String {
    let tenant = tenant(function).unwrap_or_else(|| "null::uuid".into());
    let is_document = if is_document { ", true" } else { "" };
    format!(
        "telemetry_private.rows_of_kpi(current_user::text, {tenant}, {call}, {}, {}, {}{is_document}) as t ({columns})",
        literal(columns),
        literal(&function.name),
        arguments(function)
    )
}

/// The columns of a set: those of its table, or the values under the name of the function.
fn columns(function: &Function) -> Vec<Column> {
    if function.columns.is_empty() {
        return vec![Column { name: function.name.clone(), r#type: function.value.clone() }];
    }
    let copy = |column: &Column| Column { name: column.name.clone(), r#type: column.r#type.clone() };
    function.columns.iter().map(copy).collect()
}

/// The expression of the statement that the shard gets: a literal for each argument, read back as its type.
fn call(function: &Function, source: &str, alias: &str) -> String {
    let mut template = format!("{source}(");
    let mut values = String::new();
    for (place, parameter) in function.parameters.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        template += &format!("{comma}{} => %L::{}", identifier(&parameter.name), parameter.r#type);
        values += &format!(", {}", value(function, parameter));
    }
    template += &format!("){alias}");
    let text = format!("pg_catalog.format({}{values})", literal(&template));
    match function.route {
        Route::Reads => format!("{text} || {}", condition(function)),
        _ => text,
    }
}

/// The arguments of a KPI by name, as kpi_parts() takes them: a question over all tenants names none.
fn arguments(function: &Function) -> String {
    let pairs = function
        .parameters
        .iter()
        .filter(|parameter| parameter.name != "tenant")
        .map(|parameter| format!("{}, {}", literal(&parameter.name), value(function, parameter)));
    format!("pg_catalog.jsonb_build_object({})", pairs.collect::<Vec<_>>().join(", "))
}

/// What is sent for an argument. An event gets its id here, so that it may be sent twice, and its tenant, so that router and shard
/// mean the same one. Nothing else is filled in: what erases asks for its tenant by itself.
fn value(function: &Function, parameter: &Column) -> String {
    let own = own(function, parameter);
    match (function.route, parameter.name.as_str()) {
        (Route::Logs, "event_id") => format!("coalesce({own}, telemetry_private.new_event_id())"),
        (Route::Logs, "tenant_id") => format!("coalesce({own}, telemetry_private.tenant_of_caller())"),
        _ if depends_on_session(&parameter.r#type) => format!("telemetry_private.as_sent({own})"),
        _ => own,
    }
}

/// Types whose text depends on what a session has set.
fn depends_on_session(of: &str) -> bool {
    let element = of.trim_end_matches("[]");
    ["date", "interval", "double precision", "real"].contains(&element) || element.starts_with("timestamp")
}

/// Where a question names no tenant, the shard looks whether it is the only one that can answer.
fn condition(function: &Function) -> String {
    let check = "pg_catalog.format(' where telemetry.reads_only(%L::uuid)', telemetry_private.tenant_of_caller())";
    match tenant(function) {
        Some(tenant) => format!("case when {tenant} is null then {check} else '' end"),
        None => "''".to_string(),
    }
}

/// The argument that names the tenant.
fn tenant(function: &Function) -> Option<String> {
    let is_tenant = |parameter: &&Column| matches!(parameter.name.as_str(), "tenant" | "tenant_id");
    function.parameters.iter().find(is_tenant).map(|parameter| own(function, parameter))
}

fn shard(function: &Function) -> String {
    let tenant = match tenant(function) {
        Some(tenant) => format!("coalesce({tenant}, telemetry_private.tenant_of_caller())"),
        None => "telemetry_private.tenant_of_caller()".to_string(),
    };
    let given = |name: &str| {
        let parameter = function.parameters.iter().find(|parameter| parameter.name == name);
        parameter.map(|parameter| own(function, parameter))
    };
    let of_user =
        given("user_id").map(|user| format!("telemetry_private.shard_of_user(current_user::text, {tenant}, {user})"));
    match function.route {
        Route::Logs => {
            let ids =
                ["user_id", "session_id", "event_id"].map(|name| given(name).unwrap_or_else(|| "null::uuid".into()));
            format!("telemetry_private.shard_of_event(current_user::text, {tenant}, {})", ids.join(", "))
        }
        Route::Writes => {
            let spread = of_user.unwrap_or_else(|| format!("telemetry_private.shard_for({tenant})"));
            format!("coalesce(telemetry_private.pinned_shard({tenant}), {spread})")
        }
        Route::Reads if self::tenant(function).is_none() => format!("telemetry_private.shard_knowing({tenant})"),
        Route::Reads | Route::Adds => of_user.unwrap_or_else(|| format!("telemetry_private.shard_for({tenant})")),
        _ => "telemetry_private.any_shard()".to_string(),
    }
}

/// An argument, by a name that no column can be mistaken for.
fn own(function: &Function, parameter: &Column) -> String {
    format!("{}.{}", identifier(&function.name), identifier(&parameter.name))
}

fn array(values: &[String]) -> String {
    let list = values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
    format!("array[{list}]::text[]")
}

/// Always in quotes: a name may be a word of SQL.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string constant that reads alike whatever standard_conforming_strings says.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!(" E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

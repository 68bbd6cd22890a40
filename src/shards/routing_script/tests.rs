//! What a function of a router says, and that no name or comment breaks out of its place.

use super::Tenancy;
use super::functions::{Function, Type, script};
use serde_json::{Value, json};

fn tenancy() -> Tenancy {
    Tenancy {
        claim_paths: vec![vec!["app_metadata".into(), "it's".into()], vec!["tenant".into()]],
        server_roles: vec!["service_role".into()],
        is_multi_tenant: true,
        keys: ["tenant_id", "user_id", "session_id", "event_id"].map(|key| (key.into(), vec![key.into()])).into(),
    }
}

fn function(more: Value) -> Function {
    let mut row = json!({
        "name": "asked", "route": "reads", "arguments": "events text[] DEFAULT NULL::text[], tenant uuid DEFAULT NULL::uuid",
        "identity": "events text[], tenant uuid", "result": "TABLE(n bigint)", "value": "record", "is_set": true, "is_volatile": false,
        "comment": "What it's for.", "parameters": [{"name": "events", "type": "text[]"}, {"name": "tenant", "type": "uuid"}],
        "columns": [{"name": "n", "type": "bigint"}]});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(row).unwrap()
}

fn written(function: Function) -> String {
    let text = script(&[function], &[], &tenancy(), "1.2.3");
    text[text.rfind("create function telemetry.").unwrap()..text.rfind("-- The shards decide").unwrap()].to_string()
}

#[test]
fn a_question_goes_to_the_shard_of_its_tenant_and_is_checked_there_without_one() {
    assert_eq!(
        written(function(json!({}))),
        r#"create function telemetry."asked"(events text[] DEFAULT NULL::text[], tenant uuid DEFAULT NULL::uuid)
returns TABLE(n bigint)
language sql
stable
begin atomic
    select t.* from telemetry_private.rows_of(current_user::text, telemetry_private.shard_for(coalesce("asked"."tenant", telemetry_private.tenant_of_caller())), pg_catalog.format('select "n" from telemetry."asked"("events" => %L::text[], "tenant" => %L::uuid)', "asked"."events", "asked"."tenant") || case when "asked"."tenant" is null then pg_catalog.format(' where telemetry.reads_only(%L::uuid)', telemetry_private.tenant_of_caller()) else '' end, '"n" bigint') as t ("n" bigint);
end;
comment on function telemetry."asked"(events text[], tenant uuid) is 'What it''s for.';

"#
    );
}

#[test]
fn a_kpi_that_adds_up_is_given_its_arguments_by_name_too() {
    let text = written(function(json!({
        "route": "adds", "parameters": [{"name": "events", "type": "text[]"}, {"name": "since", "type": "timestamp with time zone"},
                                        {"name": "tenant", "type": "uuid"}]})));
    assert!(text.contains(r#"rows_of_kpi(current_user::text, "asked"."tenant", pg_catalog.format("#), "{text}");
    assert!(
        text.contains(
            r#", 'asked', pg_catalog.jsonb_build_object('events', "asked"."events", 'since', telemetry_private.as_sent("asked"."since"))) as t ("n" bigint)"#
        ),
        "{text}"
    );
    assert!(!text.contains("reads_only"), "{text}");
}

#[test]
fn an_event_gets_its_id_and_tenant_and_may_be_sent_twice() {
    let text = written(function(json!({
        "name": "log_event", "route": "logs", "is_set": false, "is_volatile": true, "value": "uuid", "result": "uuid", "columns": [],
        "parameters": [{"name": "tenant_id", "type": "uuid"}, {"name": "event_id", "type": "uuid"}]})));
    assert!(text.contains(r#"coalesce("log_event"."event_id", telemetry_private.new_event_id())"#), "{text}");
    assert!(
        text.contains(
            r#"telemetry_private.shard_of_event(current_user::text, coalesce("log_event"."tenant_id", telemetry_private.tenant_of_caller()), null::uuid, null::uuid, "log_event"."event_id")"#
        ),
        "{text}"
    );
    assert!(text.contains(", true)::uuid;"), "{text}");
}

#[test]
fn a_document_comes_with_its_headers() {
    let text = written(function(json!({
        "name": "page", "is_set": false, "value": "telemetry.\"*/*\"", "result": "telemetry.\"*/*\"", "columns": [],
        "parameters": [{"name": "tenant", "type": "uuid"}]})));
    assert!(
        text.contains(
            r#"pg_catalog.format('select telemetry."page"("tenant" => %L::uuid)::bytea, pg_catalog.current_setting(''response.headers'', true)', "page"."tenant")"#
        ),
        "{text}"
    );
    assert!(
        text.contains(
            r#"telemetry_private.handed_on(t.document, t.headers)::telemetry."*/*" from telemetry_private.rows_of("#
        ),
        "{text}"
    );
}

#[test]
fn a_document_over_all_tenants_is_made_of_parts() {
    let text = written(function(json!({
        "name": "page", "route": "adds", "is_set": false, "value": "telemetry.\"*/*\"", "result": "telemetry.\"*/*\"", "columns": [],
        "parameters": [{"name": "name", "type": "text"}, {"name": "tenant", "type": "uuid"}]})));
    assert!(
        text.contains(
            r#", 'document bytea, headers text', 'page', pg_catalog.jsonb_build_object('name', "page"."name"), true) as t (document bytea, headers text);"#
        ),
        "{text}"
    );
}

#[test]
fn what_erases_is_sent_once_and_gets_no_tenant_that_nobody_named() {
    let text = written(function(json!({
        "name": "erase_tenant", "route": "writes", "is_set": false, "is_volatile": true, "value": "telemetry.erasure_receipt",
        "result": "telemetry.erasure_receipt", "columns": [], "parameters": [{"name": "tenant", "type": "uuid"}]})));
    assert!(
        text.contains(r#"("tenant" => %L::uuid)', "erase_tenant"."tenant"), false)::telemetry.erasure_receipt;"#),
        "{text}"
    );
}

#[test]
fn names_and_comments_stay_in_their_places() {
    let text = written(function(json!({
        "name": "a\"b", "comment": "it's \\ 'quoted'; drop", "parameters": [{"name": "x\"y'z", "type": "text"}]})));
    assert!(text.contains(r#"create function telemetry."a""b"("#), "{text}");
    assert!(text.contains(r#""x""y''z" => %L::text"#), "{text}");
    assert!(text.contains(r"is  E'it''s \\ ''quoted''; drop';"), "{text}");
}

#[test]
fn the_tenant_is_found_at_the_paths_of_the_setting() {
    let types: Vec<Type> = vec![
        serde_json::from_value(
            json!({"name": "grain", "definition": "enum ('day')", "is_domain": false, "comment": null}),
        )
        .unwrap(),
        serde_json::from_value(json!({"name": "*/*", "definition": "text", "is_domain": true, "comment": "any"}))
            .unwrap(),
    ];
    let text = script(&[], &types, &tenancy(), "1.2.3");
    assert!(text.contains("written by telemetry.routing_script() of telemetry 1.2.3."));
    assert!(text.contains(
        "select coalesce(telemetry_private.uuid_of(claims #>> array['app_metadata', 'it''s']::text[]), telemetry_private.uuid_of(claims #>> array['tenant']::text[]))"
    ));
    assert!(text.contains("create type telemetry.\"grain\" as enum ('day');"));
    assert!(text.contains("create domain telemetry.\"*/*\" as text;\ncomment on domain telemetry.\"*/*\" is 'any';"));
}

//! Recall and false finds by kind, of the values in kinds.jsonl: those with `gone` hold what must go, the others hold
//! nothing. This test prints the table in docs/ingestion.md.

use super::super::policy::Policy;
use super::super::walk::redact;
use jsonschema_value::jsonb::encode::encode;
use serde_json::Value;
use std::fmt::Write;

const VALUES: &str = include_str!("kinds.jsonl");
const DOCUMENT: &str = include_str!("../../../../docs/ingestion.md");

#[test]
fn the_table_of_the_document_is_what_is_measured() {
    let mut kinds: Vec<(String, [usize; 4])> = Vec::new();
    for line in VALUES.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let policy = Policy::layered(&[case["policy"].clone()]).expect("a good policy");
        let found = redact(&encode(&case["payload"]), &policy);
        let (is_right, place) = match case["gone"].as_str() {
            Some(gone) => (found.is_some_and(|found| !found.text.contains(gone)), 0),
            None => (found.is_some(), 2),
        };
        if is_right == (place == 2) {
            println!("{}: {line}", if place == 0 { "missed" } else { "false find" });
        }
        let kind = case["kind"].as_str().expect("a kind");
        let counts = match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, counts)) => counts,
            None => {
                kinds.push((kind.to_owned(), [0; 4]));
                &mut kinds.last_mut().expect("it was pushed").1
            }
        };
        counts[place] += usize::from(is_right);
        counts[place + 1] += 1;
    }
    let mut table = String::from("| kind | found | false finds |\n|---|---|---|\n");
    for (kind, [found, secrets, hits, harmless]) in &kinds {
        let share = |part: &usize, all: &usize| if *all == 0 { String::new() } else { format!("{part} of {all}") };
        writeln!(table, "| {kind} | {} | {} |", share(found, secrets), share(hits, harmless)).expect("a String");
    }
    println!("{table}");
    assert!(DOCUMENT.contains(&table), "docs/ingestion.md has another table than the one above");
}

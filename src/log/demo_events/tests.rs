//! Every pack plays a story that keeps its rules, the same from the same seed.

use super::*;
use crate::log::packs;
use serde_json::json;
use std::collections::BTreeSet;

fn play(pack: &str, seed: i32) -> Play {
    let scenario = scenario_of(Some(pack)).expect("a scenario");
    Play { pack: pack.to_string(), scenario, users: 120, days: 28, seed, until: 782_784_000_000_000 }
}

fn events(play: &Play) -> Vec<Value> {
    (0..play.days).flat_map(|day| play.day(day)).collect()
}

#[test]
fn every_event_of_a_pack_happens_and_no_other() {
    for (pack, _) in SCENARIOS {
        let played = events(&play(pack, 1));
        let names = |list: &[Value]| -> BTreeSet<String> {
            list.iter().map(|event| event["event_name"].as_str().expect("a name").to_string()).collect()
        };
        let (_, file) = pack_named(Some(pack)).expect("a pack");
        let defined = packs::file::definitions(file).expect("definitions");
        assert_eq!(names(&played), names(defined.as_array().expect("a list")), "{pack}");
    }
}

#[test]
fn the_same_arguments_play_the_same_and_a_seed_plays_another() {
    for (pack, _) in SCENARIOS {
        assert_eq!(events(&play(pack, 1)), events(&play(pack, 1)));
        assert_ne!(events(&play(pack, 1)), events(&play(pack, 2)));
    }
}

#[test]
fn nothing_happens_after_the_end_and_ids_are_distinct() {
    for (pack, _) in SCENARIOS {
        let play = play(pack, 3);
        let played = events(&play);
        assert!(played.iter().all(|event| event["event_ts"].as_str() < Some("2024-10-21T00:00:00.000000Z")), "{pack}");
        let ids: BTreeSet<&str> = played.iter().filter_map(|event| event["event_id"].as_str()).collect();
        assert_eq!(ids.len(), played.len(), "{pack}");
    }
}

#[test]
fn a_word_that_templates_lack_is_in_no_scenario() {
    const WORDS: [&str; 13] = [
        "$one_of",
        "$weighted",
        "$some_of",
        "$maybe",
        "$integer",
        "$skewed",
        "$number",
        "$chance",
        "$time",
        "$iteration",
        "$object",
        "$recall",
        "$unlike",
    ];
    for (pack, text) in SCENARIOS {
        for word in text.split('"').filter(|word| word.starts_with('$')) {
            assert!(WORDS.contains(&word), "{pack}: {word}");
        }
    }
}

#[test]
fn more_users_leave_what_others_do_as_it_is() {
    let few = events(&Play { users: 5, ..play("tutoring", 1) });
    let more: BTreeSet<String> =
        events(&play("tutoring", 1)).iter().map(|event| event["event_id"].to_string()).collect();
    assert!(few.iter().all(|event| more.contains(&event["event_id"].to_string())));
    assert!(!few.contains(&json!(null)));
}

#[test]
fn a_student_keeps_the_variant_of_the_experiment() {
    let played = events(&play("exam_prep", 1));
    let pairs: BTreeSet<(&str, &str)> = played
        .iter()
        .filter_map(|event| Some((event["user_id"].as_str()?, event["payload"]["variant"].as_str()?)))
        .collect();
    let users: BTreeSet<&str> = pairs.iter().map(|(user, _)| *user).collect();
    let variants: BTreeSet<&str> = pairs.iter().map(|(_, variant)| *variant).collect();
    assert_eq!(pairs.len(), users.len());
    assert_eq!(variants, BTreeSet::from(["control", "hints"]));
}

use std::collections::HashSet;

use super::{Asked, Options, page};
use crate::{
    answer::{Answer, Board},
    picture::Mood,
    reading, samples,
};

fn board(place: usize) -> Board {
    samples::boards().swap_remove(place)
}

fn answer(definition: serde_json::Value) -> Answer {
    let mut whole = serde_json::json!({
        "name": "bookings", "kind": "event_volume", "parameters": {"events": ["booked"]}, "value_column": "events", "is_complement": false,
        "range": {"tz": "UTC", "now": "2026-11-28T12:00:00"}, "rows": []});
    whole.as_object_mut().unwrap().extend(definition.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

#[test]
fn every_sample_has_its_card() {
    let pictures = samples::pictures();
    let page = page(&board(0), &pictures, &Options::default());
    assert_eq!(page.matches("<h1").count(), 1);
    assert_eq!(page.matches("<section class=\"card").count(), pictures.len());
    assert_eq!(page.matches("<details>").count(), pictures.len());
}

#[test]
fn names_are_text_wherever_they_stand() {
    let asked = Asked { tz: Some("\"><script>".into()), tenant: Some("'&<".into()), ..Asked::default() };
    for refresh_seconds in [None, Some(60)] {
        let page =
            page(&board(2), &samples::pictures(), &Options { asked: asked.clone(), refresh_seconds, as_file: false });
        assert!(!page.contains("<script"));
        assert!(!page.contains("<img"));
        assert!(!page.contains('\u{202e}'));
        // Nothing but the form and the links could leave the page.
        assert!(!page.contains("src=\""));
    }
}

#[test]
fn links_keep_the_query_and_files_lead_to_files() {
    let asked = Asked { last: Some("7 days".into()), tz: Some("Europe/Berlin".into()), ..Asked::default() };
    let mut options = Options { asked, ..Options::default() };
    let served = page(&board(0), &[], &options);
    assert!(served.contains("href=\"?name=engagement&amp;last=7+days&amp;tz=Europe%2FBerlin\""));
    assert!(served.contains("href=\"?name=activation&amp;last=90+days&amp;tz=Europe%2FBerlin\""));
    assert!(served.contains("<form"));
    options.as_file = true;
    let stored = page(&board(0), &[], &options);
    assert!(stored.contains("href=\"engagement.html\""));
    assert!(!stored.contains("<form"));
}

#[test]
fn the_form_shows_the_days_that_were_asked_for() {
    let served = page(&board(0), &[], &Options::default());
    assert!(served.contains("name=\"first_day\" value=\"2026-10-31\""), "{served}");
    assert!(served.contains("name=\"last_day\" value=\"2026-11-27\""));
    assert!(served.contains("<option value=\"week\" selected>"));
}

#[test]
fn a_wall_renews_itself_and_has_no_form() {
    let wall = page(&board(0), &samples::pictures(), &Options { refresh_seconds: Some(60), ..Options::default() });
    assert!(wall.contains("<meta http-equiv=\"refresh\" content=\"60\">"));
    assert!(!wall.contains("<form") && !wall.contains("<nav"));
    assert!(wall.contains("Stop and show the form"));
}

#[test]
fn six_tiles_those_with_a_target_first() {
    let mut sample = samples::pictures().into_iter().find(|picture| picture.headline.is_some()).unwrap();
    sample.headline.as_mut().unwrap().mood = Mood::Missed;
    let mut pictures = vec![sample; 8];
    for (place, picture) in pictures.iter_mut().enumerate() {
        picture.name = format!("kpi_{place}");
    }
    let mut board = board(0);
    board.kpis = (0..8).map(|place| answer(serde_json::json!({"target": (place == 7).then_some(1.0)}))).collect();
    let page = page(&board, &pictures, &Options::default());
    assert_eq!(page.matches("<li class=\"tile").count(), 6);
    assert!(page.find("href=\"#kpi-kpi_7\"") < page.find("href=\"#kpi-kpi_0\""));
}

#[test]
fn what_could_not_be_answered_says_why() {
    let mut board = board(0);
    board.kpis = vec![answer(serde_json::json!({"error": "relation \"jobs\" does not exist"}))];
    let pictures: Vec<_> = board.kpis.iter().map(reading::picture).collect();
    let page = page(&board, &pictures, &Options::default());
    assert!(page.contains("class=\"card failed\""));
    assert!(page.contains("relation &quot;jobs&quot; does not exist"));
    assert!(!page.contains("Nothing was logged"));
}

#[test]
fn an_empty_board_says_how_to_log() {
    let mut board = board(1);
    board.kpis = vec![answer(serde_json::json!({"parameters": {"events": ["it's"]}, "rows": [{"value": 0.0}]}))];
    let pictures: Vec<_> = board.kpis.iter().map(reading::picture).collect();
    let page = page(&board, &pictures, &Options::default());
    assert!(page.contains("telemetry.log_event('it''s'"), "{page}");
}

#[test]
fn every_id_is_there_once() {
    let mut pictures = samples::pictures();
    // Names are unique in a database.
    for (place, picture) in pictures.iter_mut().enumerate() {
        picture.name = format!("kpi_{place}");
    }
    let page = page(&board(0), &pictures, &Options::default());
    let mut seen = HashSet::new();
    for id in page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(seen.insert(id), "{id}");
    }
}

//! Tests the cases with known answers (`known_answers`), and what the definition decides besides; `oracle` has the
//! comparison with the definition itself.

use super::*;
use crate::kpi::retention::known_answers::{Actor, KnownAnswer, PH_R1, definition, known_answers};
use crate::time::{DAY, HOUR};
use std::convert::Infallible;

mod oracle;

/// Makes an event at an hour of a day; periods are days from day 0.
fn event(day: i32, hour: i64, start: Start, is_return: bool) -> Event {
    Event { time: i64::from(day) * DAY + hour * HOUR, period: day, start, is_return }
}

/// Makes an event of any name, which both starts and returns.
fn any(day: i32, hour: i64) -> Event {
    event(day, hour, Start::Yes, true)
}

fn start(day: i32, hour: i64) -> Event {
    event(day, hour, Start::Yes, false)
}

fn back(day: i32, hour: i64) -> Event {
    event(day, hour, Start::No, true)
}

/// Makes an event of any name at five o'clock of each day.
fn days(days: &[i32]) -> Vec<Event> {
    days.iter().map(|&day| any(day, 5)).collect()
}

/// Makes an actor's events: a start and a return in one period are one event.
fn events((starts, returns): &Actor) -> Vec<Event> {
    let mut events: Vec<Event> = starts.iter().map(|day| event(*day, 5, Start::Yes, returns.contains(day))).collect();
    events.extend(returns.iter().filter(|day| !starts.contains(day)).map(|day| back(*day, 12)));
    events.sort_by_key(|event| event.time);
    events
}

fn cohorts(definition: Definition, actors: &[Vec<Event>]) -> CohortCounts {
    let mut cohorts = CohortCounts::new(definition);
    actors.iter().for_each(|events| cohorts.add(events));
    cohorts
}

/// Gives n(c, k) as lists by cohort, and checks that every cell of a cohort states the same size, that of k = 0.
fn table(definition: Definition, actors: &[Vec<Event>]) -> Vec<Vec<i64>> {
    let mut table = vec![Vec::new(); definition.periods];
    for cell in cohorts(definition, actors).cells() {
        assert_eq!(cell.k, table[cell.cohort].len());
        table[cell.cohort].push(cell.actors);
        assert_eq!(cell.cohort_size, table[cell.cohort][0]);
    }
    table
}

fn actors_of(definition: Definition, actors: &[Vec<Event>], cohort: usize, k: usize) -> Vec<usize> {
    let mut retention = Retention::new(definition);
    let mut found = Vec::new();
    for (actor, events) in actors.iter().enumerate() {
        let Ok(()) = retention.visit(events, |at_cohort, at_k| {
            if (at_cohort, at_k) == (cohort, k) {
                found.push(actor);
            }
            Ok::<(), Infallible>(())
        });
    }
    found
}

#[test]
fn known_answers_are_given() {
    for KnownAnswer { name, definition, actors, table: expected } in known_answers() {
        let actors: Vec<_> = actors.iter().map(events).collect();
        assert_eq!(table(definition, &actors), expected, "{name}");
    }
    let definition = definition(Kind::Recurring, Mode::On, 11);
    assert_eq!(actors_of(definition.clone(), &PH_R1.map(days), 1, 5), [0, 1]);
    assert_eq!(actors_of(definition.clone(), &PH_R1.map(days), 1, 4), [0]);
    assert_eq!(actors_of(definition, &PH_R1.map(days), 4, 0), [0usize; 0]);
}

#[test]
fn ph_r5_two_occurrences_are_asked_of_returns_and_not_of_the_start() {
    let expected: [&[i64]; 11] = [
        &[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
        &[2, 0, 0, 0, 1, 0, 0, 0, 0, 0],
        &[2, 0, 0, 1, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 0, 0, 0, 0],
        &[0; 7],
        &[1, 0, 0, 0, 0, 0],
        &[2, 0, 0, 0, 0],
        &[0; 4],
        &[0; 3],
        &[0; 2],
        &[0; 1],
    ];
    let definition = Definition { min_occurrences: 2, ..definition(Kind::Recurring, Mode::On, 11) };
    assert_eq!(table(definition, &PH_R1.map(days)), expected);
}

#[test]
fn ph_r7_windows_of_24_hours() {
    let actors = [
        vec![start(0, 9), back(1, 12)],
        vec![start(0, 10), back(2, 12)],
        vec![start(1, 9), back(2, 13)],
        vec![start(1, 10)],
    ];
    for kind in [Kind::Recurring, Kind::FirstTime, Kind::FirstEver] {
        let definition = Definition { rolling: Some(DAY), ..definition(kind, Mode::On, 4) };
        assert_eq!(table(definition, &actors), [vec![2, 1, 1, 0], vec![2, 1, 0], vec![0, 0], vec![0]]);
    }
}

#[test]
fn d6_the_next_afternoon_is_day_0_by_hours_and_day_1_by_the_calendar() {
    let mut events = vec![start(0, 17), back(1, 17)];
    events[0].time += 59 * 60_000_000;
    let calendar = definition(Kind::FirstTime, Mode::On, 2);
    let rolling = Definition { rolling: Some(DAY), ..calendar.clone() };
    assert_eq!(table(calendar, &[events.clone()])[0], [1, 1]);
    assert_eq!(table(rolling, &[events])[0], [1, 0]);
}

#[test]
fn a_rolling_window_begins_with_its_first_microsecond() {
    let rolling = Definition { rolling: Some(DAY), ..definition(Kind::FirstTime, Mode::On, 3) };
    let at = |shift| {
        let mut events = vec![start(0, 9), back(1, 9)];
        events[1].time += shift;
        table(rolling.clone(), &[events])[0].clone()
    };
    assert_eq!(at(0), [1, 1, 0]);
    assert_eq!(at(-1), [1, 0, 0]);
}

#[test]
fn rolling_recurring_measures_from_the_first_start_of_each_cohort() {
    // From day 0, 9 h: 30 h. From day 1, 1 h: 14 h. The second start of day 0 would have made it 16 h.
    let events = vec![start(0, 9), start(0, 23), start(1, 1), back(1, 15)];
    let rolling = Definition { rolling: Some(DAY), ..definition(Kind::Recurring, Mode::On, 3) };
    assert_eq!(table(rolling, &[events]), [vec![1, 1, 0], vec![1, 0], vec![0]]);
}

#[test]
fn a_return_before_the_start_is_none() {
    let events = vec![back(0, 1), back(1, 1), start(1, 2)];
    for rolling in [None, Some(DAY)] {
        for mode in [Mode::On, Mode::OnOrAfter, Mode::Brackets(vec![1])] {
            let definition = Definition { rolling, ..definition(Kind::FirstTime, mode, 3) };
            assert_eq!(table(definition, std::slice::from_ref(&events))[1], [1, 0]);
        }
    }
}

#[test]
fn first_time_looks_before_the_range() {
    let before = vec![any(-40, 1), any(0, 1), any(1, 1)];
    let within = vec![event(-40, 1, Start::NameOnly, true), any(0, 1), any(1, 1)];
    let by = |kind, actor: &Vec<Event>| table(definition(kind, Mode::On, 2), std::slice::from_ref(actor))[0].clone();
    assert_eq!(by(Kind::Recurring, &before), [1, 1]);
    assert_eq!(by(Kind::FirstTime, &before), [0, 0]);
    assert_eq!(by(Kind::FirstTime, &within), [1, 1], "what its filter refuses is no start event");
    assert_eq!(by(Kind::FirstEver, &within), [0, 0], "but has its name");
}

#[test]
fn first_ever_must_itself_pass_the_filter() {
    let refused_first = vec![event(0, 1, Start::NameOnly, false), start(0, 2), back(1, 1)];
    let passed_first = vec![start(0, 1), event(0, 2, Start::NameOnly, false), back(1, 1)];
    let first_ever = definition(Kind::FirstEver, Mode::On, 2);
    assert_eq!(table(first_ever.clone(), std::slice::from_ref(&refused_first)), [vec![0, 0], vec![0]]);
    assert_eq!(table(first_ever, &[passed_first]), [vec![1, 1], vec![0]]);
    assert_eq!(table(definition(Kind::FirstTime, Mode::On, 2), &[refused_first]), [vec![1, 1], vec![0]]);
}

#[test]
fn what_is_after_the_range_counts_for_nothing() {
    let events = vec![any(1, 1), any(2, 1), any(3, 1)];
    for mode in [Mode::On, Mode::OnOrAfter] {
        assert_eq!(table(definition(Kind::Recurring, mode, 2), std::slice::from_ref(&events)), [vec![0, 0], vec![1]]);
    }
}

#[test]
fn on_or_after_asks_for_one_period_with_enough_returns() {
    // Three on day 4, three on day 3, and never two days added up. Day 0 is before the range.
    let actors = [
        vec![any(-1, 5), any(2, 5), any(3, 5), any(3, 5), any(3, 5)],
        days(&[-1, 0]),
        vec![any(0, 5), any(1, 5), any(2, 5), any(2, 5), any(2, 5)],
        days(&[2, 3]),
        days(&[3]),
    ];
    let definition = Definition { min_occurrences: 3, ..definition(Kind::Recurring, Mode::OnOrAfter, 5) };
    assert_eq!(table(definition, &actors), [vec![2, 1, 1, 0, 0], vec![1, 1, 0, 0], vec![3, 1, 0], vec![3, 0], vec![0]]);
}

#[test]
fn brackets_group_distances_and_end_with_the_last() {
    let actors = [
        vec![start(0, 1), back(1, 1)],
        vec![start(0, 1), back(2, 1), back(3, 1)],
        vec![start(0, 1), back(4, 1), back(8, 1)],
    ];
    let brackets = definition(Kind::FirstTime, Mode::Brackets(vec![1, 2, 4]), 9);
    let twice = Definition { min_occurrences: 2, ..brackets.clone() };
    assert_eq!(table(brackets.clone(), &actors)[0], [3, 1, 1, 1]);
    assert_eq!(table(twice, &actors)[0], [3, 0, 1, 0], "the returns of a bracket are added up");
    let columns: Vec<_> = (0..9).map(|cohort| Retention::new(brackets.clone()).columns(cohort)).collect();
    assert_eq!(columns, [4, 4, 4, 4, 4, 3, 3, 2, 1], "a bracket that begins inside the range is shown");
}

#[test]
fn nothing_in_nothing_out() {
    assert!(table(definition(Kind::Recurring, Mode::On, 0), &[days(&[0])]).is_empty());
    assert_eq!(Retention::new(definition(Kind::Recurring, Mode::Brackets(vec![]), 0)).cells(), 0);
    assert_eq!(table(definition(Kind::Recurring, Mode::Brackets(vec![]), 2), &[days(&[0, 1])]), [[1], [1]]);
    assert_eq!(table(definition(Kind::FirstTime, Mode::OnOrAfter, 1), &[vec![], vec![back(0, 1)]]), [[0]]);
}

#[test]
fn cells_are_counted_before_they_are_allocated() {
    assert_eq!(Retention::new(definition(Kind::Recurring, Mode::On, 11)).cells(), 66);
    assert_eq!(Retention::new(definition(Kind::Recurring, Mode::On, 100_000)).cells(), 5_000_050_000);
    assert_eq!(Retention::new(definition(Kind::Recurring, Mode::Brackets(vec![u32::MAX; 3]), 3)).cells(), 5);
}

#[test]
fn a_cell_is_over_when_its_last_period_is() {
    let bounds: Vec<i64> = (0..=4).map(|day| day * DAY).collect();
    let over = |definition: &Definition, seen: Range<i64>| -> Vec<Vec<bool>> {
        let retention = Retention::new(definition.clone());
        let row =
            |cohort| (0..retention.columns(cohort)).map(|k| retention.is_over(&bounds, cohort, k, &seen)).collect();
        (0..4).map(row).collect()
    };
    let calendar = definition(Kind::Recurring, Mode::On, 4);
    let whole = over(&calendar, 0..4 * DAY);
    assert!(whole.iter().flatten().all(|over| *over));
    let (open, cut) = ([true, true, true, false], over(&calendar, 1..4 * DAY - 1));
    assert_eq!(over(&calendar, 0..4 * DAY - 1), [&open[..], &open[1..], &open[2..], &open[3..]]);
    assert_eq!(cut[0], [false; 4], "a first period cut by the range");
    let rolling = Definition { rolling: Some(DAY), ..calendar.clone() };
    assert_eq!(
        over(&rolling, 0..4 * DAY),
        [&[true, true, true, false][..], &[true, true, false], &[true, false], &[true]]
    );
    let brackets = Definition { mode: Mode::Brackets(vec![1, 3]), ..calendar };
    assert_eq!(over(&brackets, 0..4 * DAY), [&[true, true, false][..], &[true, true, false], &[true, true], &[true]]);
    for (cohort, k) in [(9, 0), (0, 3), (0, 99)] {
        assert!(!Retention::new(brackets.clone()).is_over(&bounds, cohort, k, &(0..4 * DAY)), "no such cell");
    }
}

//! Cases whose answers are known from elsewhere, asked of both engines. Periods are days, counted from the range's first.

use crate::kpi::retention::engine::{Definition, Kind, Mode};

/// An actor: the periods of its start events and of its return events; -1 is before the range.
pub type Actor = (Vec<i32>, Vec<i32>);

pub struct KnownAnswer {
    pub name: &'static str,
    pub definition: Definition,
    pub actors: Vec<Actor>,
    /// The expected n(c, k), by cohort.
    pub table: Vec<Vec<i64>>,
}

/// The days of two people's events of any name, which both start and return.
pub const PH_R1: [&[i32]; 2] = [&[0, 1, 2, 5, 5, 6], &[1, 2, 3, 6]];

pub fn definition(kind: Kind, mode: Mode, periods: usize) -> Definition {
    Definition { kind, mode, rolling: None, periods, min_occurrences: 1 }
}

/// Makes an actor who had an event of any name in these periods.
pub fn any(days: &[i32]) -> Actor {
    (days.to_vec(), days.to_vec())
}

pub fn known_answers() -> Vec<KnownAnswer> {
    let case = |name, kind, mode, actors: Vec<Actor>, table: &[&[i64]]| KnownAnswer {
        name,
        definition: definition(kind, mode, table.len()),
        actors,
        table: table.iter().map(|row| row.to_vec()).collect(),
    };
    let back = |user: i32| [(50, 1), (60, 2)].iter().filter(|(users, _)| user < *users).map(|(_, day)| *day).collect();
    let staying: Vec<Actor> = (0..15).map(|user| any(&[0, 1, 2][user / 5..])).collect();
    let op_1: Vec<Actor> = [&[0, 1, 2][..], &[0, 2], &[0], &[1, 2], &[1]].map(any).to_vec();
    vec![
        case(
            "CH-12: users of the first day, day by day",
            Kind::Recurring,
            Mode::On,
            (0..80).map(|user| (vec![0], back(user))).collect(),
            &[&[80, 50, 60], &[0, 0], &[0]],
        ),
        case(
            "CH-13: later days hold the earlier days' users",
            Kind::Recurring,
            Mode::On,
            staying.clone(),
            &[&[5, 5, 5], &[10, 10], &[15]],
        ),
        case("CH-13: each user once", Kind::FirstTime, Mode::On, staying, &[&[5, 5, 5], &[5, 5], &[5]]),
        case(
            "PH-R1: any event, recurring",
            Kind::Recurring,
            Mode::On,
            PH_R1.map(any).to_vec(),
            &[
                &[1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0],
                &[2, 2, 1, 0, 1, 2, 0, 0, 0, 0],
                &[2, 1, 0, 1, 2, 0, 0, 0, 0],
                &[1, 0, 0, 1, 0, 0, 0, 0],
                &[0; 7],
                &[1, 1, 0, 0, 0, 0],
                &[2, 0, 0, 0, 0],
                &[0; 4],
                &[0; 3],
                &[0; 2],
                &[0; 1],
            ],
        ),
        case(
            "PH-R3: on or after",
            Kind::Recurring,
            Mode::OnOrAfter,
            [&[0, 3, 4][..], &[0, 1], &[1, 2, 3], &[3, 4], &[4]].map(any).to_vec(),
            &[&[2, 2, 1, 1, 1, 0], &[2, 1, 1, 0, 0], &[1, 1, 0, 0], &[3, 2, 0], &[3, 0], &[0]],
        ),
        case("OP-1: on", Kind::FirstTime, Mode::On, op_1.clone(), &[&[3, 1, 2], &[2, 1], &[0]]),
        case("OP-1: on or after", Kind::FirstTime, Mode::OnOrAfter, op_1, &[&[3, 2, 2], &[2, 1], &[0]]),
        case(
            "TE-6: the next afternoon is day 1 by the calendar",
            Kind::FirstTime,
            Mode::On,
            vec![(vec![0], vec![1])],
            &[&[1, 1], &[0]],
        ),
    ]
}

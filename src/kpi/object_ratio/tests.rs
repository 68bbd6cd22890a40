//! Compares the engine with the definition: every object of every bucket, by looking at all events.

use crate::ids::TenantId;
use crate::kpi::object_ratio::due::{Setting, due_of_each};
use crate::kpi::object_ratio::objects::{Gathering, NOBODY, Objects, Standing};
use crate::kpi::object_ratio::recovery::{Loss, Losses};
use crate::kpi::object_ratio::table::{Cell, Counted, Lines};
use crate::readers::measuring::Group;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy)]
enum Kind {
    Denominator,
    Numerator,
    Excluded,
    Lost,
    Recovery,
}

/// An event of a test. Events arrive in the order of their list.
#[derive(Debug, Clone)]
struct Event {
    kind: Kind,
    tenant: u8,
    object: u8,
    user: u32,
    time: i64,
    value: u32,
}

const BUCKET: i64 = 10;

/// A row of an object in a bucket: when it is met, its value and user, when it was reached and lost first, and
/// recovered.
type Row = ((u8, u8, i64), (i64, u32, u32), (i64, i64, i64));

/// Gives every row, by definition.
fn expected(events: &[Event]) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let objects: BTreeSet<(u8, u8, i64)> = events
        .iter()
        .filter(|event| matches!(event.kind, Kind::Denominator))
        .map(|event| (event.tenant, event.object, event.time / BUCKET))
        .collect();
    for (tenant, object, bucket) in objects {
        let of = |kind: fn(&Kind) -> bool| {
            let own = events.iter().enumerate().filter(move |(_, event)| kind(&event.kind));
            let own = own.filter(move |(_, event)| event.tenant == tenant && event.object == object);
            let mut own: Vec<(i64, usize, &Event)> = own.map(|(arrival, event)| (event.time, arrival, event)).collect();
            own.sort_by_key(|(time, arrival, _)| (*time, *arrival));
            own
        };
        let first = of(|kind| matches!(kind, Kind::Denominator));
        let first: Vec<_> = first.into_iter().filter(|(time, ..)| time / BUCKET == bucket).collect();
        let (at, _, event) = first[0];
        let user = first.iter().map(|(.., event)| event.user).find(|user| *user != NOBODY).unwrap_or(NOBODY);
        if of(|kind| matches!(kind, Kind::Excluded)).iter().any(|(time, ..)| *time >= at) {
            continue;
        }
        let after = |events: Vec<(i64, usize, &Event)>| {
            events.into_iter().find(|(time, ..)| *time >= at).map(|(time, _, event)| (time, event.user))
        };
        let reached = after(of(|kind| matches!(kind, Kind::Numerator))).map_or(i64::MAX, |(time, _)| time);
        let (lost, lost_by) = after(of(|kind| matches!(kind, Kind::Lost))).unwrap_or((i64::MAX, NOBODY));
        let loser = if lost_by == NOBODY { user } else { lost_by };
        let is_recovery = |event: &&Event| {
            matches!(event.kind, Kind::Recovery) && event.tenant == tenant && event.user == loser && event.time > lost
        };
        let recovered = events.iter().filter(is_recovery).map(|event| event.time).min();
        let recovered = recovered.filter(|_| loser != NOBODY && lost != i64::MAX).unwrap_or(i64::MAX);
        rows.insert(((tenant, object, bucket), (at, event.value, user), (reached, lost, recovered)));
    }
    rows
}

/// Gives every row, by the engine. It gets the events tenant by tenant, and those of one in the order that `keys` make.
fn found(events: &[Event], keys: &[u16]) -> BTreeSet<Row> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|arrival| (events[*arrival].tenant, keys[*arrival % keys.len()], *arrival));
    let tenant_of = |event: &Event| TenantId::new([event.tenant; 16]);
    let mut gathering = Gathering::new(true);
    for arrival in &order {
        let event = &events[*arrival];
        gathering.begin(tenant_of(event));
        if matches!(event.kind, Kind::Denominator) {
            let object = gathering.number([event.object; 16].into());
            let bucket = (event.time / BUCKET) as u32;
            gathering.add(object, bucket, (event.time, *arrival as i64), event.value, event.user);
        }
    }
    let mut objects = gathering.finish();
    for arrival in &order {
        let event = &events[*arrival];
        let is_known = objects.begin(tenant_of(event));
        assert!(is_known, "every tenant was begun");
        let Some(object) = objects.number([event.object; 16].into()) else { continue };
        match event.kind {
            Kind::Numerator => objects.reach(object, event.time),
            Kind::Excluded => objects.exclude(object, event.time),
            Kind::Lost => objects.lose(object, (event.time, *arrival as i64), event.user),
            Kind::Denominator | Kind::Recovery => {}
        }
    }
    let recovered = recovered(&objects, events, &order);
    let listed: BTreeSet<usize> = objects.kept().map(|(.., entry)| entry).collect();
    assert!(objects.kept_entries().eq(listed.iter().copied()), "with ids and without");
    let rows = objects.kept().map(|(tenant, object, entry)| {
        let (of, who) = (&objects.entries[entry], objects.whos[entry]);
        let recovered = recovered.get(&entry).copied().unwrap_or(i64::MAX);
        let until = (of.reached_at, who.lost_at.0, recovered);
        ((tenant.as_bytes()[0], object.as_bytes()[0], i64::from(of.bucket)), (of.at.0, of.value, who.user), until)
    });
    rows.collect()
}

/// Gives the time at which each entry was recovered.
fn recovered(objects: &Objects, events: &[Event], order: &[usize]) -> BTreeMap<usize, i64> {
    let mut losses = Vec::new();
    for (tenant, entries) in objects.tenants() {
        for entry in entries {
            let who = objects.whos[entry];
            if who.loser() != NOBODY && who.lost_at.0 != i64::MAX {
                let (user, at) = (who.loser(), who.lost_at.0);
                losses.push(Loss { tenant, user, at, entry, recovered_at: i64::MAX });
            }
        }
    }
    let mut losses = Losses::new(losses);
    for event in order.iter().map(|arrival| &events[*arrival]) {
        if matches!(event.kind, Kind::Recovery) {
            let own = losses.of([event.tenant; 16].into(), event.user);
            losses.recover(own, event.time);
        }
    }
    losses.iter().map(|loss| (loss.entry, loss.recovered_at)).collect()
}

fn any_event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![
        3 => Just(Kind::Denominator),
        2 => Just(Kind::Numerator),
        1 => Just(Kind::Lost),
        1 => Just(Kind::Recovery),
        1 => Just(Kind::Excluded),
    ];
    let user = prop_oneof![Just(NOBODY), 0_u32..3];
    (kind, 0_u8..2, 0_u8..4, user, 0_i64..40, 0_u32..3).prop_map(|(kind, tenant, object, user, time, value)| Event {
        kind,
        tenant,
        object,
        user,
        time,
        value,
    })
}

proptest! {
    #[test]
    fn as_defined(
        events in prop::collection::vec(any_event(), 0..60),
        keys in prop::collection::vec(any::<u16>(), 1..20),
    ) {
        prop_assert_eq!(found(&events, &keys), expected(&events));
    }
}

const TEXTS: [&str; 5] = ["$other", "b", "a", "c", ""];

fn text_of(value: u32) -> Option<&'static str> {
    TEXTS.get((value as usize).checked_sub(1)?).copied()
}

fn any_counted() -> impl Strategy<Value = Counted> {
    let standing =
        prop_oneof![3 => Just(Standing::Counted), 1 => Just(Standing::NotYetDue), 1 => Just(Standing::Undated)];
    (0_usize..4, 0_u32..6, standing, any::<[bool; 3]>()).prop_map(
        |(bucket, value, standing, [is_reached, is_lost, is_recovered])| Counted {
            bucket,
            value,
            standing,
            is_reached,
            is_lost,
            is_recovered,
        },
    )
}

/// A row of an object that lies in a bucket: its bucket, its first event and value, when it falls due, whether it
/// counts, and when it was reached.
type DatedRow = (u8, (u32, i64, u32), Option<i64>, Standing, i64);

const NOW: i64 = 25;
const WAIT: i64 = 6;

/// Gives the time that a text is: texts from 1 to 40 are times, 41 is none; 0 and those from 42 on stand for no text.
fn time_of(text: u32) -> Option<i64> {
    (text < 41).then_some(i64::from(text) - 1)
}

fn bucket_of(when: i64) -> Option<u32> {
    (10..40).contains(&when).then_some((when / BUCKET) as u32)
}

/// Gives the row of one object by definition, from its events in order. Recovery stands for the events that move its
/// time.
fn expected_when_due(events: &[&Event]) -> Option<(u32, i64, u32, Option<i64>, Standing, i64)> {
    let is = |kind: fn(&Kind) -> bool| move |event: &&&Event| kind(&event.kind);
    let first = events.iter().find(is(|kind| matches!(kind, Kind::Denominator)))?;
    let (mut set_at, mut due_at) = (first.time, None);
    for event in events.iter().filter(is(|kind| matches!(kind, Kind::Denominator | Kind::Recovery))) {
        let text = event.user;
        let is_settled = due_at.is_some_and(|due_at| event.time > due_at + WAIT);
        let is_first = due_at.is_none();
        if (1..42).contains(&text) && (is_first || time_of(text) != due_at) && !is_settled {
            (set_at, due_at) = (event.time, time_of(text));
        }
    }
    let settled_at = due_at.map_or(i64::MAX, |due_at| due_at + WAIT);
    let mut excluding = events.iter().filter(is(|kind| matches!(kind, Kind::Excluded)));
    let excluded = excluding.any(|event| (set_at..=settled_at).contains(&event.time));
    let numerator = events.iter().filter(is(|kind| matches!(kind, Kind::Numerator)));
    let reached_at = numerator.map(|event| event.time).filter(|time| *time >= set_at).min().unwrap_or(i64::MAX);
    let bucket = bucket_of(due_at.unwrap_or(first.time)).filter(|_| !excluded)?;
    let standing = match due_at {
        None => Standing::Undated,
        Some(due_at) if due_at > NOW => Standing::NotYetDue,
        Some(_) => Standing::Counted,
    };
    Some((bucket, first.time, first.value, due_at, standing, reached_at))
}

fn found_when_due(events: &[Event]) -> BTreeSet<DatedRow> {
    let mut gathering = Gathering::new(false);
    gathering.begin(TenantId::default());
    for (arrival, event) in events.iter().enumerate().filter(|(_, event)| matches!(event.kind, Kind::Denominator)) {
        let object = gathering.number([event.object; 16].into());
        gathering.add(object, 1, (event.time, arrival as i64), event.value, NOBODY);
    }
    let mut objects = gathering.finish();
    objects.begin(TenantId::default());
    let number = |event: &Event| objects.number([event.object; 16].into());
    let sets =
        |event: &Event| matches!(event.kind, Kind::Denominator | Kind::Recovery) && (1..42).contains(&event.user);
    let settings = events.iter().enumerate().filter(|(_, event)| sets(event)).filter_map(|(arrival, event)| {
        Some(Setting { object: number(event)?, at: (event.time, arrival as i64), text: event.user })
    });
    let mut settings: Vec<Setting> = settings.collect();
    let settled_at = |time: i64| Ok::<i64, std::convert::Infallible>(time + WAIT);
    let Ok(dues) = due_of_each(&mut settings, objects.entries.len(), time_of, settled_at);
    objects.date(dues, NOW);
    objects.place(bucket_of);
    for event in events {
        let Some(object) = objects.number([event.object; 16].into()) else { continue };
        match event.kind {
            Kind::Numerator => objects.reach(object, event.time),
            Kind::Excluded => objects.exclude(object, event.time),
            _ => {}
        }
    }
    let rows = objects.kept().map(|(_, object, entry)| {
        let of = &objects.entries[entry];
        let about = (of.bucket, objects.first_at(entry), of.value);
        (object.as_bytes()[0], about, objects.dates[entry].due_at, objects.standing(entry), of.reached_at)
    });
    rows.collect()
}

proptest! {
    /// In this test the number of an event's user stands for the text of its time.
    #[test]
    fn as_defined_when_due(
        events in prop::collection::vec((any_event(), 0_u32..44), 0..40),
    ) {
        let events: Vec<Event> = events.into_iter().map(|(event, user)| Event { user, ..event }).collect();
        let mut expected = BTreeSet::new();
        for object in 0..4 {
            let mut own: Vec<&Event> = events.iter().filter(|event| event.object == object).collect();
            own.sort_by_key(|event| event.time);
            if let Some((bucket, first_at, value, due_at, standing, reached_at)) = expected_when_due(&own) {
                expected.insert((object, (bucket, first_at, value), due_at, standing, reached_at));
            }
        }
        prop_assert_eq!(found_when_due(&events), expected);
    }

    #[test]
    fn lines_of_the_largest_values(objects in prop::collection::vec(any_counted(), 0..40), most in 1_usize..5) {
        let lines = Lines::choose(objects.iter().copied(), most, text_of);
        let cells = lines.count(objects.iter().copied(), 3);

        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        let in_range = || objects.iter().filter(|object| object.bucket > 0);
        for object in in_range() {
            if let Some(text) = text_of(object.value) {
                *counts.entry(text).or_default() += i64::from(object.standing == Standing::Counted);
            }
        }
        let mut ranked: Vec<(&str, i64)> = counts.into_iter().collect();
        ranked.sort_by_key(|(text, count)| (-count, *text));
        let own: Vec<&str> = ranked.iter().take(most).map(|(text, _)| *text).collect();
        let line_of = |value: u32| match text_of(value) {
            Some(text) if !own.contains(&text) => Group::other(),
            text => Group::of(text),
        };
        let mut shown: BTreeSet<Group> = in_range().map(|object| line_of(object.value)).collect();
        if shown.is_empty() {
            shown.insert(Group::of(None));
        }
        prop_assert!(lines.values.iter().eq(shown.iter()));
        for (line, cells) in shown.into_iter().zip(cells) {
            for (bucket, cell) in cells.into_iter().enumerate() {
                let own: Vec<&Counted> =
                    objects.iter().filter(|object| object.bucket == bucket && line_of(object.value) == line).collect();
                let of = |standing: Standing| own.iter().filter(move |object| object.standing == standing);
                let count =
                    |is: fn(&Counted) -> bool| of(Standing::Counted).filter(|object| is(object)).count() as i64;
                prop_assert_eq!(cell, Cell {
                    objects: count(|_| true),
                    not_yet_due: of(Standing::NotYetDue).count() as i64,
                    undated: of(Standing::Undated).count() as i64,
                    reached: count(|object| object.is_reached),
                    lost: count(|object| object.is_lost),
                    recovered: count(|object| object.is_recovered),
                });
            }
        }
    }
}

#[test]
fn shares_of_nothing_are_none() {
    assert_eq!((Cell::default().ratio(), Cell::default().recovery_rate()), (None, None));
    let cell = Cell { objects: 4, reached: 1, lost: 2, recovered: 1, ..Cell::default() };
    assert_eq!((cell.ratio(), cell.recovery_rate()), (Some(0.25), Some(0.5)));
}

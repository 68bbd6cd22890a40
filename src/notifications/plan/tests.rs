use super::*;
use crate::time::{MINUTE, SECOND};
use proptest::prelude::*;

fn rules(now: i64) -> Rules {
    Rules {
        now,
        last_at: None,
        group_within: 30 * SECOND,
        repeat_after: Some(HOUR),
        is_told: true,
        evaluated_until: now,
    }
}

fn fires(id: i64, at: i64) -> Transition {
    Transition { id: Some(id), at, fires: true, notifies: true, was_silenced: false }
}

fn ends(id: i64, at: i64) -> Transition {
    Transition { fires: false, ..fires(id, at) }
}

fn instance(state: Option<State>, transitions: Vec<Transition>) -> Instance {
    Instance {
        fingerprint: "f".into(),
        state,
        transitions,
        is_silenced: false,
        is_acknowledged: false,
        is_flapping: false,
    }
}

/// One instance at one destination, from plan to plan.
#[derive(Default)]
struct Told {
    state: Option<State>,
    last_at: Option<i64>,
    said: Vec<(i64, Kind, Vec<bool>)>,
}

impl Told {
    fn plan(&mut self, now: i64, change: impl FnOnce(&mut Instance, &mut Rules), transitions: Vec<Transition>) -> Plan {
        let mut instance = instance(self.state.clone(), transitions);
        let mut rules = Rules { last_at: self.last_at, ..rules(now) };
        change(&mut instance, &mut rules);
        let plan = rules.plan(&[instance]);
        if let Some((_, state)) = plan.states.first() {
            self.state = state.clone();
        }
        if let Some(kind) = plan.kind {
            self.last_at = Some(now);
            self.said.push((now, kind, plan.entries.iter().map(|entry| entry.is_over).collect()));
        }
        plan
    }

    fn see(&mut self, now: i64, transitions: Vec<Transition>) -> Option<Kind> {
        self.plan(now, |_, _| (), transitions).kind
    }
}

#[test]
fn the_first_is_told_at_once_and_what_follows_within_the_pause_together() {
    let mut told = Told::default();
    assert_eq!(told.see(0, vec![fires(1, 0)]), Some(Kind::Firing));
    assert_eq!(told.see(10 * SECOND, vec![ends(2, 10 * SECOND)]), None);
    assert_eq!(told.state.as_ref().unwrap().next_at, Some(30 * SECOND));
    assert_eq!(told.see(20 * SECOND, vec![fires(3, 20 * SECOND)]), None);
    assert_eq!(told.see(30 * SECOND, vec![]), Some(Kind::Firing));
    assert_eq!(told.said.last().unwrap().2, [true, false]);
}

#[test]
fn what_was_over_before_anybody_looked_is_one_message() {
    let mut told = Told::default();
    assert_eq!(
        told.see(HOUR, vec![fires(1, 0), ends(2, MINUTE), fires(3, 2 * MINUTE), ends(4, 3 * MINUTE)]),
        Some(Kind::Recovered)
    );
    assert_eq!(told.said.last().unwrap().2, [true, true]);
    assert_eq!(told.see(2 * HOUR, vec![]), None);
    assert_eq!(told.state, None);
}

#[test]
fn it_is_repeated_until_somebody_takes_it_on_and_its_end_is_told_all_the_same() {
    let mut told = Told::default();
    told.see(0, vec![fires(1, 0)]);
    assert_eq!(told.see(59 * MINUTE, vec![]), None);
    assert_eq!(told.see(61 * MINUTE, vec![]), Some(Kind::Repeated));
    assert_eq!(told.plan(3 * HOUR, |one, _| one.is_acknowledged = true, vec![]).kind, None);
    assert_eq!(told.plan(4 * HOUR, |one, _| one.is_silenced = true, vec![]).kind, None);
    assert_eq!(told.see(5 * HOUR, vec![ends(2, 5 * HOUR)]), Some(Kind::Recovered));
    assert_eq!(told.see(6 * HOUR, vec![ends(2, 5 * HOUR)]), None);
}

#[test]
fn a_firing_is_told_when_its_silence_is_over_and_not_at_all_where_it_ended_before() {
    let silenced = |one: &mut Instance, _: &mut Rules| one.is_silenced = true;
    let mut told = Told::default();
    assert_eq!(told.plan(0, silenced, vec![fires(1, 0)]).kind, None);
    assert_eq!(told.plan(HOUR, silenced, vec![]).states, []);
    assert_eq!(told.see(2 * HOUR, vec![]), Some(Kind::Firing));
    let mut told = Told::default();
    told.plan(0, silenced, vec![fires(1, 0)]);
    let end = Transition { was_silenced: true, ..ends(2, MINUTE) };
    assert_eq!(told.plan(MINUTE, silenced, vec![end]).kind, None);
    assert_eq!(told.see(2 * HOUR, vec![]), None);
    assert_eq!(told.said, []);
}

#[test]
fn what_goes_to_and_fro_is_told_once_an_hour_and_its_end_where_it_was_told() {
    let flaps = |one: &mut Instance, _: &mut Rules| one.is_flapping = true;
    let quiet = |id, at| Transition { notifies: false, ..fires(id, at) };
    let mut told = Told::default();
    told.see(0, vec![fires(1, 0)]);
    told.see(MINUTE, vec![ends(2, MINUTE)]);
    assert_eq!(told.plan(2 * MINUTE, flaps, vec![quiet(3, 2 * MINUTE)]).kind, None);
    assert_eq!(told.plan(3 * MINUTE, flaps, vec![ends(4, 3 * MINUTE)]).kind, None);
    assert_eq!(told.plan(4 * MINUTE, flaps, vec![quiet(5, 4 * MINUTE)]).kind, None);
    // It stays: after the hour somebody has to know.
    assert_eq!(told.plan(60 * MINUTE, flaps, vec![]).kind, None);
    assert_eq!(told.plan(61 * MINUTE, flaps, vec![]).kind, Some(Kind::Firing));
    assert_eq!(told.plan(70 * MINUTE, flaps, vec![ends(6, 70 * MINUTE)]).kind, Some(Kind::Recovered));
}

#[test]
fn of_too_many_nobody_is_told() {
    let mut told = Told::default();
    assert_eq!(told.see(0, vec![Transition { notifies: false, ..fires(1, 0) }]), None);
    assert_eq!((told.see(MINUTE, vec![ends(2, MINUTE)]), told.state), (None, None));
}

#[test]
fn what_is_foreseen_is_told_once() {
    let foreseen = Transition { id: None, ..fires(0, MINUTE) };
    let early = |_: &mut Instance, rules: &mut Rules| rules.evaluated_until = 0;
    let mut told = Told::default();
    assert_eq!(told.plan(20 * SECOND, early, vec![foreseen.clone()]).kind, Some(Kind::Firing));
    assert_eq!(told.plan(40 * SECOND, early, vec![foreseen.clone()]).kind, None);
    assert_eq!(told.see(MINUTE, vec![fires(1, MINUTE)]), None);
    assert_eq!(told.see(20 * MINUTE, vec![ends(2, 20 * MINUTE)]), Some(Kind::Recovered));
    // It did not come, since the rule was changed: whoever was told is told that it is over.
    let mut told = Told::default();
    told.plan(20 * SECOND, early, vec![foreseen]);
    assert_eq!(told.see(2 * MINUTE, vec![]), Some(Kind::Recovered));
}

#[test]
fn who_is_told_of_digests_alone_hears_nothing_at_once() {
    let mut told = Told::default();
    assert_eq!(told.plan(0, |_, rules| rules.is_told = false, vec![fires(1, 0)]).kind, None);
    assert_eq!(told.state, None);
}

proptest! {
    /// However history is cut into ticks, who is told hears of each firing that lasts, and hears of its end once, after it.
    #[test]
    fn each_firing_is_told_before_its_end_and_each_end_once(
        gaps in prop::collection::vec(1i64..20, 0..30),
        ticks in prop::collection::vec(0i64..400, 0..40),
    ) {
        let mut at = 0;
        let history: Vec<Transition> = gaps.iter().enumerate().map(|(place, gap)| {
            at += gap * MINUTE;
            let id = place as i64 + 1;
            if place % 2 == 0 { fires(id, at) } else { ends(id, at) }
        }).collect();
        let mut ticks: Vec<i64> = ticks.into_iter().map(|tick| tick * MINUTE).chain([at + HOUR, at + 2 * HOUR]).collect();
        ticks.sort_unstable();
        ticks.dedup();
        let (mut told, mut read) = (Told::default(), 0);
        let (mut begun, mut over) = (Vec::new(), Vec::new());
        for now in ticks {
            let until = history.partition_point(|transition| transition.at <= now).max(read);
            let plan = told.plan(now, |_, rules| rules.repeat_after = None, history[read..until].to_vec());
            read = until;
            for entry in plan.entries {
                if entry.is_over {
                    over.push(entry.episode.end_id.unwrap());
                    if !begun.contains(&entry.episode.id.unwrap()) {
                        begun.push(entry.episode.id.unwrap());
                    }
                } else {
                    begun.push(entry.episode.id.unwrap());
                }
            }
        }
        prop_assert_eq!(begun, history.iter().filter(|one| one.fires).map(|one| one.id.unwrap()).collect::<Vec<_>>());
        prop_assert_eq!(over, history.iter().filter(|one| !one.fires).map(|one| one.id.unwrap()).collect::<Vec<_>>());
    }
}

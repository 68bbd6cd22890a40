//! Pure: plays a scenario, one day at a time. What a user does on a day depends on seed, user and day alone.

use super::chance::Chance;
use crate::log::demo_events::scenario::{Object, Scenario, Step, Weighted};
use crate::time::{self, DAY, EPOCH, SECOND};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How busy each hour of a day (UTC) is.
const HOURS: [f64; 24] =
    [1., 1., 0.5, 0.5, 0.5, 1., 2., 4., 6., 7., 7., 6., 6., 6., 6., 6., 6., 7., 8., 9., 9., 7., 4., 2.];

pub struct Play {
    /// The name of the pack: two packs with one seed tell different stories.
    pub pack: String,
    pub scenario: Scenario,
    pub users: i32,
    pub days: i32,
    pub seed: i32,
    /// The end of the last day; no event is at or after it.
    pub until: i64,
}

impl Play {
    /// Returns what happens on a day, counted from 0, in order of time, as elements of import_events(). What began late
    /// may reach into the days that follow.
    pub fn day(&self, day: i32) -> Vec<Value> {
        let mut scene = Scene { play: self, day, events: Vec::new() };
        for user in 1..=self.users {
            scene.user(user);
        }
        for (number, background) in self.scenario.background.iter().enumerate() {
            let mut chance = self.chance(&[3, number as u64, day as u64]);
            for _ in 0..background.per_day {
                let tenant = self.tenant(chance.integer(1, self.scenario.tenants.max(1)));
                let mut act = Act::begin(&mut scene, &mut chance, None, tenant);
                act.play(&background.steps);
            }
        }
        scene.events.retain(|(time, _)| *time < self.until);
        scene.events.sort_by_key(|(time, _)| *time);
        scene.events.into_iter().map(|(_, event)| event).collect()
    }

    fn chance(&self, parts: &[u64]) -> Chance {
        let name: Vec<u64> = self.pack.bytes().map(u64::from).collect();
        Chance::of(&[&[self.seed as u64], name.as_slice(), parts].concat())
    }

    /// Returns a tenant of the scenario, by as_id() of a single-tenant installation; None where it has no tenants.
    fn tenant(&self, number: i64) -> Option<Uuid> {
        (self.scenario.tenants > 0).then(|| Uuid::new_v5(&Uuid::nil(), format!("tenant-{number}").as_bytes()))
    }
}

struct Scene<'a> {
    play: &'a Play,
    day: i32,
    events: Vec<(i64, Value)>,
}

impl Scene<'_> {
    fn user(&mut self, user: i32) {
        let play = self.play;
        let activity = &play.scenario.activity;
        let mut nature = play.chance(&[1, user as u64]);
        let before = nature.happens(activity.joined_before);
        let joined = if before { -nature.integer(1, 60) } else { nature.integer(0, i64::from(play.days) - 1) };
        let liveliness = 2.0 * activity.per_day * nature.share();
        let age = i64::from(self.day) - joined;
        if age < 0 {
            return;
        }
        let mut chance = play.chance(&[2, user as u64, self.day as u64]);
        let weekday = (self.begins() + EPOCH).div_euclid(DAY).rem_euclid(7);
        // 1970-01-01 was a Thursday.
        let weekend = if matches!(weekday, 2 | 3) { activity.weekend } else { 1.0 };
        let liveliness = liveliness * weekend * activity.half_after_days / (activity.half_after_days + age as f64);
        if age > 0 && !chance.happens(liveliness) {
            return;
        }
        let tenant = play.tenant(i64::from(user).rem_euclid(play.scenario.tenants.max(1)) + 1);
        if age == 0 {
            Act::begin(self, &mut chance, Some(user), tenant).play(&play.scenario.onboarding);
        }
        for _ in 0..=i32::from(chance.happens(0.25)) {
            let visit = chosen(&play.scenario.visits, &mut chance);
            Act::begin(self, &mut chance, Some(user), tenant).play(visit);
        }
    }

    fn begins(&self) -> i64 {
        self.play.until - i64::from(self.play.days - self.day) * DAY
    }
}

fn chosen<'a>(choices: &'a [Weighted], chance: &mut Chance) -> &'a [Step] {
    let place = chance.place(choices.iter().map(|choice| choice.weight));
    choices.get(place).map_or(&[], |choice| &choice.steps)
}

/// One visit, or one thing that happens without a user.
struct Act<'s, 'a> {
    scene: &'s mut Scene<'a>,
    chance: &'s mut Chance,
    now: i64,
    tenant: Option<Uuid>,
    user: Option<Uuid>,
    number: Option<i32>,
    session: Option<Uuid>,
    source: Option<&'a str>,
    seq: i64,
    iteration: i64,
    things: BTreeMap<&'a str, String>,
    /// What was chosen of a pool so far: nothing is chosen twice, if it can be helped.
    used: BTreeSet<String>,
    /// The last value of each payload key.
    said: BTreeMap<&'a str, Value>,
}

impl<'s, 'a> Act<'s, 'a> {
    fn begin(scene: &'s mut Scene<'a>, chance: &'s mut Chance, user: Option<i32>, tenant: Option<Uuid>) -> Act<'s, 'a> {
        let play: &'a Play = scene.play;
        let scenario = &play.scenario;
        let hour = chance.place(HOURS.into_iter()) as i64;
        let now = scene.begins() + hour * 3_600 * SECOND + chance.integer(0, 3_600 * SECOND - 1);
        let namespace = tenant.unwrap_or(Uuid::nil());
        let id = |text: String| Uuid::new_v5(&namespace, text.as_bytes());
        let session = id(format!("session-{}", chance.next()));
        let place = chance.place(scenario.sources.values().copied());
        Act {
            now,
            tenant,
            user: user.map(|user| id(format!("user-{user}"))),
            number: user,
            session: user.map(|_| session),
            source: user.and_then(|_| scenario.sources.keys().nth(place)).map(String::as_str),
            seq: 0,
            iteration: 0,
            things: BTreeMap::new(),
            used: BTreeSet::new(),
            said: BTreeMap::new(),
            scene,
            chance,
        }
    }

    fn play(&mut self, steps: &'a [Step]) {
        for step in steps {
            match step {
                Step::Event(event) => {
                    if self.chance.happens(event.chance) {
                        self.now += (self.chance.skewed(event.after.0, event.after.1) * SECOND as f64) as i64;
                        self.log(event);
                    }
                }
                Step::Either(either) => {
                    let steps = chosen(&either.either, self.chance);
                    self.play(steps);
                }
                Step::Group(group) => {
                    if self.chance.happens(group.chance) {
                        let (now, things, iteration) = (self.now, self.things.clone(), self.iteration);
                        for iteration in 0..self.chance.integer(group.times.0, group.times.1) {
                            if group.repeats() {
                                self.iteration = iteration;
                            }
                            group.fresh.iter().for_each(|kind| drop(self.things.remove(kind.as_str())));
                            self.play(&group.steps);
                        }
                        if group.aside {
                            (self.now, self.things) = (now, things);
                        }
                        self.iteration = iteration;
                    }
                }
            }
        }
    }

    fn log(&mut self, event: &'a super::scenario::Event) {
        let mut payload = Map::new();
        for (key, template) in &event.payload {
            if let Some(value) = self.filled(template) {
                self.said.insert(key, value.clone());
                payload.insert(key.clone(), value);
            }
        }
        let mut element =
            json!({"event_name": event.event, "event_ts": time::to_rfc3339(self.now), "payload": payload});
        let mut say = |argument: &str, value: Option<Value>| {
            if let Some(value) = value {
                element[argument] = value;
            }
        };
        say("tenant_id", self.tenant.map(|id| json!(id.to_string())));
        if !event.anonymous {
            say("user_id", self.user.map(|id| json!(id.to_string())));
        }
        say("session_id", self.session.map(|id| json!(id.to_string())));
        say("source", self.source.map(|source| json!(source)));
        if let Some(kind) = &event.subject {
            let thing = self.thing(kind);
            let namespace = self.tenant.unwrap_or(Uuid::nil());
            element["subject_id"] = json!(Uuid::new_v5(&namespace, thing.as_bytes()).to_string());
        }
        if self.scene.play.scenario.has_client_clock && self.session.is_some() {
            self.seq += 1;
            let late = (self.chance.skewed(0.02, 3.0) * SECOND as f64) as i64;
            element["seq"] = json!(self.seq);
            element["client_ts"] = json!(time::to_rfc3339(self.now - late));
        }
        // An id made of the content: who generates the same events again stores nothing again.
        element["event_id"] = json!(Uuid::new_v5(&Uuid::nil(), element.to_string().as_bytes()).to_string());
        self.scene.events.push((self.now, element));
    }

    /// Returns a template with its `$` filled in, None where the key is left out.
    fn filled(&mut self, template: &'a Value) -> Option<Value> {
        let Value::Object(object) = template else { return Some(template.clone()) };
        let Some((word, argument)) = object.iter().next().filter(|(word, _)| word.starts_with('$')) else {
            let filled = object.iter().filter_map(|(key, value)| Some((key.clone(), self.filled(value)?)));
            return Some(Value::Object(filled.collect()));
        };
        let list: &'a [Value] = argument.as_array().map_or(&[], Vec::as_slice);
        let number = |place: usize| list.get(place).and_then(Value::as_f64).unwrap_or_default();
        let (least, most) = (number(0), number(1));
        Some(match word.as_str() {
            "$one_of" => {
                let place = self.chance.integer(0, list.len() as i64 - 1);
                return self.filled(list.get(place as usize)?);
            }
            "$weighted" => {
                let weights = argument.as_object()?;
                let place = self.chance.place(weights.values().map(|weight| weight.as_f64().unwrap_or_default()));
                json!(weights.keys().nth(place)?)
            }
            "$some_of" => {
                let first = self.chance.integer(0, list.len() as i64 - 1) as usize;
                let kept = list.iter().enumerate().filter(|(place, _)| *place == first || self.chance.happens(0.3));
                Value::Array(kept.map(|(_, value)| value.clone()).collect())
            }
            "$maybe" if !self.chance.happens(least) => return None,
            "$maybe" => return self.filled(list.get(1)?),
            "$integer" => json!(self.chance.integer(least as i64, most as i64)),
            "$skewed" => json!(self.chance.skewed(least, most) as i64),
            "$number" => json!((least * 1000.0 + (most - least) * 1000.0 * self.chance.share()).round() / 1000.0),
            "$chance" => json!(self.chance.happens(argument.as_f64()?)),
            "$time" => {
                let seconds = self.chance.integer(least as i64, most as i64);
                json!(time::to_rfc3339(self.now + seconds * SECOND))
            }
            "$iteration" => json!(self.iteration + argument.as_i64()?),
            "$recall" => self.said.get(argument.as_str()?)?.clone(),
            "$unlike" => {
                let said = self.said.get(list.first()?.as_str()?)?.as_i64()?;
                let (least, most) = (number(1) as i64, number(2) as i64);
                json!(least + (said - least + self.chance.integer(1, most - least)) % (most - least + 1))
            }
            "$object" => json!(self.thing(argument.as_str()?)),
            _ => return None,
        })
    }

    fn thing(&mut self, kind: &'a str) -> String {
        if let Some(thing) = self.things.get(kind) {
            return thing.clone();
        }
        let play: &'a Play = self.scene.play;
        let thing = match play.scenario.objects.get(kind) {
            Some(Object { values, is_of_user, .. }) if !values.is_empty() => {
                let last = values.len() as i64 - 1;
                let place = match self.number.filter(|_| *is_of_user) {
                    Some(user) => play.chance(&of_user(user, kind)).integer(0, last),
                    None => self.chance.integer(0, last),
                };
                values[place as usize].clone()
            }
            Some(Object { pool, .. }) if *pool > 0 => {
                let mut draw = || format!("{kind}-{}", self.chance.skewed(1.0, *pool as f64 + 1.0) as i64);
                let first = draw();
                let drawn = std::iter::once(first.clone()).chain((0..20).map(|_| draw()));
                let new = drawn.into_iter().find(|thing| !self.used.contains(thing)).unwrap_or(first);
                self.used.insert(new.clone());
                new
            }
            _ => format!("{kind}-{}", self.chance.integer(1_000_000, 9_999_999)),
        };
        self.things.insert(kind, thing.clone());
        thing
    }
}

/// Returns what a user's own choice among the values of a kind depends on.
fn of_user(user: i32, kind: &str) -> Vec<u64> {
    [4, user as u64].into_iter().chain(kind.bytes().map(u64::from)).collect()
}

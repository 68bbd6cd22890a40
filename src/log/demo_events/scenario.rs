//! Pure: the format of a scenario, `packs/demo/*.json`: what users and machines of an application do, and how often.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Users, and what happens without one, are spread over so many tenants; 0 means the caller's own.
    #[serde(default)]
    pub tenants: i64,
    pub activity: Activity,
    /// Weights of sources (log_event's argument), one for each visit.
    #[serde(default)]
    pub sources: BTreeMap<String, f64>,
    /// Visits give client_ts and seq.
    #[serde(default)]
    pub has_client_clock: bool,
    /// Things that events are about, by kind.
    #[serde(default)]
    pub objects: BTreeMap<String, Object>,
    /// What a user does once, at first.
    #[serde(default)]
    pub onboarding: Vec<Step>,
    /// What a visit may be.
    pub visits: Vec<Weighted>,
    /// What happens without a user.
    #[serde(default)]
    pub background: Vec<Background>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// The probability of visits on the day after joining, of the average user.
    pub per_day: f64,
    /// After so many days the probability is half of that, then a third, and so on.
    pub half_after_days: f64,
    /// How busy Saturdays and Sundays are, compared with other days.
    pub weekend: f64,
    /// The share of users who joined before the first day.
    pub joined_before: f64,
}

/// A thing is chosen where it is first referred to, and again wherever a group says that it is fresh.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The thing is one of so many, the first of them the most popular; 0 means one that was never seen before.
    #[serde(default)]
    pub pool: i64,
    /// The thing is one of these instead.
    #[serde(default)]
    pub values: Vec<String>,
    /// A user has the same one of the values in every visit, as the variant of an experiment.
    #[serde(default)]
    pub is_of_user: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Step {
    Event(Event),
    Group(Group),
    Either(Either),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub event: String,
    /// It may hold what src/log/demo_events/playing.rs fills in, for instance {"$integer": [0, 9]}.
    #[serde(default)]
    pub payload: Map<String, Value>,
    /// Seconds since the event before, most of them small.
    #[serde(default = "soon")]
    pub after: (f64, f64),
    /// The kind of thing that subject_id is.
    pub subject: Option<String>,
    #[serde(default = "always")]
    pub chance: f64,
    /// The event happens without a user.
    #[serde(default)]
    pub anonymous: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub steps: Vec<Step>,
    #[serde(default = "always")]
    pub chance: f64,
    #[serde(default = "once")]
    pub times: (i64, i64),
    /// Kinds of things that are chosen anew each time.
    #[serde(default)]
    pub fresh: Vec<String>,
    /// It goes on beside what follows, which does not wait for it.
    #[serde(default)]
    pub aside: bool,
}

impl Group {
    pub fn repeats(&self) -> bool {
        self.times != once()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Either {
    pub either: Vec<Weighted>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    pub weight: f64,
    pub steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    pub per_day: i64,
    pub steps: Vec<Step>,
}

fn soon() -> (f64, f64) {
    (1.0, 60.0)
}

fn always() -> f64 {
    1.0
}

fn once() -> (i64, i64) {
    (1, 1)
}

//! Pure: which changes of an alert a destination is told, and when.
//!
//! A plan is made of one alert at one destination. It takes what the destination was told so far and the transitions since then,
//! and says what is told now and when to look again. The first change is told at once; those that follow within `group_within`
//! wait and are told together. What recovers is told exactly where its firing was told.

use crate::time::HOUR;
use serde::{Deserialize, Serialize};

/// What holds of the whole alert at this destination. Times and durations are in microseconds.
#[derive(Debug, Clone, Deserialize)]
pub struct Rules {
    pub now: i64,
    /// When this destination was told of this alert last.
    pub last_at: Option<i64>,
    pub group_within: i64,
    pub repeat_after: Option<i64>,
    /// Whether the destination is told of firings at once. What it was told before is ended all the same.
    pub is_told: bool,
    /// Every point of the grid up to here was judged.
    pub evaluated_until: i64,
}

/// A change that somebody may have to be told: an instance begins to fire, or ends.
#[derive(Debug, Clone, Deserialize)]
pub struct Transition {
    /// None: it is foreseen. The point of the grid that makes it so lies ahead.
    pub id: Option<i64>,
    pub at: i64,
    pub fires: bool,
    /// False of a firing that flaps, or is one of too many.
    pub notifies: bool,
    /// Whether a silence covers its time.
    pub was_silenced: bool,
}

/// One time that an instance fires, from its begin to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    pub since: i64,
    pub id: Option<i64>,
    pub until: Option<i64>,
    pub end_id: Option<i64>,
    pub notifies: bool,
}

/// What a destination was told of an instance, and what it was not told yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The episode whose begin was told, and whose end was not.
    pub told: Option<Episode>,
    /// Episodes whose begin was not told, in order.
    pub untold: Vec<Episode>,
    /// When something of this instance was told last.
    pub told_at: Option<i64>,
    /// When to look again.
    pub next_at: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    pub fingerprint: String,
    pub state: Option<State>,
    #[serde(default)]
    pub transitions: Vec<Transition>,
    pub is_silenced: bool,
    pub is_acknowledged: bool,
    pub is_flapping: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Firing,
    Recovered,
    Repeated,
}

/// An entry of the message: an episode that begins, goes on or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub fingerprint: String,
    pub is_over: bool,
    #[serde(flatten)]
    pub episode: Episode,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// None: nothing is said now.
    pub kind: Option<Kind>,
    pub entries: Vec<Entry>,
    /// The states that changed; None: it is forgotten.
    pub states: Vec<(String, Option<State>)>,
}

impl Rules {
    pub fn plan(&self, instances: &[Instance]) -> Plan {
        let mut states: Vec<State> = instances.iter().map(|instance| self.taken(instance)).collect();
        let is_held = self.last_at.is_some_and(|last| self.now - last < self.group_within);
        let mut entries = Vec::new();
        for (instance, state) in instances.iter().zip(&mut states) {
            self.tell(instance, state, is_held, &mut entries);
        }
        let mut kind = match entries.iter().any(|entry: &Entry| !entry.is_over) {
            true => Some(Kind::Firing),
            false if entries.is_empty() => None,
            false => Some(Kind::Recovered),
        };
        if kind.is_none() && !is_held {
            self.repeat(instances, &mut states, &mut entries);
            kind = (!entries.is_empty()).then_some(Kind::Repeated);
        }
        let last_at = if kind.is_some() { Some(self.now) } else { self.last_at };
        let states = instances
            .iter()
            .zip(states)
            .filter_map(|(instance, mut state)| {
                state.next_at = self.next_look(instance, &state, last_at);
                let left = (!self.is_idle(&state)).then_some(state);
                (left != instance.state).then(|| (instance.fingerprint.clone(), left))
            })
            .collect();
        Plan { kind, entries, states }
    }

    /// The state with the transitions in it.
    fn taken(&self, instance: &Instance) -> State {
        let mut state = instance.state.clone().unwrap_or_default();
        for transition in &instance.transitions {
            state.take(transition);
        }
        // What was foreseen did not come: the rule was changed meanwhile.
        if let Some(told) = state.told.as_mut()
            && told.id.is_none()
            && told.until.is_none()
            && self.evaluated_until >= told.since
        {
            told.until = Some(told.since);
        }
        state
    }

    /// Tells what can be told now; what never will be is dropped, the rest waits.
    fn tell(&self, instance: &Instance, state: &mut State, is_held: bool, entries: &mut Vec<Entry>) {
        let entry = |episode: &Episode| Entry {
            fingerprint: instance.fingerprint.clone(),
            is_over: episode.until.is_some(),
            episode: episode.clone(),
        };
        let before = entries.len();
        if !is_held && let Some(over) = state.told.take_if(|told| told.until.is_some()) {
            entries.push(entry(&over));
        }
        let mut waiting = Vec::new();
        for episode in std::mem::take(&mut state.untold) {
            let is_open = episode.until.is_none();
            let is_due = episode.notifies || instance.is_flapping && self.is_hour_over(state);
            if !self.is_told || !(episode.notifies || instance.is_flapping) {
                // Nobody is ever told of it.
            } else if is_held || is_open && (instance.is_silenced || !is_due) {
                // What is foreseen comes again by itself.
                if episode.id.is_some() {
                    waiting.push(episode);
                }
            } else {
                entries.push(entry(&episode));
                if is_open {
                    state.told = Some(episode);
                }
            }
        }
        state.untold = waiting;
        if entries.len() > before {
            state.told_at = Some(self.now);
        }
    }

    fn repeat(&self, instances: &[Instance], states: &mut [State], entries: &mut Vec<Entry>) {
        let Some(pause) = self.repeat_after.filter(|_| self.is_told) else { return };
        let goes_on = |instance: &Instance, state: &State| {
            state.told.as_ref().is_some_and(|told| told.until.is_none())
                && !instance.is_acknowledged
                && !instance.is_silenced
        };
        let is_due = instances.iter().zip(states.iter()).any(|(instance, state)| {
            goes_on(instance, state) && state.told_at.is_none_or(|told| self.now - told >= pause)
        });
        if !is_due {
            return;
        }
        for (instance, state) in instances.iter().zip(states) {
            if goes_on(instance, state)
                && let Some(told) = &state.told
            {
                entries.push(Entry {
                    fingerprint: instance.fingerprint.clone(),
                    is_over: false,
                    episode: told.clone(),
                });
                state.told_at = Some(self.now);
            }
        }
    }

    /// When to look at an instance again, whatever changes by itself until then.
    fn next_look(&self, instance: &Instance, state: &State, last_at: Option<i64>) -> Option<i64> {
        let grouped = last_at.map(|last| last + self.group_within).filter(|until| *until > self.now);
        let told = state.told.as_ref();
        let over = told.filter(|told| told.until.is_some()).and(grouped);
        let foreseen = told.filter(|told| told.id.is_none() && told.until.is_none()).map(|told| told.since);
        let repeated = told.zip(self.repeat_after).filter(|_| self.is_told && !instance.is_acknowledged);
        let repeated = repeated.and_then(|(_, pause)| state.told_at.map(|told| told + pause));
        let untold = state.untold.iter().map(|episode| match state.told_at {
            Some(told) if !episode.notifies => told + HOUR,
            // A silence may end at any time.
            _ => grouped.unwrap_or(episode.since),
        });
        let next = untold.chain(over).chain(foreseen).chain(repeated).min();
        // That somebody was told within the hour counts for grouping and flapping.
        let remembered = state.told_at.map(|told| told + HOUR).filter(|_| told.is_none() && state.untold.is_empty());
        next.or(remembered)
    }

    /// Whether there is nothing any more that a later plan has to know.
    fn is_idle(&self, state: &State) -> bool {
        state.told.is_none() && state.untold.is_empty() && self.is_hour_over(state)
    }

    fn is_hour_over(&self, state: &State) -> bool {
        state.told_at.is_none_or(|told| self.now - told >= HOUR)
    }
}

impl State {
    fn take(&mut self, transition: &Transition) {
        let begun = |told: &Episode| told.until.is_none();
        if transition.fires {
            if let Some(told) = self.told.as_mut().filter(|told| begun(told) && told.id.is_none())
                && told.since == transition.at
            {
                told.id = transition.id;
                return;
            }
            let is_known = self.told.as_ref().is_some_and(begun) || self.untold.iter().any(begun);
            if transition.id.is_some() || !is_known {
                self.untold.push(Episode {
                    since: transition.at,
                    id: transition.id,
                    until: None,
                    end_id: None,
                    notifies: transition.notifies,
                });
            }
        } else if let Some(episode) = self.untold.last_mut().filter(|episode| begun(episode)) {
            episode.until = Some(transition.at);
            episode.end_id = transition.id;
            if transition.was_silenced || !episode.notifies {
                self.untold.pop();
            }
        } else if let Some(told) = self.told.as_mut().filter(|told| begun(told)) {
            told.until = Some(transition.at);
            told.end_id = transition.id;
        }
    }
}

#[cfg(test)]
mod tests;

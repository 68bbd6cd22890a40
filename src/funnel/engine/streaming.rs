//! Pure: ordered funnels of a whole band of actors in one pass over its events in order of time, without gathering any
//! actor's events. It answers what [`Streaming::fits`] says, exactly as [`super::run`] would, in a third of its time.
//!
//! Per actor and level it keeps the times of the chain that started last, and of those the one whose further steps are
//! the earliest: an event of the next step continues it, if it lies within the window. Events of one time are read in
//! the order of their steps, so that a chain may pass through several of them: that is `any`.

use super::{Definition, Entry, Ordering, Ties};

/// With more steps the chains of 65,536 actors would no longer fit a cache.
pub const MOST_STEPS: usize = 8;

pub struct Streaming {
    steps: usize,
    within: i64,
    /// By actor: for each level below the last the times of its chain, level 1, then 2, and so on.
    chains: Vec<i64>,
    /// By actor: how deep it came, and when it reached each step.
    depths: Vec<u8>,
    reached: Vec<i64>,
}

const NEVER: i64 = i64::MIN;

impl Streaming {
    /// Whether a pass over the events can answer. Each event must match one step at most: the caller knows.
    pub fn fits(definition: &Definition) -> bool {
        definition.steps <= MOST_STEPS
            && definition.ordering == Ordering::Ordered
            && definition.entry == Entry::Latest
            && definition.ties == Ties::Any
            && definition.exclusions.is_empty()
    }

    /// For so many actors; what it takes: [`Streaming::would_take`].
    pub fn new(definition: &Definition, actors: usize) -> Streaming {
        let mut streaming = Streaming {
            steps: definition.steps,
            within: definition.within,
            chains: Vec::new(),
            depths: Vec::new(),
            reached: Vec::new(),
        };
        streaming.begin_band(actors);
        streaming
    }

    /// Bytes.
    pub fn would_take(definition: &Definition, actors: usize) -> usize {
        let steps = definition.steps;
        actors * (8 * (steps * (steps - 1) / 2) + 1 + 8 * steps)
    }

    /// Forgets all actors.
    pub fn begin_band(&mut self, actors: usize) {
        self.chains.clear();
        self.chains.resize(actors * self.width(), NEVER);
        self.depths.clear();
        self.depths.resize(actors, 0);
        self.reached.clear();
        self.reached.resize(actors * self.steps, 0);
    }

    fn width(&self) -> usize {
        self.steps * (self.steps - 1) / 2
    }

    /// The next event: times do not decrease, nor do steps of one time. `step` counts from 0.
    #[inline]
    pub fn read(&mut self, actor: u16, step: usize, time: i64) {
        let actor = usize::from(actor);
        let depth = usize::from(self.depths[actor]);
        if depth == self.steps {
            return;
        }
        let width = self.width();
        let chains = &mut self.chains[actor * width..(actor + 1) * width];
        if step == 0 {
            if let Some(start) = chains.first_mut() {
                *start = time;
            }
        } else {
            let from = step * (step - 1) / 2;
            let start = chains[from];
            if start == NEVER || start < time.saturating_sub(self.within) {
                return;
            }
            if step + 1 < self.steps {
                let to = from + step;
                if chains[to] < start {
                    chains.copy_within(from..to, to);
                    chains[to + step] = time;
                }
            }
            if depth <= step {
                let reached = actor * self.steps;
                self.reached[reached..reached + step].copy_from_slice(&chains[from..from + step]);
            }
        }
        if depth <= step {
            self.reached[actor * self.steps + step] = time;
            self.depths[actor] = step as u8 + 1;
        }
    }

    /// Calls the visitor with each actor that entered, and the times of the steps that it reached.
    pub fn visit(&self, mut visitor: impl FnMut(u16, &[i64])) {
        for (actor, depth) in self.depths.iter().enumerate().filter(|(_, depth)| **depth > 0) {
            let reached = actor * self.steps;
            visitor(actor as u16, &self.reached[reached..reached + usize::from(*depth)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Event, ExclusionMode, Scratch, run};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_says_what_the_engine_says(
            steps in 1usize..=5,
            within in 0i64..12,
            events in prop::collection::vec((0u16..3, 0usize..5, 0i64..30), 0..60),
        ) {
            let definition = Definition {
                steps,
                within,
                ordering: Ordering::Ordered,
                entry: Entry::Latest,
                ties: Ties::Any,
                exclusions: Vec::new(),
                exclusion: ExclusionMode::DropFromHere,
            };
            prop_assert!(Streaming::fits(&definition));
            let mut events: Vec<(i64, usize, u16)> =
                events.into_iter().map(|(actor, step, time)| (time, step % steps, actor)).collect();
            events.sort_unstable();
            let mut streaming = Streaming::new(&definition, 3);
            for (time, step, actor) in &events {
                streaming.read(*actor, *step, *time);
            }
            let mut found = vec![Vec::new(); 3];
            streaming.visit(|actor, times| found[usize::from(actor)] = times.to_vec());
            for actor in 0..3u16 {
                let own: Vec<Event> = events
                    .iter()
                    .filter(|event| event.2 == actor)
                    .map(|(time, step, _)| Event { time: *time, steps: 1 << step, exclusions: 0 })
                    .collect();
                let expected = run(&definition, &own, &mut Scratch::default());
                prop_assert_eq!(&found[usize::from(actor)], expected.times());
            }
        }
    }
}

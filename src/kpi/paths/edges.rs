//! Pure: finds an actor's path, and counts what the paths of actors have in common.

use foldhash::HashMap;

/// The part of an actor's events that is its path. Events are told apart by the numbers of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// A path begins with the actor's first event of this name.
    pub start: Option<u32>,
    /// A path ends with the first event of this name after its start.
    pub end: Option<u32>,
    /// A path has at most this many events: the last ones where it has an end and no start, else the first ones.
    pub most: usize,
}

/// Gives the path in an actor's events, which are in order; it is empty where there is none.
pub fn path<'a>(definition: &Definition, events: &'a [(i64, u32)]) -> &'a [(i64, u32)] {
    let Definition { start, end, most } = *definition;
    let place_of = |events: &[(i64, u32)], name: u32| events.iter().position(|(_, of)| *of == name);
    let mut path = events;
    if let Some(start) = start {
        let Some(place) = place_of(path, start) else { return &[] };
        path = &path[place..];
    }
    if let Some(end) = end {
        // An end that is the start as well is another event than it.
        let behind = usize::from(start.is_some());
        let Some(place) = path.get(behind..).and_then(|rest| place_of(rest, end)) else { return &[] };
        path = &path[..behind + place + 1];
    }
    if end.is_some() && start.is_none() {
        &path[path.len().saturating_sub(most)..]
    } else {
        &path[..path.len().min(most)]
    }
}

/// A part of a path that leads from the event at a step, counted from 1, to the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    pub step: u32,
    pub source: u32,
    pub target: u32,
}

/// Gives the edges of a path, each with its microseconds.
pub fn edges(path: &[(i64, u32)]) -> impl Iterator<Item = (Edge, i64)> {
    path.windows(2).zip(1..).map(|(pair, step)| {
        let ((left, source), (reached, target)) = (pair[0], pair[1]);
        (Edge { step, source, target }, reached - left)
    })
}

/// Counts how many actors took each edge, and how long they took in all.
#[derive(Debug, Default)]
pub struct Tally {
    taken: HashMap<Edge, (i64, i128)>,
}

impl Tally {
    pub fn add(&mut self, path: &[(i64, u32)]) {
        for (edge, micros) in edges(path) {
            let (actors, sum) = self.taken.entry(edge).or_default();
            *actors += 1;
            *sum += i128::from(micros);
        }
    }

    /// Tells about how many bytes it holds.
    pub fn memory(&self) -> usize {
        self.taken.capacity() * (size_of::<(Edge, (i64, i128))>() + 1)
    }

    /// Gives each edge with its actors and the sum of their microseconds: by step, and then those that most actors took
    /// first.
    pub fn finish(self) -> Vec<(Edge, i64, i128)> {
        let mut edges: Vec<_> = self.taken.into_iter().map(|(edge, (actors, sum))| (edge, actors, sum)).collect();
        edges.sort_unstable_by_key(|(edge, actors, _)| (edge.step, -actors, *edge));
        edges
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Definition = Definition { start: None, end: None, most: 100 };

    fn names(definition: &Definition, names: &[u32]) -> Vec<u32> {
        let events: Vec<(i64, u32)> = (0..).zip(names.iter().copied()).collect();
        path(definition, &events).iter().map(|(_, name)| *name).collect()
    }

    /// The case PH-P2 of docs/semantics.md.
    #[test]
    fn edges_are_counted_by_step() {
        let mut tally = Tally::default();
        tally.add(&[(0, 1), (60, 2), (180, 3), (360, 4)]);
        tally.add(&[(0, 1), (120, 2), (360, 3)]);
        let edge = |step, source, target| Edge { step, source, target };
        assert_eq!(tally.finish(), [(edge(1, 1, 2), 2, 180), (edge(2, 2, 3), 2, 360), (edge(3, 3, 4), 1, 180)]);
    }

    #[test]
    fn a_path_begins_at_its_start() {
        let from = Definition { start: Some(1), ..ALL };
        assert_eq!(names(&from, &[5, 1, 6, 1, 7]), [1, 6, 1, 7]);
        assert_eq!(names(&from, &[5, 6]), [0; 0]);
        assert_eq!(names(&Definition { most: 2, ..from }, &[5, 1, 6, 1, 7]), [1, 6]);
    }

    #[test]
    fn a_path_ends_at_its_end() {
        let to = Definition { end: Some(1), ..ALL };
        assert_eq!(names(&to, &[5, 6, 1, 7, 1]), [5, 6, 1]);
        assert_eq!(names(&Definition { most: 2, ..to }, &[5, 6, 1, 7]), [6, 1]);
        assert_eq!(names(&to, &[5, 6]), [0; 0]);
        let both = Definition { start: Some(1), end: Some(2), most: 3 };
        assert_eq!(names(&both, &[2, 1, 5, 2, 6]), [1, 5, 2]);
        assert_eq!(names(&both, &[1, 5, 6, 2]), [1, 5, 6]);
        assert_eq!(names(&both, &[2, 5, 1]), [0; 0]);
        assert_eq!(names(&Definition { start: Some(1), end: Some(1), most: 9 }, &[1, 5, 1, 1]), [1, 5, 1]);
        assert_eq!(names(&Definition { start: Some(1), end: Some(1), most: 9 }, &[5, 1]), [0; 0]);
    }

    proptest! {
        /// No actor is lost from a path of all events, and who is at a step was at the one before.
        #[test]
        fn actors_only_get_fewer(actors in prop::collection::vec(prop::collection::vec(0_u32..4, 0..12), 0..12), most in 2_usize..8) {
            let mut tally = Tally::default();
            for named in &actors {
                let events: Vec<(i64, u32)> = (0..).zip(named.iter().copied()).collect();
                tally.add(path(&Definition { most, ..ALL }, &events));
            }
            let found = tally.finish();
            let at = |step: u32| found.iter().filter(|(edge, ..)| edge.step == step).map(|(_, actors, _)| actors).sum::<i64>();
            for step in 1..most {
                let expected = actors.iter().filter(|named| named.len() > step).count() as i64;
                prop_assert_eq!(at(step as u32), expected);
            }
            prop_assert_eq!(at(most as u32), 0);
        }
    }
}

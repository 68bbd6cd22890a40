//! Pure: finds the node behind a chain of events. The body of a state holds per row its time, its conditions, whether
//! it may be the base and whether its node is NULL, the length of the node and the node.

use crate::aggregates::conditions::Held;
use crate::aggregates::state::{Fault, Kind, Shape, State, View};

const MAY_BE_BASE: u8 = 1;
const IS_NULL: u8 = 2;
/// The bytes that every row takes: its time, its conditions and its flags.
const FIXED: usize = 13;
/// A node this long or longer has its length in four bytes of its own, behind a byte of this value.
const LONG: u8 = u8::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Backward,
}

pub const DIRECTIONS: [(&str, Direction); 2] = [("forward", Direction::Forward), ("backward", Direction::Backward)];

/// The event that the chain begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The chain begins with the first of all events, if that may be the base. `Tail` is likewise about the last one.
    Head,
    Tail,
    /// The chain begins with the first event that may be the base and matches the first condition. `LastMatch` is
    /// likewise about the last one.
    FirstMatch,
    LastMatch,
}

pub const BASES: [(&str, Base); 4] =
    [("head", Base::Head), ("tail", Base::Tail), ("first_match", Base::FirstMatch), ("last_match", Base::LastMatch)];

/// What a call looks for: in which direction, and from which base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looking {
    pub direction: Direction,
    pub base: Base,
}

impl Looking {
    /// Gives the two bytes that a state keeps this as, in its parameter.
    pub fn code(self) -> [u8; 2] {
        [self.direction as u8, self.base as u8]
    }

    pub fn of_code(code: &[u8]) -> Result<Looking, Fault> {
        let [direction, base] = code else { return Err(Fault::NotAState) };
        let direction = DIRECTIONS.get(usize::from(*direction)).ok_or(Fault::NotAState)?.1;
        Ok(Looking { direction, base: BASES.get(usize::from(*base)).ok_or(Fault::NotAState)?.1 })
    }

    /// Tells whether anything can lie behind the chain.
    pub fn leads_somewhere(self) -> bool {
        !matches!((self.direction, self.base), (Direction::Forward, Base::Tail) | (Direction::Backward, Base::Head))
    }
}

/// A row of an aggregate. Rows are ordered as the sequence is: by time, and events of one time by their nodes, NULL
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit<'a> {
    pub time: i64,
    pub node: Option<&'a [u8]>,
    pub may_be_base: bool,
    pub bits: u32,
}

/// Adds a row; one without a time leaves the state as it is.
pub fn add<'a>(
    kept: Option<State<'a>>,
    parameter: &[u8],
    time: Option<i64>,
    node: Option<&[u8]>,
    may_be_base: bool,
    held: Held,
) -> Result<State<'a>, Fault> {
    let shape = Shape { kind: Kind::Nodes, detail: held.conditions, parameter };
    let mut state = State::open(kept, shape, 0, "direction and base must be the same in every row")?;
    if let Some(time) = time {
        let node_bytes = node.unwrap_or_default();
        state.reserve(FIXED + 5 + node_bytes.len())?;
        let mut head = [0; FIXED + 5];
        let length = write_head(Visit { time, node, may_be_base, bits: held.bits }, &mut head);
        state.append(&head[..length])?;
        state.append(node_bytes)?;
    }
    Ok(state)
}

fn write_head(visit: Visit<'_>, head: &mut [u8; FIXED + 5]) -> usize {
    head[..8].copy_from_slice(&visit.time.to_le_bytes());
    head[8..12].copy_from_slice(&visit.bits.to_le_bytes());
    head[12] = u8::from(visit.may_be_base) * MAY_BE_BASE + u8::from(visit.node.is_none()) * IS_NULL;
    let length = visit.node.map_or(0, <[u8]>::len);
    if length < usize::from(LONG) {
        head[FIXED] = length as u8;
        return FIXED + 1;
    }
    head[FIXED] = LONG;
    head[FIXED + 1..].copy_from_slice(&(length as u32).to_le_bytes());
    FIXED + 5
}

/// Gives the rows of a state in the order of the sequence.
pub fn in_order<'a>(view: &View<'a>) -> Result<Vec<Visit<'a>>, Fault> {
    let mut visits = Vec::new();
    let mut rest = view.body;
    while !rest.is_empty() {
        let visit;
        (visit, rest) = read(rest).ok_or(Fault::NotAState)?;
        visits.push(visit);
    }
    visits.sort_unstable();
    Ok(visits)
}

fn read(bytes: &[u8]) -> Option<(Visit<'_>, &[u8])> {
    let (time, bytes) = bytes.split_first_chunk::<8>()?;
    let (bits, bytes) = bytes.split_first_chunk::<4>()?;
    let ([flags, length], bytes) = bytes.split_first_chunk::<2>()?;
    let (length, bytes) = if *length == LONG {
        let (length, bytes) = bytes.split_first_chunk::<4>()?;
        (u32::from_le_bytes(*length) as usize, bytes)
    } else {
        (usize::from(*length), bytes)
    };
    let (node, rest) = bytes.split_at_checked(length)?;
    let visit = Visit {
        time: i64::from_le_bytes(*time),
        node: (flags & IS_NULL == 0).then_some(node),
        may_be_base: flags & MAY_BE_BASE != 0,
        bits: u32::from_le_bytes(*bits),
    };
    Some((visit, rest))
}

/// Gives the body of a state that has these rows.
pub fn body(visits: &[Visit<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for visit in visits {
        let mut head = [0; FIXED + 5];
        let length = write_head(*visit, &mut head);
        body.extend_from_slice(&head[..length]);
        body.extend_from_slice(visit.node.unwrap_or_default());
    }
    body
}

/// Finds the node of the event next to a chain of neighbours, of which the first is the base and the n-th matches
/// condition n. The result is None where there is no base, no chain, nothing behind the chain, or a node that is NULL.
/// `visits` must be in order.
pub fn next_node<'a>(looking: Looking, visits: &[Visit<'a>], conditions: usize) -> Option<&'a [u8]> {
    let fits = |visit: &Visit<'_>| visit.may_be_base && visit.bits & 1 == 1;
    let base = match looking.base {
        Base::Head => Some(0),
        Base::Tail => visits.len().checked_sub(1),
        Base::FirstMatch => visits.iter().position(fits),
        Base::LastMatch => visits.iter().rposition(fits),
    };
    let base = base.filter(|base| visits.get(*base).is_some_and(|visit| visit.may_be_base))?;
    let at = |steps: usize| match looking.direction {
        Direction::Forward => visits.get(base + steps),
        Direction::Backward => base.checked_sub(steps).and_then(|place| visits.get(place)),
    };
    let is_chain = (0..conditions).all(|step| at(step).is_some_and(|visit| visit.bits >> step & 1 == 1));
    if is_chain { at(conditions)?.node } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for the next node. A row is a time, a node and whether it may be the base; its n-th condition holds where
    /// its node is the chain's n-th.
    fn answer(
        looking: (Direction, Base),
        rows: &[(i64, Option<&'static str>, bool)],
        chain: &[&str],
    ) -> Option<String> {
        let looking = Looking { direction: looking.0, base: looking.1 };
        let run = |rows: &[(i64, Option<&str>, bool)]| {
            let mut kept: Option<Vec<u8>> = None;
            for (time, node, may_be_base) in rows {
                let bits = chain.iter().enumerate().map(|(nth, name)| u32::from(*node == Some(*name)) << nth).sum();
                let held = Held { conditions: chain.len() as u8, bits };
                let state = kept.as_mut().map(|bytes| State::kept(bytes).unwrap());
                let node = node.map(str::as_bytes);
                let state = add(state, &looking.code(), Some(*time), node, *may_be_base, held).unwrap();
                kept = state.into_moved().or(kept);
            }
            let bytes = kept?;
            let view = View::read(&bytes).unwrap();
            let visits = in_order(&view).unwrap();
            assert_eq!(body(&visits).len(), view.body.len());
            assert_eq!(Looking::of_code(view.shape.parameter), Ok(looking));
            next_node(looking, &visits, chain.len()).map(|node| String::from_utf8(node.to_vec()).unwrap())
        };
        let mut reversed = rows.to_vec();
        reversed.reverse();
        let found = run(rows);
        assert_eq!(run(&reversed), found);
        found
    }

    const FORWARD: Direction = Direction::Forward;
    const BACKWARD: Direction = Direction::Backward;

    #[test]
    fn the_examples_of_clickhouse() {
        let flow = [(1, Some("A"), true), (2, Some("B"), true), (3, Some("C"), true), (4, Some("E"), true)];
        assert_eq!(answer((FORWARD, Base::FirstMatch), &flow, &["B", "C"]).as_deref(), Some("E"));
        assert_eq!(answer((FORWARD, Base::Head), &flow, &["A", "B"]).as_deref(), Some("C"));
        assert_eq!(answer((FORWARD, Base::Head), &flow, &["B"]), None);
        assert_eq!(answer((BACKWARD, Base::Tail), &flow, &["E", "C"]).as_deref(), Some("B"));
        // Home, Gift, Exit; Home, Home, Gift, Basket; Gift, Home, Gift, Basket.
        let pages = |names: [&'static str; 4]| [0, 1, 2, 3].map(|n| (n as i64, Some(names[n]), true));
        let second = pages(["Home", "Home", "Gift", "Basket"]);
        let third = pages(["Gift", "Home", "Gift", "Basket"]);
        assert_eq!(answer((FORWARD, Base::Head), &second, &["Home", "Gift"]), None);
        assert_eq!(answer((BACKWARD, Base::Tail), &third, &["Basket", "Gift"]).as_deref(), Some("Home"));
        assert_eq!(answer((FORWARD, Base::FirstMatch), &third, &["Gift", "Home"]).as_deref(), Some("Gift"));
        assert_eq!(answer((FORWARD, Base::FirstMatch), &third, &["Gift", "Gift"]), None);
        assert_eq!(answer((BACKWARD, Base::LastMatch), &third, &["Gift", "Home"]).as_deref(), Some("Gift"));
    }

    #[test]
    fn edges() {
        let rows = [(1, Some("A"), false), (2, Some("A"), true), (2, None, true), (3, Some("Z"), true)];
        assert_eq!(answer((FORWARD, Base::Head), &rows, &["A"]), None);
        // At time 2 the event without a node comes first.
        assert_eq!(answer((FORWARD, Base::FirstMatch), &rows, &["A"]).as_deref(), Some("Z"));
        assert_eq!(answer((BACKWARD, Base::LastMatch), &rows, &["A"]), None);
        assert_eq!(answer((FORWARD, Base::LastMatch), &rows, &["Z"]), None);
        assert_eq!(answer((FORWARD, Base::Head), &[], &["A"]), None);
        let long: &'static str = Box::leak("x".repeat(70_000).into_boxed_str());
        let rows = [(1, Some("A"), true), (2, Some(long), true)];
        assert_eq!(answer((FORWARD, Base::Head), &rows, &["A"]).as_deref(), Some(long));
        for length in [253, 254, 255, 256] {
            let node: &'static str = Box::leak("y".repeat(length).into_boxed_str());
            let rows = [(1, Some("A"), true), (2, Some(node), true)];
            assert_eq!(answer((FORWARD, Base::Head), &rows, &["A"]).as_deref(), Some(node));
        }
        assert!(read(&[0; FIXED]).is_none());
        assert!(Looking::of_code(&[0, 4]).is_err());
    }
}

//! Pure: the bytes of an aggregate's state, which are the same while it grows and where it is stored.
//!
//! ```text
//! 0       version, 1
//! 1       kind
//! 2       conditions of a row; of uniq and uniq_exact the kind of value
//! 3       marks of the kind
//! 4..8    bytes of the parameter
//! 8..12   bytes of the body
//! 12..    parameter, body, and while the state grows spare room
//! ```
//! Numbers are little-endian. A row is added where the state lies while there is room; else the state moves to twice
//! the room, so that n rows cost O(n). A released version stays readable.

use std::fmt;

pub const VERSION: u8 = 1;
const HEADER: usize = 12;

/// A state has at most this many bytes: PostgreSQL allocates less than 1 GiB at once, and a varlena's length word is a
/// part of it.
const MOST_BYTES: usize = 0x3fff_ffff - 4;
/// A state takes at least this many bytes: eight moments and their parameter, in 128 bytes with the length word.
const FIRST_BYTES: usize = 124;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Times with the conditions that held: the state of window_funnel, sequence_match and sequence_count.
    Sequence = 1,
    /// The same with a node: the state of sequence_next_node.
    Nodes = 2,
    Retention = 3,
    Uniq = 4,
    UniqExact = 5,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Sequence, Kind::Nodes, Kind::Retention, Kind::Uniq, Kind::UniqExact];

    /// Names the aggregate that makes such states.
    fn source(self) -> &'static str {
        match self {
            Kind::Sequence => "sequence_state()",
            Kind::Nodes => "sequence_next_node_state()",
            Kind::Retention => "retention_flags_state()",
            Kind::Uniq => "uniq_state()",
            Kind::UniqExact => "uniq_exact_state()",
        }
    }
}

/// What all rows of a state have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape<'a> {
    pub kind: Kind,
    /// How many conditions a row has, or the kind of value.
    pub detail: u8,
    pub parameter: &'a [u8],
}

/// Why a state cannot be read or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    NotAState,
    Version(u8),
    Kind {
        wanted: Kind,
        found: Kind,
    },
    /// The rows or states do not belong together: the sentence says in what they differ.
    Unlike(&'static str),
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotAState => f.write_str("state is not one that telemetry made, or it is damaged"),
            Fault::Version(found) => {
                write!(f, "state has the format version {found}, this telemetry reads version {VERSION}")
            }
            Fault::Kind { wanted, found } => {
                write!(f, "state is one of {}, not of {}", found.source(), wanted.source())
            }
            Fault::Unlike(difference) => f.write_str(difference),
            Fault::TooLarge => f.write_str("the state of an aggregate would exceed 1 GB"),
        }
    }
}

/// A state that is only read.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub shape: Shape<'a>,
    pub marks: u8,
    pub body: &'a [u8],
}

impl<'a> View<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<View<'a>, Fault> {
        let (header, rest) = bytes.split_at_checked(HEADER).ok_or(Fault::NotAState)?;
        if header[0] != VERSION {
            return Err(if header[0] == 0 { Fault::NotAState } else { Fault::Version(header[0]) });
        }
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == header[1]).ok_or(Fault::NotAState)?;
        let (parameter, rest) = rest.split_at_checked(number(header, 4)).ok_or(Fault::NotAState)?;
        let body = rest.get(..number(header, 8)).ok_or(Fault::NotAState)?;
        Ok(View { shape: Shape { kind, detail: header[2], parameter }, marks: header[3], body })
    }

    /// Refuses a state of another kind.
    pub fn of(self, wanted: Kind) -> Result<View<'a>, Fault> {
        let found = self.shape.kind;
        if found == wanted { Ok(self) } else { Err(Fault::Kind { wanted, found }) }
    }
}

/// A state that grows.
#[derive(Debug)]
pub struct State<'a> {
    bytes: Room<'a>,
    /// Where the body begins; `length` is how long it is.
    start: usize,
    length: usize,
}

#[derive(Debug)]
enum Room<'a> {
    /// The bytes are where the aggregate keeps them.
    Kept(&'a mut [u8]),
    /// The bytes have moved, because there was no room.
    Moved(Vec<u8>),
}

impl<'a> State<'a> {
    pub fn new(shape: Shape<'_>, marks: u8) -> Result<State<'a>, Fault> {
        let start = HEADER + shape.parameter.len();
        let mut bytes = vec![0; room_for(start)?];
        bytes[..4].copy_from_slice(&[VERSION, shape.kind as u8, shape.detail, marks]);
        bytes[4..8].copy_from_slice(&(shape.parameter.len() as u32).to_le_bytes());
        bytes[HEADER..start].copy_from_slice(shape.parameter);
        Ok(State { bytes: Room::Moved(bytes), start, length: 0 })
    }

    /// Opens the state that an aggregate keeps in these bytes.
    pub fn kept(bytes: &'a mut [u8]) -> Result<State<'a>, Fault> {
        let view = View::read(bytes)?;
        let (start, length) = (HEADER + view.shape.parameter.len(), view.body.len());
        Ok(State { bytes: Room::Kept(bytes), start, length })
    }

    /// Gives the kept state, or a new one; refuses one of another shape. `difference` is what the error says where the
    /// parameter differs.
    pub fn open(
        kept: Option<State<'a>>,
        shape: Shape<'_>,
        marks: u8,
        difference: &'static str,
    ) -> Result<State<'a>, Fault> {
        let Some(state) = kept else { return State::new(shape, marks) };
        state.check(shape, difference)?;
        Ok(state)
    }

    fn check(&self, wanted: Shape<'_>, difference: &'static str) -> Result<(), Fault> {
        let bytes = self.bytes();
        if bytes[1] != wanted.kind as u8 {
            let found = Kind::ALL.into_iter().find(|kind| *kind as u8 == bytes[1]).ok_or(Fault::NotAState)?;
            return Err(Fault::Kind { wanted: wanted.kind, found });
        }
        if bytes[2] != wanted.detail {
            return Err(Fault::Unlike(match wanted.kind {
                Kind::Uniq | Kind::UniqExact => "values of different types cannot be counted together",
                _ => "every row must have the same number of conditions",
            }));
        }
        let parameter = &bytes[HEADER..self.start];
        // Nothing is not compared with nothing: memcmp() of no bytes at an address that is none took an eighth of
        // uniq_exact()'s time.
        let is_same =
            parameter.len() == wanted.parameter.len() && (parameter.is_empty() || parameter == wanted.parameter);
        if is_same { Ok(()) } else { Err(Fault::Unlike(difference)) }
    }

    #[cfg(test)]
    pub fn view(&self) -> Result<View<'_>, Fault> {
        View::read(self.bytes())
    }

    pub fn marks(&self) -> u8 {
        self.bytes()[3]
    }

    pub fn set_marks(&mut self, marks: u8) {
        self.bytes_mut()[3] = marks;
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes()[self.start..self.start + self.length]
    }

    pub fn body_mut(&mut self) -> &mut [u8] {
        let range = self.start..self.start + self.length;
        &mut self.bytes_mut()[range]
    }

    /// Tells whether this many bytes more fit where the state lies.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.bytes().len() - self.start - self.length >= bytes
    }

    /// Tells how many bytes the body can have where the state lies.
    pub fn room(&self) -> usize {
        self.bytes().len() - self.start
    }

    pub fn append(&mut self, record: &[u8]) -> Result<(), Fault> {
        self.reserve(record.len())?;
        let end = self.start + self.length;
        self.bytes_mut()[end..end + record.len()].copy_from_slice(record);
        self.set_length(self.length + record.len());
        Ok(())
    }

    /// Puts another body into the state.
    pub fn replace(&mut self, body: &[u8]) -> Result<(), Fault> {
        self.set_length(0);
        self.append(body)
    }

    /// Moves the state to more room where this many bytes more do not fit.
    pub fn reserve(&mut self, more: usize) -> Result<(), Fault> {
        if self.has_room(more) {
            return Ok(());
        }
        let used = self.start + self.length;
        let mut moved = vec![0; room_for(used + more)?];
        moved[..used].copy_from_slice(&self.bytes()[..used]);
        self.bytes = Room::Moved(moved);
        Ok(())
    }

    /// Gives the bytes, if they have moved away from those that the aggregate keeps.
    pub fn into_moved(self) -> Option<Vec<u8>> {
        match self.bytes {
            Room::Kept(_) => None,
            Room::Moved(bytes) => Some(bytes),
        }
    }

    fn set_length(&mut self, length: usize) {
        self.length = length;
        self.bytes_mut()[8..12].copy_from_slice(&(length as u32).to_le_bytes());
    }

    fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Room::Kept(bytes) => bytes,
            Room::Moved(bytes) => bytes,
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.bytes {
            Room::Kept(bytes) => bytes,
            Room::Moved(bytes) => bytes,
        }
    }
}

/// Makes the bytes of a state that is stored: it has no spare room.
pub fn stored(view: &View<'_>, marks: u8, body: &[u8]) -> Vec<u8> {
    let Shape { kind, detail, parameter } = view.shape;
    let mut bytes = Vec::with_capacity(HEADER + parameter.len() + body.len());
    bytes.extend_from_slice(&[VERSION, kind as u8, detail, marks]);
    for length in [parameter.len(), body.len()] {
        bytes.extend_from_slice(&(length as u32).to_le_bytes());
    }
    bytes.extend_from_slice(parameter);
    bytes.extend_from_slice(body);
    bytes
}

/// Gives the room to take for this many bytes: with the length word it is a power of two, which is what palloc rounds
/// up to.
fn room_for(bytes: usize) -> Result<usize, Fault> {
    if bytes > MOST_BYTES {
        return Err(Fault::TooLarge);
    }
    Ok(((bytes + 4).next_power_of_two() - 4).clamp(FIRST_BYTES, MOST_BYTES))
}

fn number(header: &[u8], at: usize) -> usize {
    header[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape<'_> = Shape { kind: Kind::Sequence, detail: 3, parameter: b"within" };

    #[test]
    fn grows_in_place_then_moves() {
        let mut bytes = State::new(SHAPE, 5).unwrap().into_moved().unwrap();
        let room = bytes.len();
        let mut rows = 0;
        loop {
            let mut state = State::kept(&mut bytes).unwrap();
            state.append(&[rows; 12]).unwrap();
            rows += 1;
            if let Some(moved) = state.into_moved() {
                bytes = moved;
                break;
            }
        }
        assert_eq!(usize::from(rows), (room - 18) / 12 + 1);
        assert_eq!(bytes.len() + 4, (room + 4) * 2);
        let view = View::read(&bytes).unwrap().of(Kind::Sequence).unwrap();
        assert_eq!((view.shape, view.marks), (SHAPE, 5));
        assert_eq!(view.body.chunks(12).map(|record| record[0]).collect::<Vec<_>>(), (0..rows).collect::<Vec<_>>());
    }

    #[test]
    fn refuses_what_is_no_state() {
        let good = State::new(SHAPE, 0).unwrap().into_moved().unwrap();
        for length in 0..18 {
            assert!(View::read(&good[..length]).is_err());
        }
        for (place, byte, fault) in [
            (0, 2, Fault::Version(2)),
            (0, 0, Fault::NotAState),
            (1, 9, Fault::NotAState),
            (7, 1, Fault::NotAState),
            (11, 1, Fault::NotAState),
        ] {
            let mut bad = good.clone();
            bad[place] = byte;
            assert_eq!(View::read(&bad).unwrap_err(), fault);
        }
        let found = View::read(&good).unwrap().of(Kind::Uniq).unwrap_err();
        assert_eq!(found.to_string(), "state is one of sequence_state(), not of uniq_state()");
    }

    #[test]
    fn refuses_rows_of_another_shape() {
        let open = |shape| {
            let mut bytes = State::new(SHAPE, 0).unwrap().into_moved().unwrap();
            let state = State::kept(&mut bytes).unwrap();
            State::open(Some(state), shape, 0, "another window").map(|_| ()).unwrap_err().to_string()
        };
        assert_eq!(open(Shape { detail: 2, ..SHAPE }), "every row must have the same number of conditions");
        assert_eq!(open(Shape { parameter: b"other", ..SHAPE }), "another window");
        assert!(State::open(None, SHAPE, 0, "").is_ok());
        assert_eq!(room_for(MOST_BYTES + 1), Err(Fault::TooLarge));
        assert_eq!(room_for(MOST_BYTES), Ok(MOST_BYTES));
    }
}

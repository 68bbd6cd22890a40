//! Reads whose the events of a segment are and when they were: what every question needs that follows users.

use super::{Damage, Segment, Slices};
use std::collections::TryReserveError;
use std::ops::Deref;

/// The columns that are wanted of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub users: bool,
    /// Where the events of each user end.
    pub ends: bool,
    pub times: bool,
}

/// The columns of a segment, empty where they are not wanted.
#[derive(Debug, Default)]
pub struct Presence {
    /// The users of the band, each once; `ends` says behind which event the events of each end.
    pub users: Vec<u16>,
    pub ends: Vec<u32>,
    pub times: Vec<i64>,
    /// The user of each event. [`Presence::read`] leaves that empty, and [`Presence::tell_each`] fills it.
    pub each: Vec<u16>,
}

/// The bytes of these columns, of several segments.
#[derive(Debug)]
pub struct Slots<S> {
    pub users: Slices<S>,
    pub runs: Slices<S>,
    pub times: Slices<S>,
}

impl Wanted {
    /// The bytes that are read for these columns of a segment, and what they are read into.
    pub fn memory(self, segment: &Segment) -> usize {
        let column = |is_wanted: bool, bytes: u32, into: usize| if is_wanted { bytes as usize + into } else { 0 };
        column(self.users, segment.users.length, segment.actors * size_of::<u16>())
            + column(self.ends, segment.runs.length, segment.actors * size_of::<u32>())
            + column(self.times, segment.times.length, segment.events * size_of::<i64>())
    }
}

impl<S: Deref<Target = [u8]>> Slots<S> {
    /// Fetches the wanted columns of segments, which are told in their order. `read` gets the place of a slice of the
    /// body and its length.
    pub fn fetch<'a>(
        &mut self,
        segments: impl Iterator<Item = (&'a Segment, Wanted)> + Clone,
        mut read: impl FnMut(u32, u32) -> S,
    ) {
        let of = |is_wanted: fn(&Wanted) -> bool| segments.clone().filter(move |(_, wanted)| is_wanted(wanted));
        self.users.fetch(of(|wanted| wanted.users).map(|(segment, _)| segment.users), &mut read);
        self.runs.fetch(of(|wanted| wanted.ends).map(|(segment, _)| segment.runs), &mut read);
        self.times.fetch(of(|wanted| wanted.times).map(|(segment, _)| segment.times), &mut read);
    }
}

impl Presence {
    pub fn clear(&mut self) {
        self.users.clear();
        self.ends.clear();
        self.times.clear();
        self.each.clear();
    }

    /// Tells the user of each event, where users and ends were read.
    pub fn tell_each(&mut self) -> Result<(), TryReserveError> {
        self.each.clear();
        self.each.try_reserve_exact(self.ends.last().map_or(0, |end| *end as usize) + USERS_AHEAD)?;
        of_each_event(&self.users, &self.ends, &mut self.each);
        Ok(())
    }

    /// Makes room for the wanted columns of a segment, so that [`Presence::read`] asks for no memory.
    pub fn reserve(&mut self, segment: &Segment, wanted: Wanted) -> Result<(), TryReserveError> {
        self.clear();
        self.users.try_reserve(if wanted.users { segment.actors } else { 0 })?;
        self.ends.try_reserve(if wanted.ends { segment.actors } else { 0 })?;
        self.times.try_reserve(if wanted.times { segment.events } else { 0 })
    }

    /// Reads the wanted columns of a segment.
    pub fn read<S: Deref<Target = [u8]>>(
        &mut self,
        segment: &Segment,
        wanted: Wanted,
        slots: &Slots<S>,
    ) -> Result<(), Damage> {
        self.clear();
        if wanted.users {
            segment.read_users(slots.users.of(segment.users), &mut self.users)?;
        }
        if wanted.ends {
            segment.read_ends(slots.runs.of(segment.runs), &mut self.ends)?;
        }
        if wanted.times {
            segment.read_times(slots.times.of(segment.times), &mut self.times)?;
        }
        Ok(())
    }
}

impl<S> Default for Slots<S> {
    fn default() -> Self {
        Slots { users: Slices::default(), runs: Slices::default(), times: Slices::default() }
    }
}

/// A user is written so often at once: behind the last event there is room for as many more.
pub const USERS_AHEAD: usize = 4;

/// Appends the user of each event.
pub fn of_each_event(users: &[u16], ends: &[u32], into: &mut Vec<u16>) {
    let first = into.len();
    let events = ends.last().map_or(0, |end| *end as usize);
    into.resize(first + events + USERS_AHEAD, 0);
    let each = &mut into[first..];
    let mut begin = 0;
    for (user, end) in users.iter().zip(ends) {
        let end = *end as usize;
        // Written in any case, and overwritten by the next user: no branch to be mispredicted.
        each[begin..begin + USERS_AHEAD].fill(*user);
        if end - begin > USERS_AHEAD {
            each[begin + USERS_AHEAD..end].fill(*user);
        }
        begin = end;
    }
    into.truncate(first + events);
}

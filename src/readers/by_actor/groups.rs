//! Pure: deals events into groups of neighbouring actors, each in the order of the pushes. A group is a chain of blocks
//! in one allocation: all groups grow event by event, and none is moved or keeps much room ahead.

use super::{Event, Moment};

/// The number of groups, and of actors in a group: so many that a byte tells each apart and needs no bounds check.
pub(super) const GROUPS: usize = 256;
pub(super) const ACTORS: usize = 256;

/// The number of events in a block, which as a rule take 2 KiB. Half a block per group stays unused; shorter ones are
/// read back more slowly, every block being a jump in memory.
pub(super) const BLOCK: usize = 256;

#[derive(Debug)]
pub(super) struct Groups<M, P> {
    /// The events of all groups, block after block.
    events: Vec<Event<M, P>>,
    /// The block that follows each block in its group, if there is one.
    next: Vec<Option<u32>>,
    groups: [Group; GROUPS],
    /// The number of blocks of the largest group.
    largest: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    first: Option<u32>,
    blocks: u32,
    /// The place where the next event goes; a multiple of a block if none is open.
    place: u32,
}

impl<M: Moment, P: Copy> Groups<M, P> {
    const BLOCK_BYTES: usize = BLOCK * size_of::<Event<M, P>>() + size_of::<Option<u32>>();

    pub fn new() -> Self {
        Self { events: Vec::new(), next: Vec::new(), groups: [Group::default(); GROUPS], largest: 0 }
    }

    pub fn memory(&self) -> usize {
        self.events.capacity() * size_of::<Event<M, P>>() + self.next.capacity() * size_of::<Option<u32>>()
    }

    pub fn clear(&mut self) {
        self.events.clear();
        self.next.clear();
        self.groups.fill(Group::default());
        self.largest = 0;
    }

    /// The most bytes that these and so many more events take, with so many buffers for the events of any one group.
    /// None: more than can be counted.
    pub fn might_need(&self, more: usize, buffers: usize) -> Option<usize> {
        let more = more.min(more / BLOCK + GROUPS);
        let (blocks, largest) = (self.next.len() + more, self.largest + more);
        let countable = blocks < u32::MAX as usize / BLOCK;
        countable.then(|| (blocks + buffers * largest.min(blocks)) * Self::BLOCK_BYTES)
    }

    /// Adds events, as many moments as users. The caller has made sure that they cannot need more than the limit.
    pub fn deal(&mut self, users: &[u16], moments: impl Iterator<Item = M>, payload: P, limit: usize) {
        for (&user, moment) in users.iter().zip(moments) {
            let [group, actor] = user.to_be_bytes();
            let event = Event { moment, payload, actor };
            let mut place = self.groups[usize::from(group)].place as usize;
            if place.is_multiple_of(BLOCK) {
                place = self.begin_block(usize::from(group), event, limit);
            }
            self.events[place] = event;
            self.groups[usize::from(group)].place = place as u32 + 1;
        }
    }

    /// Begins a block and returns the place of its first event. A block is filled with any event at once, which takes
    /// all of it into the cache: by event, each of its lines would have to be waited for (10 ns per event instead of
    /// 4).
    #[cold]
    fn begin_block(&mut self, group: usize, any: Event<M, P>, limit: usize) -> usize {
        let block = self.next.len();
        if self.events.capacity() < (block + 1) * BLOCK {
            let ahead = (block / 4).min((limit / Self::BLOCK_BYTES).saturating_sub(block)).max(1);
            self.events.reserve_exact(ahead * BLOCK);
            self.next.reserve_exact(ahead);
        }
        self.events.resize((block + 1) * BLOCK, any);
        self.next.push(None);
        let group = &mut self.groups[group];
        match group.place as usize / BLOCK {
            0 => group.first = Some(block as u32),
            after => self.next[after - 1] = Some(block as u32),
        }
        group.blocks += 1;
        self.largest = self.largest.max(group.blocks as usize);
        block * BLOCK
    }

    /// The number of events of a group.
    pub fn size(&self, group: usize) -> usize {
        let Group { place, blocks, .. } = self.groups[group];
        let unused = (place as usize).next_multiple_of(BLOCK) - place as usize;
        blocks as usize * BLOCK - unused
    }

    /// The events of a group in the order of the pushes.
    pub fn blocks(&self, group: usize) -> impl Iterator<Item = &[Event<M, P>]> {
        let Group { first, place, .. } = self.groups[group];
        std::iter::successors(first, |block| self.next[*block as usize]).map(move |block| {
            let begin = block as usize * BLOCK;
            let end = if self.next[block as usize].is_none() { place as usize } else { begin + BLOCK };
            &self.events[begin..end]
        })
    }
}

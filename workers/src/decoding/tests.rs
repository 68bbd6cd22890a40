//! Tests that threads read of chunks what one thread reads, and tell what is damaged.

use super::*;
use crate::crew::{Caller, with_crew};
use proptest::prelude::*;
use telemetry_chunks::{Chunk, Draft, Entry, Header};

/// What is read of a chunk: of each segment its users, where their events end, and the times.
type Read = Vec<(Vec<u16>, Vec<u32>, Vec<i64>)>;

#[derive(Debug, PartialEq)]
enum Wrong {
    Failed(Failure),
    Damaged(usize, Damage),
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Wrong::Failed(failure)
    }
}

struct Reading<'a> {
    chunks: &'a [Chunk],
    wanted: Wanted,
    next: usize,
    spare: Vec<Vec<Presence>>,
    read: Vec<Read>,
}

impl Caller<Decoding<Vec<u8>>, Wrong> for Reading<'_> {
    fn next(&mut self) -> Result<Option<Decoding<Vec<u8>>>, Wrong> {
        let Some(Chunk { header, body, .. }) = self.chunks.get(self.next) else { return Ok(None) };
        let header = Header::read(header).expect("as written");
        self.next += 1;
        let segments = header.segments.into_iter().map(|segment| (Arc::new(segment), self.wanted)).collect();
        let fetch = |start: u32, length: u32| {
            let rest = &body[body.len().min(start as usize)..];
            rest[..rest.len().min(length as usize)].to_vec()
        };
        let job = Decoding::new(segments, self.spare.pop().unwrap_or_default(), fetch);
        Ok(Some(job.telling_each(self.next.is_multiple_of(2))))
    }

    fn take(&mut self, job: Decoding<Vec<u8>>) -> Result<(), Wrong> {
        let (segments, chunk) = (job.segments.len(), self.read.len());
        let mut read = job.into_read().map_err(|damage| Wrong::Damaged(chunk, damage))?;
        let of = |presence: &mut Presence| (presence.users.clone(), presence.ends.clone(), presence.times.clone());
        for Presence { users, ends, each, .. } in read.iter().take(segments).filter(|_| (chunk + 1).is_multiple_of(2)) {
            let begins = std::iter::once(&0).chain(ends);
            let runs = users.iter().zip(begins.zip(ends));
            let expected: Vec<u16> = runs.flat_map(|(user, (begin, end))| (*begin..*end).map(|_| *user)).collect();
            assert_eq!(*each, expected);
        }
        self.read.push(read.iter_mut().take(segments).map(of).collect());
        self.spare.push(read);
        Ok(())
    }

    fn check(&mut self) -> Result<(), Wrong> {
        Ok(())
    }
}

const ALL: Wanted = Wanted { users: true, ends: true, times: true };

fn read_by(threads: usize, chunks: &[Chunk], wanted: Wanted) -> Result<Vec<Read>, Wrong> {
    let mut reading = Reading { chunks, wanted, next: 0, spare: Vec::new(), read: Vec::new() };
    with_crew(threads, |crew| crew.work(window(threads, 1 << 20), &mut reading))?;
    Ok(reading.read)
}

/// Chunks of events of three names, which have these users and times.
fn chunks(events: &[(u16, i64)], most: usize) -> Vec<Chunk> {
    let mut draft = Draft::new();
    let names = ["a", "b", "c"].map(|name| draft.name(name, &[] as &[&str]).expect("a number is left"));
    for (arrival, (user, time)) in (0..).zip(events) {
        let name = names[usize::from(*user) % 3];
        draft.push(Entry { time: *time, arrival, name, user: *user, source: 0, rate: None, subject: None }, &[]);
    }
    draft.encode(most)
}

#[test]
fn damage_of_a_chunk_comes_after_the_chunks_before_it() {
    let events: Vec<(u16, i64)> = (0..4_000).map(|n| (n as u16 % 50, i64::from(n))).collect();
    let mut chunks = chunks(&events, 400);
    assert!(chunks.len() > 6);
    let middle = chunks[5].body.len() / 2;
    chunks[5].body[middle] ^= 1;
    chunks[6].body.clear();
    let expected = Damage::Bytes("a column of the chunk does not match its checksum");
    for threads in [1, 2, 5] {
        assert_eq!(read_by(threads, &chunks, ALL), Err(Wrong::Damaged(5, expected)), "{threads} threads");
    }
}

#[test]
fn what_nobody_wants_is_not_read() {
    let chunks = chunks(&[(3, 5), (3, 9), (6, 9), (7, 1)], 100);
    let read = |wanted| read_by(2, &chunks, wanted).expect("reads");
    assert_eq!(read(ALL), [[(vec![3, 6], vec![2, 3], vec![5, 9, 9]), (vec![7], vec![1], vec![1])]]);
    let users = Wanted { ends: false, times: false, ..ALL };
    assert_eq!(read(users), [[(vec![3, 6], vec![], vec![]), (vec![7], vec![], vec![])]]);
    let times = Wanted { users: false, ends: false, ..ALL };
    assert_eq!(read(times), [[(vec![], vec![], vec![5, 9, 9]), (vec![], vec![], vec![1])]]);
}

#[test]
fn few_large_chunks_and_many_small_ones_are_given_at_once() {
    assert_eq!([window(2, 1 << 20), window(2, 100), window(16, 1 << 20), window(2, 1 << 30)], [4, 4, 32, 2]);
}

proptest! {
    #[test]
    fn threads_read_what_one_reads(
        events in prop::collection::vec((0_u16..40, -900_i64..900), 1..600),
        most in 1_usize..80,
        threads in 2_usize..6,
    ) {
        let chunks = chunks(&events, most);
        prop_assert_eq!(read_by(threads, &chunks, ALL), read_by(1, &chunks, ALL));
    }
}

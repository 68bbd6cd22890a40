//! Visits each actor with its events in order, for every KPI that asks what came after what. Pieces are gathered by
//! actor here and nowhere else; plain funnels get them chunk by chunk, as workers/src/in_order.rs hands them on.

use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::source::Source;
use crate::source::question::{LabelsOf, Piece, ReadArrivals, Reader, Unread};
use crate::threads;
use telemetry_workers::Full;
use telemetry_workers::by_actor::{self, ByActor, Given, Payload, Payloads};
use telemetry_workers::crew::{Crew, Failure, with_crew};

/// The order of an actor's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Earlier events come first; those of one time come in no particular order.
    Time,
    /// Earlier events come first, and of those of one time the ones that arrived earlier. The question needs arrivals.
    TimeAndArrival,
}

/// What is known of an event beside its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub label: u64,
    /// The number of its value of the touched key.
    pub value: u32,
    /// The number of its values of the keys that match.
    pub matched: u32,
}

/// Calls `done` with each actor that has events: its tenant, its number in it, and for each event its time and what
/// `keep` makes of its label and its value of the touched key. An event of which `keep` makes None is left out. Error:
/// 53200 where the events of a band need more memory than the call has left.
pub fn each_actor<P: Payload>(
    source: &mut Source,
    order: Order,
    keep: impl Fn(u64, u32) -> Option<P>,
    done: impl FnMut(TenantId, ActorNumber, &[(i64, P)]) -> Result<(), Error>,
) -> Result<(), Error> {
    each_actor_seen(source, order, |seen| keep(seen.label, seen.value), done)
}

/// Calls `done` as each_actor() does, with what `keep` makes of all that is known of an event.
pub fn each_actor_seen<P: Payload>(
    source: &mut Source,
    order: Order,
    keep: impl Fn(Seen) -> Option<P>,
    done: impl FnMut(TenantId, ActorNumber, &[(i64, P)]) -> Result<(), Error>,
) -> Result<(), Error> {
    let gathered = ByActor::new(source.memory.left()).shared_from(threads::from_events());
    let threads = source.ask_for_threads();
    // Settings are read and tokens taken: what follows in other threads knows nothing of PostgreSQL.
    with_crew(threads.got(), |crew| {
        let mut reader = EachActor {
            crew,
            check: threads::check_interrupts,
            gathered,
            order,
            at: BandOf::default(),
            kept: Vec::new(),
            unread: Vec::new(),
            keep,
            done,
        };
        source.visit_by(crew, &mut reader)
    })
}

struct EachActor<'a, 'scope, 'env, P, K, F> {
    crew: &'a Crew<'scope, 'env>,
    check: fn() -> Result<(), Error>,
    gathered: ByActor<P>,
    order: Order,
    /// The tenant and the band that are read.
    at: BandOf,
    /// What was kept of each event of a piece.
    kept: Vec<Option<P>>,
    /// Where to ask for the arrivals of each piece of the band.
    unread: Vec<Option<Unread>>,
    keep: K,
    done: F,
}

impl<P, K, F> Reader<Error> for EachActor<'_, '_, '_, P, K, F>
where
    P: Payload,
    K: Fn(Seen) -> Option<P>,
    F: FnMut(TenantId, ActorNumber, &[(i64, P)]) -> Result<(), Error>,
{
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn asks_for_arrivals(&self) -> bool {
        true
    }

    fn wants_actor_of_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, _: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.gathered.begin_band();
        self.unread.clear();
        Ok(())
    }

    fn expect(&mut self, events: usize) {
        self.gathered.expect(events);
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        if piece.events == 0 {
            return Ok(());
        }
        let payloads = if is_of_one_kind(piece) {
            let Some(kept) = (self.keep)(seen(piece, 0)) else { return Ok(()) };
            Payloads::Same(kept)
        } else {
            self.kept.clear();
            self.kept.extend((0..piece.events).map(|event| (self.keep)(seen(piece, event))));
            if self.kept.iter().all(Option::is_none) {
                return Ok(());
            }
            Payloads::Each(&self.kept)
        };
        let Piece { actors, ends, each, times, first: earliest, arrivals, unread, .. } = *piece;
        self.unread.push(unread);
        Ok(self.gathered.push(&Given { actors, ends, each, times, earliest, payloads, arrivals })?)
    }

    fn end_band(&mut self) -> Result<(), Error> {
        self.end_band_asking(&mut |_, _, _| Ok(()))
    }

    fn end_band_asking(&mut self, arrivals: &mut ReadArrivals<'_, Error>) -> Result<(), Error> {
        let Self { crew, check, gathered, order, at: (tenant, band), unread, done, .. } = self;
        let read: &mut by_actor::ReadArrivals<'_, Error> = &mut |piece, times, into| match unread[piece] {
            Some(at) => arrivals(at, times, into),
            None => Ok(()),
        };
        let read = (*order == Order::TimeAndArrival).then_some(read);
        gathered.visit_by(crew, read, check, |place, events| done(*tenant, band.number(place), events))
    }
}

impl From<Full> for Error {
    fn from(_: Full) -> Error {
        Memory::exceeded()
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::NoMemory => Error::NoMemory,
            Failure::Panicked => Error::BrokenWorker,
        }
    }
}

/// Tells whether all events of the piece are alike but for their actors and times.
fn is_of_one_kind(piece: &Piece<'_>) -> bool {
    matches!(piece.labels, LabelsOf::Same(_)) && piece.values.is_empty() && piece.matched.is_empty()
}

fn seen(piece: &Piece<'_>, event: usize) -> Seen {
    let of = |column: &[u32]| column.get(event).copied().unwrap_or(0);
    Seen { label: piece.labels.of(event), value: of(piece.values), matched: of(piece.matched) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::new([7; 16]);

    /// The visits of actors: the number of each, and the times of its events with what was kept of them.
    type Visits = Vec<(u32, Vec<(i64, u32)>)>;

    /// Reads these pieces of band 1 by actor, and leaves out labels that are 0.
    fn visits(pieces: &[Piece<'_>]) -> Visits {
        with_crew(1, |crew| visits_by(crew, pieces))
    }

    fn visits_by(crew: &Crew<'_, '_>, pieces: &[Piece<'_>]) -> Visits {
        let mut visits = Visits::new();
        let mut reader = EachActor {
            crew,
            check: || Ok(()),
            gathered: ByActor::new(64 << 20),
            order: Order::TimeAndArrival,
            at: Default::default(),
            kept: Vec::new(),
            unread: Vec::new(),
            keep: |Seen { label, value, matched }| (label > 0).then_some(label as u32 * 10 + value + matched),
            done: |tenant, number: ActorNumber, events: &[(i64, u32)]| {
                assert_eq!(tenant, TENANT);
                visits.push((number.get(), events.to_vec()));
                Ok(())
            },
        };
        reader.begin_band(TENANT, Band::new(1), 4).expect("begins");
        pieces.iter().for_each(|piece| reader.read(piece).expect("reads"));
        // The arrivals of segment n of chunk 9 are n and n + 2.
        let mut read = |at: Unread, times: &[i64], into: &mut Vec<i64>| {
            assert_eq!((at.chunk, times), (9, &[10, 10][..]));
            into.extend([at.segment as i64, at.segment as i64 + 2]);
            Ok(())
        };
        reader.end_band_asking(&mut read).expect("ends");
        visits
    }

    /// Makes a piece. `ends`: where the events of each actor end.
    fn piece<'a>(
        (actors, ends): (&'a [u16], &'a [u32]),
        times: &'a [i64],
        labels: LabelsOf<'a>,
        values: &'a [u32],
    ) -> Piece<'a> {
        Piece {
            events: times.len(),
            first: times.iter().copied().min().unwrap_or_default(),
            last: times.iter().copied().max().unwrap_or_default(),
            actors,
            ends,
            times,
            labels,
            values,
            ..Piece::default()
        }
    }

    #[test]
    fn events_come_by_actor_in_order_of_time() {
        let labels = LabelsOf::Each { codes: &[1, 2, 0, 1], table: &[1, 2, 0] };
        let visits = visits(&[
            piece((&[0, 3], &[1, 3]), &[20, 10, 30], LabelsOf::Same(5), &[]),
            piece((&[0, 3], &[2, 4]), &[3, 4, 5, 25], labels, &[8, 9, 0, 7]),
            piece((&[0, 9], &[1, 2]), &[1, 1], LabelsOf::Same(0), &[]),
        ]);
        let of_0 = vec![(3, 28), (20, 50)];
        let of_3 = vec![(5, 10), (10, 50), (25, 27), (30, 50)];
        assert_eq!(visits, [(65_536, of_0), (65_539, of_3)]);
    }

    #[test]
    fn events_are_of_one_kind_unless_label_or_values_tell_them_apart() {
        let alike = piece((&[0], &[2]), &[1, 2], LabelsOf::Same(1), &[]);
        assert!(is_of_one_kind(&alike));
        assert!(!is_of_one_kind(&Piece { matched: &[3, 3], ..alike }));
        assert!(!is_of_one_kind(&piece((&[0], &[2]), &[1, 2], LabelsOf::Same(1), &[6, 6])));
        let labels = LabelsOf::Each { codes: &[0, 0], table: &[1, 2] };
        assert!(!is_of_one_kind(&piece((&[0], &[2]), &[1, 2], labels, &[])));
    }

    #[test]
    fn arrivals_decide_among_equal_times() {
        let both: (&[u16], &[u32]) = (&[2], &[2]);
        let arrived = |arrivals, label| Piece { arrivals, ..piece(both, &[10, 10], LabelsOf::Same(label), &[]) };
        let expected = [(65_538, vec![(10, 10), (10, 20), (10, 20), (10, 10)])];
        assert_eq!(visits(&[arrived(&[10, 40], 1), arrived(&[20, 30], 2)]), expected);
        // They are asked for where they were not given.
        let unread = |segment, label| Piece { unread: Some(Unread { chunk: 9, segment }), ..arrived(&[], label) };
        let expected = [(65_538, vec![(10, 20), (10, 10), (10, 20), (10, 10)])];
        assert_eq!(visits(&[unread(6, 1), unread(5, 2)]), expected);
        assert_eq!(visits(&[arrived(&[6, 8], 1), unread(5, 2)]), expected);
    }
}

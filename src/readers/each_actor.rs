//! Visits each actor with its events in order, for every KPI that asks what came after what. Pieces are gathered by
//! actor here and nowhere else; src/readers/in_order.rs hands them on chunk by chunk to plain funnels.

use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::readers::by_actor::{ByActor, Full, Moment};
use crate::source::Source;
use crate::source::question::{LabelsOf, Piece, Reader};
use std::ops::Range;

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
pub fn each_actor<P: Copy>(
    source: &mut Source,
    order: Order,
    keep: impl Fn(u64, u32) -> Option<P>,
    done: impl FnMut(TenantId, ActorNumber, &[(i64, P)]) -> Result<(), Error>,
) -> Result<(), Error> {
    each_actor_seen(source, order, |seen| keep(seen.label, seen.value), done)
}

/// Calls `done` as each_actor() does, with what `keep` makes of all that is known of an event.
pub fn each_actor_seen<P: Copy>(
    source: &mut Source,
    order: Order,
    keep: impl Fn(Seen) -> Option<P>,
    done: impl FnMut(TenantId, ActorNumber, &[(i64, P)]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (limit, at, events) = (source.memory.left(), BandOf::default(), Vec::new());
    match order {
        Order::Time => source.visit(&mut EachActor {
            gathered: ByActor::<i64, P>::new(limit),
            at,
            actors: Vec::new(),
            events,
            keep,
            done,
        }),
        Order::TimeAndArrival => source.visit(&mut EachActor {
            gathered: ByActor::<(i64, i64), P>::new(limit),
            at,
            actors: Vec::new(),
            events,
            keep,
            done,
        }),
    }
}

struct EachActor<M, P, K, F> {
    gathered: ByActor<M, P>,
    /// The tenant and the band that are read.
    at: BandOf,
    /// The actor of each event of a piece.
    actors: Vec<u16>,
    /// The events of the actor that is visited.
    events: Vec<(i64, P)>,
    keep: K,
    done: F,
}

impl<M, P, K, F> Reader<Error> for EachActor<M, P, K, F>
where
    M: Gathered,
    P: Copy,
    K: Fn(Seen) -> Option<P>,
    F: FnMut(TenantId, ActorNumber, &[(i64, P)]) -> Result<(), Error>,
{
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, _: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.gathered.begin_band();
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        piece.actor_of_each(&mut self.actors);
        let mut start = 0;
        while start < piece.events {
            let run = start..end_of_run(piece, start);
            start = run.end;
            if let Some(kept) = (self.keep)(seen(piece, run.start)) {
                M::push(&mut self.gathered, &self.actors, piece, run, kept).map_err(|Full| Memory::exceeded())?;
            }
        }
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { gathered, at: (tenant, band), events, done, .. } = self;
        gathered.visit(|place, gathered| {
            events.clear();
            events.extend(gathered.iter().map(|event| (event.moment.time(), event.payload)));
            done(*tenant, band.number(place), events)
        })
    }
}

/// Returns where the run of events ends that are like the one at `start`, and may be pushed with it.
fn end_of_run(piece: &Piece<'_>, start: usize) -> usize {
    if matches!(piece.labels, LabelsOf::Same(_)) && piece.values.is_empty() && piece.matched.is_empty() {
        return piece.events;
    }
    let first = seen(piece, start);
    (start + 1..piece.events).find(|event| seen(piece, *event) != first).unwrap_or(piece.events)
}

fn seen(piece: &Piece<'_>, event: usize) -> Seen {
    let of = |column: &[u32]| column.get(event).copied().unwrap_or(0);
    Seen { label: piece.labels.of(event), value: of(piece.values), matched: of(piece.matched) }
}

/// A kind of moment by which events can be gathered.
trait Gathered: Moment {
    /// Pushes a run of the piece's events. `actors`: the actor of each event of the piece.
    fn push<P: Copy>(
        gathered: &mut ByActor<Self, P>,
        actors: &[u16],
        piece: &Piece<'_>,
        run: Range<usize>,
        kept: P,
    ) -> Result<(), Full>;
}

impl Gathered for i64 {
    fn push<P: Copy>(
        gathered: &mut ByActor<i64, P>,
        actors: &[u16],
        piece: &Piece<'_>,
        run: Range<usize>,
        kept: P,
    ) -> Result<(), Full> {
        gathered.push(&actors[run.clone()], &piece.times[run], kept)
    }
}

impl Gathered for (i64, i64) {
    fn push<P: Copy>(
        gathered: &mut ByActor<(i64, i64), P>,
        actors: &[u16],
        piece: &Piece<'_>,
        run: Range<usize>,
        kept: P,
    ) -> Result<(), Full> {
        let (actors, times) = (&actors[run.clone()], &piece.times[run.clone()]);
        gathered.push_arrived(actors, times, &piece.arrivals[run], kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::new([7; 16]);

    /// The visits of actors: the number of each, and the times of its events with what was kept of them.
    type Visits = Vec<(u32, Vec<(i64, u32)>)>;

    /// Reads these pieces of band 1 by actor, and leaves out labels that are 0.
    fn visits<M: Gathered>(pieces: &[Piece<'_>]) -> Visits {
        let mut visits = Visits::new();
        let mut reader = EachActor {
            gathered: ByActor::<M, u32>::new(64 << 20),
            at: Default::default(),
            actors: Vec::new(),
            events: Vec::new(),
            keep: |Seen { label, value, matched }| (label > 0).then_some(label as u32 * 10 + value + matched),
            done: |tenant, number: ActorNumber, events: &[(i64, u32)]| {
                assert_eq!(tenant, TENANT);
                visits.push((number.get(), events.to_vec()));
                Ok(())
            },
        };
        reader.begin_band(TENANT, Band::new(1), 4).expect("begins");
        pieces.iter().for_each(|piece| reader.read(piece).expect("reads"));
        reader.end_band().expect("ends");
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
        let visits = visits::<i64>(&[
            piece((&[0, 3], &[1, 3]), &[20, 10, 30], LabelsOf::Same(5), &[]),
            piece((&[0, 3], &[2, 4]), &[3, 4, 5, 25], labels, &[8, 9, 0, 7]),
        ]);
        let of_0 = vec![(3, 28), (20, 50)];
        let of_3 = vec![(5, 10), (10, 50), (25, 27), (30, 50)];
        assert_eq!(visits, [(65_536, of_0), (65_539, of_3)]);
    }

    #[test]
    fn runs_end_where_label_or_value_changes() {
        let labels = LabelsOf::Each { codes: &[0, 0, 1, 1], table: &[1, 2] };
        let mixed = piece((&[0], &[4]), &[1, 2, 3, 4], labels, &[6, 6, 6, 7]);
        assert_eq!((end_of_run(&mixed, 0), end_of_run(&mixed, 2), end_of_run(&mixed, 3)), (2, 3, 4));
        let matched = Piece { matched: &[3, 3, 4, 4], values: &[], labels: LabelsOf::Same(1), ..mixed };
        assert_eq!(end_of_run(&matched, 0), 2);
        assert_eq!(end_of_run(&piece((&[0], &[2]), &[1, 2], LabelsOf::Same(1), &[]), 0), 2);
    }

    #[test]
    fn arrivals_decide_among_equal_times() {
        let both: (&[u16], &[u32]) = (&[2], &[2]);
        let arrived = |arrivals, label| Piece { arrivals, ..piece(both, &[10, 10], LabelsOf::Same(label), &[]) };
        let visits = visits::<(i64, i64)>(&[arrived(&[10, 40], 1), arrived(&[20, 30], 2)]);
        assert_eq!(visits, [(65_538, vec![(10, 10), (10, 20), (10, 20), (10, 10)])]);
    }
}

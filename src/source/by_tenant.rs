//! Pure: makes one actor of all who are of a tenant, those without an id too: what is read without actors is handed on
//! as the events of one.

use super::question::{LabelsOf, Piece, Reader};
use crate::ids::{Band, TenantId};
use telemetry_chunks::Decimal;

/// The place of the one actor in its band.
const TENANT: [u16; 1] = [0];

/// The band of the one actor.
pub const BAND: Band = Band::new(0);

/// Hands what it reads on to another reader, as the events of one actor and in order of time.
pub struct ByTenant<'r, R> {
    reader: &'r mut R,
    sorted: Sorted,
}

impl<'r, R> ByTenant<'r, R> {
    pub fn new(reader: &'r mut R) -> Self {
        ByTenant { reader, sorted: Sorted::default() }
    }
}

impl<E, R: Reader<E>> Reader<E> for ByTenant<'_, R> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.reader.needs_times(first, last)
    }

    fn needs(&self, labels: u64, first: i64, last: i64) -> bool {
        self.reader.needs(labels, first, last)
    }

    fn needs_each(&self) -> bool {
        self.reader.needs_each()
    }

    fn begin_band(&mut self, tenant: TenantId, _: Band, _: usize) -> Result<(), E> {
        self.reader.begin_band(tenant, BAND, TENANT.len())
    }

    fn expect(&mut self, events: usize) {
        self.reader.expect(events);
    }

    fn begin_chunk(&mut self, first: i64) -> Result<(), E> {
        self.reader.begin_chunk(first)
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), E> {
        let ends = [piece.events as u32];
        let piece = Piece { actors: &TENANT, ends: &ends, ..*piece };
        if moments(&piece).is_sorted() {
            return self.reader.read(&piece);
        }
        self.sorted.fill(&piece);
        self.reader.read(&self.sorted.piece(&piece))
    }

    fn end_band(&mut self) -> Result<(), E> {
        self.reader.end_band()
    }
}

/// The time and the arrival of each event whose time is known; 0 is an arrival that is not.
fn moments(piece: &Piece<'_>) -> impl Iterator<Item = (i64, i64)> {
    let arrivals = piece.arrivals;
    piece.times.iter().enumerate().map(move |(place, time)| (*time, arrivals.get(place).copied().unwrap_or(0)))
}

/// The columns of a piece in order of time. One that the piece does not have is empty.
#[derive(Default)]
struct Sorted {
    /// The moment of each event and its place in the piece.
    order: Vec<((i64, i64), u32)>,
    times: Vec<i64>,
    arrivals: Vec<i64>,
    codes: Vec<u16>,
    values: Vec<u32>,
    decimals: Vec<Decimal>,
    groups: Vec<u32>,
    matched: Vec<u32>,
    rates: Vec<f32>,
}

impl Sorted {
    fn fill(&mut self, piece: &Piece<'_>) {
        if is_of_times(piece) {
            *self = Sorted { order: std::mem::take(&mut self.order), times: piece.times.to_vec(), ..Sorted::default() };
            return self.times.sort_unstable();
        }
        let Self { order, times, arrivals, codes, values, decimals, groups, matched, rates } = self;
        let of_each = match piece.labels {
            LabelsOf::Same(_) => &[][..],
            LabelsOf::Each { codes, .. } => codes,
        };
        order.clear();
        order.extend(moments(piece).zip(0..));
        order.sort_unstable();
        gather(piece.times, order, times);
        gather(piece.arrivals, order, arrivals);
        gather(of_each, order, codes);
        gather(piece.values, order, values);
        gather(piece.decimals, order, decimals);
        gather(piece.groups, order, groups);
        gather(piece.matched, order, matched);
        gather(piece.rates, order, rates);
    }

    fn piece<'a>(&'a self, of: &Piece<'a>) -> Piece<'a> {
        Piece {
            times: &self.times,
            arrivals: &self.arrivals,
            labels: match of.labels {
                LabelsOf::Each { table, .. } => LabelsOf::Each { codes: &self.codes, table },
                same => same,
            },
            values: &self.values,
            decimals: &self.decimals,
            groups: &self.groups,
            matched: &self.matched,
            rates: &self.rates,
            ..*of
        }
    }
}

/// Tells whether nothing but times tells the events of a piece apart.
fn is_of_times(piece: &Piece<'_>) -> bool {
    matches!(piece.labels, LabelsOf::Same(_))
        && piece.arrivals.is_empty()
        && piece.values.is_empty()
        && piece.decimals.is_empty()
        && piece.groups.is_empty()
        && piece.matched.is_empty()
        && piece.rates.is_empty()
}

fn gather<T: Copy>(column: &[T], order: &[((i64, i64), u32)], into: &mut Vec<T>) {
    into.clear();
    if !column.is_empty() {
        into.extend(order.iter().map(|(_, place)| column[*place as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An event as a reader gets it: its actor, time, arrival, label, value and rate.
    type Event = (u16, i64, i64, u64, u32, u32);

    #[derive(Default)]
    struct Heard {
        bands: Vec<(Band, usize)>,
        events: Vec<Event>,
    }

    impl Reader<()> for Heard {
        fn needs_times(&self, _: i64, _: i64) -> bool {
            true
        }

        fn begin_band(&mut self, _: TenantId, band: Band, actors: usize) -> Result<(), ()> {
            self.bands.push((band, actors));
            Ok(())
        }

        fn read(&mut self, piece: &Piece<'_>) -> Result<(), ()> {
            self.events.extend(piece.each().map(|(actor, event)| {
                let rate = piece.rates.get(event).copied().unwrap_or(1.0) as u32;
                (actor, piece.times[event], piece.arrivals[event], piece.labels.of(event), piece.values[event], rate)
            }));
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn all_events_are_of_one_actor_and_in_order(given in prop::collection::vec((0i64..5, 0i64..5, 0u16..2, 0u32..9, 1u32..3), 1..40)) {
            let column = |of: fn(&(i64, i64, u16, u32, u32)) -> i64| given.iter().map(of).collect::<Vec<i64>>();
            let (times, arrivals) = (column(|event| event.0), column(|event| event.1));
            let codes: Vec<u16> = given.iter().map(|event| event.2).collect();
            let values: Vec<u32> = given.iter().map(|event| event.3).collect();
            let rates: Vec<f32> = given.iter().map(|event| event.4 as f32).collect();
            let mut heard = Heard::default();
            let mut reader = ByTenant::new(&mut heard);
            reader.begin_band(TenantId::default(), Band::NOBODYS, 7).unwrap();
            reader.read(&Piece {
                events: given.len(),
                times: &times,
                arrivals: &arrivals,
                labels: LabelsOf::Each { codes: &codes, table: &[7, 9] },
                values: &values,
                rates: &rates,
                ..Piece::default()
            }).unwrap();
            let mut expected: Vec<Event> = given.iter().map(|event| (0, event.0, event.1, [7, 9][usize::from(event.2)], event.3, event.4)).collect();
            prop_assert!(heard.events.is_sorted_by_key(|event| (event.1, event.2)));
            expected.sort_unstable();
            heard.events.sort_unstable();
            prop_assert_eq!(heard.events, expected);
            prop_assert_eq!(heard.bands, vec![(BAND, 1)]);
        }
    }

    #[test]
    fn times_alone_are_sorted() {
        struct Times(Vec<i64>);
        impl Reader<()> for Times {
            fn needs_times(&self, _: i64, _: i64) -> bool {
                true
            }

            fn read(&mut self, piece: &Piece<'_>) -> Result<(), ()> {
                assert!(piece.arrivals.is_empty() && piece.values.is_empty() && piece.rates.is_empty());
                self.0.extend_from_slice(piece.times);
                Ok(())
            }
        }
        let mut times = Times(Vec::new());
        let mut reader = ByTenant::new(&mut times);
        // The columns of the first piece are not those of the second.
        let first = Piece { events: 2, times: &[2, 1], values: &[5, 6], rates: &[0.5, 1.0], ..Piece::default() };
        reader.sorted.fill(&first);
        reader.read(&Piece { events: 3, times: &[9, 4, 7], ..Piece::default() }).unwrap();
        assert_eq!(times.0, [4, 7, 9]);
    }

    #[test]
    fn what_is_not_asked_for_stays_out() {
        let mut heard = Counted::default();
        ByTenant::new(&mut heard).read(&Piece { events: 3, ..Piece::default() }).unwrap();
        assert_eq!(heard.0, vec![(vec![0], vec![3], 0)]);
    }

    #[derive(Default)]
    struct Counted(Vec<(Vec<u16>, Vec<u32>, usize)>);

    impl Reader<()> for Counted {
        fn needs_times(&self, _: i64, _: i64) -> bool {
            false
        }

        fn read(&mut self, piece: &Piece<'_>) -> Result<(), ()> {
            self.0.push((piece.actors.to_vec(), piece.ends.to_vec(), piece.times.len()));
            Ok(())
        }
    }
}

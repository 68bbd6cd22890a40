//! Counts events by label and bucket: a reader for every KPI that asks how many. A sampled event stands for 1/rate
//! events, so counts are kept by rate, and the same events give the same number from whatever source they come.

use crate::calendar::Edges;
use crate::error::Error;
use crate::source::count::Count;
use crate::source::question::{LabelsOf, Piece, Reader};
use foldhash::HashMap;

/// The counts by label and bucket; events outside the buckets are not counted.
pub struct Counting {
    edges: Edges,
    pub counts: HashMap<(u64, usize), Count>,
}

impl Counting {
    pub fn new(edges: Edges) -> Counting {
        Counting { edges, counts: HashMap::default() }
    }

    fn add(&mut self, label: u64, time: i64, events: i64, rate: f32) {
        self.add_to(label, self.edges.place_of(time), events, rate);
    }

    fn add_to(&mut self, label: u64, place: usize, events: i64, rate: f32) {
        if let Some(bucket) = self.edges.bucket_in(place) {
            self.counts.entry((label, bucket)).or_default().add(events, rate);
        }
    }
}

impl Reader<Error> for Counting {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let is_one_bucket = !self.edges.part(piece.first, piece.last);
        match piece.labels {
            LabelsOf::Same(label) if piece.rates.is_empty() && is_one_bucket => {
                self.add(label, piece.first, piece.events as i64, 1.0);
            }
            LabelsOf::Same(label) if piece.rates.is_empty() => {
                // In any order: as many counts as places, not a search in a map for each event.
                let begin = self.edges.place_of(piece.first);
                let mut places = vec![0; self.edges.place_of(piece.last) - begin + 1];
                piece.times.iter().for_each(|time| places[self.edges.place_of(*time) - begin] += 1);
                for (place, events) in places.into_iter().enumerate().filter(|(_, events)| *events > 0) {
                    self.add_to(label, begin + place, events, 1.0);
                }
            }
            labels => {
                for event in 0..piece.events {
                    let time = piece.times.get(event).copied().unwrap_or(piece.first);
                    self.add(labels.of(event), time, 1, piece.rates.get(event).copied().unwrap_or(1.0));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_in_the_bucket_of_their_time() {
        let mut counting = Counting::new(Edges::new(vec![10, 20, 30]));
        assert!(counting.needs_times(12, 20) && !counting.needs_times(10, 19));
        let times = [9, 10, 19, 20, 29, 30];
        let (codes, table) = ([1; 6], [0, 7]);
        let piece =
            |labels| Piece { events: times.len(), first: 9, last: 30, times: &times, labels, ..Piece::default() };
        counting.read(&piece(LabelsOf::Same(7))).expect("counts");
        counting.read(&piece(LabelsOf::Each { codes: &codes, table: &table })).expect("counts");
        assert_eq!((counting.counts[&(7, 0)].events(), counting.counts[&(7, 1)].events()), (4.0, 4.0));
        assert_eq!(counting.counts.len(), 2);
    }
}

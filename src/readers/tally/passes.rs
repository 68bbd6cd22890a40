//! Reads the pieces of a source for a tally: first how many events each value has, then those of each bucket and group.
//! No event is allocated for: a value is its number, and a label's cells lie side by side.

use crate::calendar::Edges;
use crate::error::Error;
use crate::memory::Memory;
use crate::readers::tally::cells::Cells;
use crate::source::question::{LabelsOf, Piece, Reader};

/// The cells of each label that events have.
#[derive(Default)]
pub struct ByLabel {
    pub labels: Vec<u64>,
    pub cells: Vec<Cells>,
}

impl ByLabel {
    /// The place of a label.
    pub fn place_of(&mut self, label: u64) -> usize {
        self.labels.iter().position(|known| *known == label).unwrap_or_else(|| {
            self.labels.push(label);
            self.cells.push(Cells::default());
            self.labels.len() - 1
        })
    }

    pub fn memory(&self) -> usize {
        self.cells.iter().map(Cells::memory).sum()
    }

    /// Makes room for so many cells of a label. Error: 53200 they do not fit.
    fn reach(&mut self, place: usize, cells: usize, left: usize) -> Result<&mut Cells, Error> {
        if cells > self.cells[place].len() {
            // A list that grows holds up to twice what it needs, and both while it grows.
            let more = 3 * (cells - self.cells[place].len()) * size_of::<i64>();
            if self.memory() + more > left {
                return Err(Memory::exceeded());
            }
            self.cells[place].reach(cells);
        }
        Ok(&mut self.cells[place])
    }

    /// Adds each event of a piece to the cell that is told of it; none: to no cell. `cells`: how many there may be.
    fn add(
        &mut self,
        piece: &Piece<'_>,
        cells: usize,
        left: usize,
        mut cell_of: impl FnMut(usize) -> Option<usize>,
    ) -> Result<(), Error> {
        match piece.labels {
            LabelsOf::Same(label) => {
                let place = self.place_of(label);
                let into = self.reach(place, cells, left)?;
                if piece.rates.is_empty() {
                    let whole = into.whole();
                    for event in 0..piece.events {
                        if let Some(cell) = cell_of(event) {
                            whole[cell] += 1;
                        }
                    }
                } else {
                    for event in 0..piece.events {
                        if let Some(cell) = cell_of(event) {
                            into.add(cell, piece.rates[event]);
                        }
                    }
                }
            }
            LabelsOf::Each { codes, table } => {
                let mut places = vec![None; table.len()];
                for (event, code) in codes.iter().enumerate() {
                    let (Some(cell), code) = (cell_of(event), usize::from(*code)) else { continue };
                    let place = match places[code] {
                        Some(place) => place,
                        None => {
                            let place = self.place_of(table[code]);
                            self.reach(place, cells, left)?;
                            *places[code].insert(place)
                        }
                    };
                    self.cells[place].add(cell, piece.rates.get(event).copied().unwrap_or(1.0));
                }
            }
        }
        if self.memory() > left { Err(Memory::exceeded()) } else { Ok(()) }
    }
}

/// Counts the events of each value: a cell is the value's number.
pub struct Sizing {
    pub by_value: ByLabel,
    left: usize,
}

impl Sizing {
    pub fn new(left: usize) -> Sizing {
        Sizing { by_value: ByLabel::default(), left }
    }
}

impl Reader<Error> for Sizing {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        if piece.values.is_empty() {
            return self.by_value.add(piece, 1, self.left, |_| Some(0));
        }
        let most = piece.values.iter().max().map_or(0, |value| *value as usize);
        self.by_value.add(piece, most + 1, self.left, |event| Some(piece.values[event] as usize))
    }
}

/// Counts the events of each bucket and group: the cells of a bucket lie side by side.
pub struct Grouping {
    pub by_cell: ByLabel,
    edges: Edges,
    /// The group of each value; of a value that is not shown the number of groups.
    groups: Vec<u32>,
    width: usize,
    left: usize,
}

impl Grouping {
    /// `groups`: the group of each value. `width`: how many groups there are.
    pub fn new(edges: Edges, groups: Vec<u32>, width: usize, left: usize) -> Grouping {
        Grouping { by_cell: ByLabel::default(), edges, groups, width, left }
    }
}

/// So many edges are counted through sooner than they are searched.
const FEW_EDGES: usize = 16;

impl Reader<Error> for Grouping {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let Self { by_cell, edges, groups, width, left } = self;
        let (width, buckets) = (*width, edges.buckets());
        let cells = buckets * width;
        let group_of = |event: usize| {
            let value = piece.values.get(event).map_or(0, |value| *value as usize);
            groups.get(value).map(|group| *group as usize).filter(|group| *group < width)
        };
        let begin = edges.place_of(piece.first);
        let inner = &edges.times()[begin..edges.place_of(piece.last)];
        if inner.is_empty() {
            let Some(bucket) = edges.bucket_in(begin) else { return Ok(()) };
            return by_cell.add(piece, cells, *left, |event| Some(bucket * width + group_of(event)?));
        }
        by_cell.add(piece, cells, *left, |event| {
            let time = piece.times[event];
            let passed = if inner.len() <= FEW_EDGES {
                inner.iter().map(|edge| usize::from(*edge <= time)).sum()
            } else {
                inner.partition_point(|edge| *edge <= time)
            };
            Some(edges.bucket_in(begin + passed)? * width + group_of(event)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::count::Count;

    fn events(by: &ByLabel, label: u64, cells: usize) -> Vec<f64> {
        let place = by.labels.iter().position(|known| *known == label).expect("a label");
        by.cells[place].counts(cells).iter().map(Count::events).collect()
    }

    #[test]
    fn events_are_counted_by_bucket_and_group() {
        let (times, values, rates) = ([9, 10, 19, 20, 29, 30], [1, 2, 0, 2, 3, 1], [1.0, 1.0, 0.5, 1.0, 1.0, 1.0]);
        let (codes, table) = ([1; 6], [0, 7]);
        let same = Piece {
            events: 6,
            first: 9,
            last: 30,
            times: &times,
            values: &values,
            labels: LabelsOf::Same(4),
            ..Piece::default()
        };
        let each =
            Piece { labels: LabelsOf::Each { codes: &codes, table: &table }, values: &values, rates: &rates, ..same };
        let (mut sizing, mut grouping) =
            (Sizing::new(1 << 20), Grouping::new(Edges::new(vec![10, 20, 30]), vec![1, 2, 0, 2], 3, 1 << 20));
        for piece in [&Piece { ..same }, &each] {
            sizing.read(piece).expect("counts");
            grouping.read(piece).expect("counts");
        }
        assert_eq!(events(&sizing.by_value, 4, 4), [1.0, 2.0, 2.0, 1.0]);
        assert_eq!(events(&sizing.by_value, 7, 4), [2.0, 2.0, 2.0, 1.0]);
        assert_eq!(events(&grouping.by_cell, 4, 6), [1.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!(events(&grouping.by_cell, 7, 6), [1.0, 2.0, 0.0, 1.0, 0.0, 1.0]);
        assert_eq!((sizing.by_value.labels, grouping.by_cell.labels), (vec![4, 7], vec![4, 7]));
        assert!(Sizing::new(8).read(&each).is_err());
    }
}

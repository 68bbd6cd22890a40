//! Finds the bytes of columns in slices of a body: columns that lie near each other come in one.

use super::Column;
use std::ops::Deref;

/// Columns that lie at most so many bytes apart are fetched together.
const WORTH_READING_OVER: u32 = 4_096;

/// Columns of one kind of several segments, fetched in as few slices of the body as is sensible.
#[derive(Debug)]
pub struct Slices<S> {
    /// Each slice, and where it begins in the body.
    slices: Vec<(u32, S)>,
}

impl<S: Deref<Target = [u8]>> Slices<S> {
    /// Fetches columns, which are told in the order of the body. `read` gets the place of a slice and its length.
    pub fn fetch(&mut self, columns: impl Iterator<Item = Column>, mut read: impl FnMut(u32, u32) -> S) {
        self.slices.clear();
        let mut pending: Option<(u32, u32)> = None;
        let mut take = |slice: Option<(u32, u32)>| {
            self.slices.extend(slice.map(|(start, end)| (start, read(start, end - start))));
        };
        for column in columns.filter(|column| column.length > 0) {
            let end = column.start + column.length;
            pending = match pending {
                Some((start, until)) if column.start >= until && column.start - until <= WORTH_READING_OVER => {
                    Some((start, end))
                }
                other => {
                    take(other);
                    Some((column.start, end))
                }
            };
        }
        take(pending);
    }

    /// The bytes of a column that was fetched; fewer where the body is shorter than its header says.
    pub fn of(&self, column: Column) -> &[u8] {
        let slice = self.slices.partition_point(|(start, _)| *start <= column.start);
        let Some((start, bytes)) = slice.checked_sub(1).and_then(|slice| self.slices.get(slice)) else { return &[] };
        let begin = (column.start - start) as usize;
        bytes.get(begin..begin + column.length as usize).unwrap_or_default()
    }
}

impl<S> Default for Slices<S> {
    fn default() -> Self {
        Slices { slices: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_lie_near_come_in_one_slice() {
        let body: Vec<u8> = (0..20_000_u32).map(|place| place as u8).collect();
        let column = |start, length| Column { start, length, checksum: 0 };
        let columns = [column(3, 2), column(5, 0), column(4_000, 1), column(12_000, 9), column(19_999, 5)];
        let (mut slices, mut read) = (Slices::default(), Vec::new());
        slices.fetch(columns.into_iter(), |start, length| {
            read.push((start, length));
            let end = body.len().min((start + length) as usize);
            body[start as usize..end].to_vec()
        });
        assert_eq!(read, [(3, 3_998), (12_000, 9), (19_999, 5)]);
        assert_eq!(slices.of(columns[0]), [3, 4]);
        assert_eq!(slices.of(columns[2]), [4_000_u32 as u8]);
        assert_eq!(slices.of(columns[3]), &body[12_000..12_009]);
        assert!(slices.of(columns[1]).is_empty());
        assert!(slices.of(columns[4]).is_empty(), "the body ends before it does");
        assert!(Slices::<Vec<u8>>::default().of(columns[0]).is_empty());
    }
}

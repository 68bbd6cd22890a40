//! Pure: counts distinct actors over sliding runs of buckets, in a time that does not depend on how long they are.

/// The words of a cache line. The sets are read line by line, each for all buckets: so of the earlier buckets 64 bytes
/// per bucket of a run are kept, and not a set.
const LINE: usize = 8;

/// Adds the counts that [`super::Activity::add_rolling_counts`] describes.
///
/// Buckets are taken in blocks of `n`. A run of `n` buckets is the end of one block and the beginning of the next: the
/// beginning grows bucket by bucket, all ends of a block are made at once when it is whole. So each bucket is read
/// twice, whatever `n`.
pub(super) fn add_counts(sets: &[Vec<u64>], words: usize, n: usize, counts: &mut [i64]) {
    let n = n.clamp(1, sets.len().max(1));
    let mut ends = vec![[0; LINE]; n];
    for first in (0..words).step_by(LINE) {
        ends.fill([0; LINE]);
        for (block, counts) in sets.chunks(n).zip(counts.chunks_mut(n)) {
            let mut beginning = [0; LINE];
            for (place, (set, count)) in block.iter().zip(counts).enumerate() {
                beginning = either(beginning, line(set, first));
                let end = ends.get(place + 1).copied().unwrap_or_default();
                *count += i64::from(either(beginning, end).iter().map(|word| word.count_ones()).sum::<u32>());
            }
            let mut end = [0; LINE];
            for (place, set) in block.iter().enumerate().rev() {
                end = either(end, line(set, first));
                ends[place] = end;
            }
        }
    }
}

/// A line of a set: its words from `first` on, 0 where there are no more.
fn line(set: &[u64], first: usize) -> [u64; LINE] {
    let words = set.get(first..).unwrap_or_default();
    words.first_chunk().copied().unwrap_or_else(|| std::array::from_fn(|place| words.get(place).copied().unwrap_or(0)))
}

fn either(one: [u64; LINE], other: [u64; LINE]) -> [u64; LINE] {
    std::array::from_fn(|place| one[place] | other[place])
}

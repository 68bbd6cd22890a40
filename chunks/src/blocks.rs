//! Pure: stores numbers in blocks of 128: a byte for the width, then as many bits for each. A far outlier widens only
//! its own block.

use super::varint::Cursor;
use crate::packed::{BLOCK, Unpacked, length_of, pack, width_of};

pub fn write(numbers: &[u64], into: &mut Vec<u8>) {
    for block in numbers.chunks(BLOCK) {
        let width = width_of(block.iter().fold(0, |bits, number| bits | number));
        into.push(width as u8);
        pack(block.iter().copied(), width, into);
    }
}

/// Hands out `count` numbers, a block at a time. Returns None where the bytes are not those of so many; some blocks may
/// have been handed out by then.
pub fn read(bytes: &[u8], count: usize, each: impl FnMut(&[u64])) -> Option<()> {
    let mut bytes = Cursor(bytes);
    read_from(&mut bytes, count, each)?;
    bytes.0.is_empty().then_some(())
}

/// Hands out numbers as read() does, and leaves the bytes that follow them.
pub fn read_from(bytes: &mut Cursor<'_>, count: usize, mut each: impl FnMut(&[u64])) -> Option<()> {
    let mut unpacked = Unpacked::new();
    for start in (0..count).step_by(BLOCK) {
        let count = BLOCK.min(count - start);
        let width = bytes.byte()?.into();
        each(unpacked.block(bytes.take(length_of(count, width))?, width, count)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_comes_back_and_no_other() {
        for count in [0, 1, 127, 128, 129, 256, 1000] {
            let numbers: Vec<u64> = (0..count as u64).map(|n| (n * n + 1) << (n % 40)).collect();
            let mut bytes = Vec::new();
            write(&numbers, &mut bytes);
            let mut back = Vec::new();
            assert_eq!(read(&bytes, count, |block| back.extend_from_slice(block)), Some(()));
            assert_eq!(back, numbers);
            assert_eq!(read(&bytes, count + 16, |_| ()), None);
            bytes.push(0);
            assert_eq!(read(&bytes, count, |_| ()), None);
        }
        assert_eq!(read(&[65, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1, |_| ()), None, "wider than a number");
    }
}

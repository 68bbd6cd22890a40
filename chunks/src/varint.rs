//! Pure: the parts of a header and of the head of a column: numbers in seven bits a byte, the lowest first, and texts
//! behind their length. A number has one form only, the shortest.

/// Reads from the front of bytes that may be anything; returns None where they do not hold what is asked for.
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub fn fixed<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (fixed, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*fixed)
    }

    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return (byte != 0 || shift == 0).then_some(number);
            }
        }
        None
    }

    /// Reads a number that is at most `most`.
    pub fn count(&mut self, most: usize) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= most)
    }

    /// Reads bytes that lie behind their length.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count(self.0.len())?;
        self.take(length)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

pub fn write_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

pub fn write_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    write_number(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

/// Turns numbers near 0 of either sign into small numbers.
pub fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

pub fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for number in (0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, u64::MAX >> bit]) {
            let mut bytes = Vec::new();
            write_number(number, &mut bytes);
            let mut cursor = Cursor(&bytes);
            assert_eq!((cursor.number(), cursor.0.len()), (Some(number), 0));
            assert_eq!(Cursor(&bytes[..bytes.len() - 1]).number(), None);
            assert_eq!(zigzag(unzigzag(number)), number);
        }
        assert_eq!(Cursor(&[0x81, 0]).number(), None, "longer than it need be");
        assert_eq!(Cursor(&[0xff; 10]).number(), None, "no end");
        assert_eq!(Cursor(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).number(), None, "65 bits");
    }
}

//! Names of keys are compared as whole names without case, `_`, `-` and spaces: `apiKey`, `api_key` and `API-KEY` are
//! one.

/// A map from names, which is asked without allocating.
#[derive(Debug, Clone, Default)]
pub struct Names<T> {
    /// The table, by open addressing: a power of two slots, at least four times the entries. It holds the names as they
    /// were given.
    slots: Vec<Option<(String, T)>>,
    entries: usize,
    /// One bit for each pair of first and last letter (five bits of each): by that alone most keys are known to be no
    /// name.
    ends: [u64; 16],
}

impl<T> Names<T> {
    pub fn new() -> Names<T> {
        Names { slots: Vec::new(), entries: 0, ends: [0; 16] }
    }

    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Returns the value of a name and the name as it was given.
    pub fn get(&self, name: &str) -> Option<(&str, &T)> {
        let (word, bit) = ends(name);
        if self.slots.is_empty() || self.ends[word] & bit == 0 {
            return None;
        }
        let (own, value) = self.slots[self.slot(name)].as_ref()?;
        Some((own, value))
    }

    /// Returns the value of a name, which is made first where there is none.
    pub fn entry(&mut self, name: &str, make: impl FnOnce() -> T) -> &mut T {
        if self.entries * 4 >= self.slots.len() {
            self.grow();
        }
        let (word, bit) = ends(name);
        self.ends[word] |= bit;
        let slot = self.slot(name);
        let entries = &mut self.entries;
        let (_, value) = self.slots[slot].get_or_insert_with(|| {
            *entries += 1;
            (name.to_owned(), make())
        });
        value
    }

    /// Returns where the name is, or would be. The search ends, as at most a quarter of the slots is taken.
    fn slot(&self, name: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(name) as usize & mask;
        while let Some((other, _)) = &self.slots[slot] {
            if letters(other).eq(letters(name)) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        let old = std::mem::take(&mut self.slots);
        self.slots.resize_with(size, || None);
        for (name, value) in old.into_iter().flatten() {
            let slot = self.slot(&name);
            self.slots[slot] = Some((name, value));
        }
    }
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b' ')).map(|byte| byte.to_ascii_lowercase())
}

fn ends(name: &str) -> (usize, u64) {
    let is_letter = |byte: &&u8| !matches!(byte, b'_' | b'-' | b' ');
    let bytes = name.as_bytes();
    let first = bytes.iter().find(is_letter).map_or(0, |byte| usize::from(byte & 31));
    let last = bytes.iter().rev().find(is_letter).map_or(0, |byte| usize::from(byte & 31));
    (first / 2, 1 << (32 * (first % 2) + last))
}

/// The hash is FNV-1a, folded, because the low bits alone pick the slot.
fn hash(name: &str) -> u64 {
    let hash = letters(name)
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash ^ (hash >> 32)
}

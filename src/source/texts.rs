//! Pure: numbers for texts, in place of the texts.

use foldhash::HashMap;

/// Numbers of texts, from 1, in order of appearance.
#[derive(Default)]
pub struct Texts {
    numbers: HashMap<String, u32>,
    pub texts: Vec<String>,
    memory: usize,
}

impl Texts {
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        // Each text is kept twice, with its place in a hash table.
        self.memory += 2 * (text.len() + size_of::<String>()) + 24;
        self.texts.push(text.to_string());
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_string(), number);
        number
    }

    /// Bytes that are held.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

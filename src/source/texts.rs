//! Pure: replaces texts by numbers.

use crate::derived::timeline::chunk::Decimal;
use crate::derived::timeline::scalar;
use crate::jsonb::keys::together;
use foldhash::HashMap;

/// The numbers of texts, from 1, in order of appearance.
#[derive(Default)]
pub struct Texts {
    numbers: HashMap<String, u32>,
    decimals: HashMap<Decimal, u32>,
    /// The numbers of lists of texts, by the numbers of these.
    lists: HashMap<Box<[u32]>, u32>,
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

    /// The number of a decimal's text.
    pub fn number_of_decimal(&mut self, decimal: Decimal) -> u32 {
        if let Some(number) = self.decimals.get(&decimal) {
            return *number;
        }
        let mut stored = Vec::new();
        decimal.write(&mut stored);
        let number = scalar::text(&stored).map_or(0, |text| self.number(text));
        self.memory += size_of::<(Decimal, u32)>() + 16;
        self.decimals.insert(decimal, number);
        number
    }

    /// The number of a list of texts, each given by its number or 0 for none; 0 where none is there.
    pub fn number_of_list(&mut self, numbers: &[u32]) -> u32 {
        if let Some(number) = self.lists.get(numbers) {
            return *number;
        }
        let text = |number: &u32| Some(self.texts.get((*number as usize).checked_sub(1)?)?.as_str());
        let number = together(numbers.iter().map(text)).map_or(0, |text| self.number(&text));
        self.memory += size_of_val(numbers) + 48;
        self.lists.insert(numbers.into(), number);
        number
    }

    /// The bytes that are held.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

//! Pure: replaces texts by numbers.

use crate::derived::timeline::scalar;
use crate::jsonb::keys::together;
use foldhash::HashMap;
use telemetry_chunks::Decimal;

/// The numbers of texts, from 1, in order of appearance.
#[derive(Default)]
pub struct Texts {
    numbers: HashMap<String, u32>,
    decimals: HashMap<Decimal, u32>,
    /// The numbers of lists of texts, by the numbers of these.
    lists: HashMap<Box<[u32]>, u32>,
    pairs: HashMap<(u32, u32), u32>,
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

    /// The number of a pair of numbers, from 1; 0 where one of them is 0. Lists of equal length have the same number only
    /// where they are the same, if the number of all but the last is paired with the last.
    pub fn number_of_pair(&mut self, one: u32, other: u32) -> u32 {
        if one == 0 || other == 0 {
            return 0;
        }
        let next = self.pairs.len() as u32 + 1;
        *self.pairs.entry((one, other)).or_insert_with(|| {
            self.memory += size_of::<((u32, u32), u32)>() + 16;
            next
        })
    }

    /// The bytes that are held.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_the_same_number_where_they_are_the_same() {
        let mut texts = Texts::default();
        let [a, b] = ["a", "b"].map(|text| texts.number(text));
        let mut of = |list: [u32; 3]| {
            let pair = texts.number_of_pair(list[0], list[1]);
            texts.number_of_pair(pair, list[2])
        };
        let all = [[a, a, b], [a, b, a], [b, a, a], [b, b, a], [a, a, a]];
        let mut numbers = all.map(&mut of);
        assert_eq!(numbers, all.map(&mut of));
        assert_eq!([[a, 0, b], [0, a, b], [a, b, 0]].map(&mut of), [0; 3]);
        numbers.sort_unstable();
        assert!(numbers[0] > 0 && numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

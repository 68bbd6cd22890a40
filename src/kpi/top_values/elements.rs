//! Tells which values an event counts for: the value of its key, or each element of its array.

use crate::error::Error;
use crate::kpi::top_values::ranking::Ranking;
use crate::source::Source;
use foldhash::HashMap;

/// The elements of each value of a source. A value that is no list is its own element.
#[derive(Default)]
pub struct Elements {
    /// The texts of the elements, by their numbers.
    pub texts: Vec<String>,
    /// The numbers of the elements of all values, one value after the other.
    numbers: Vec<u32>,
    /// Where the elements of each value end.
    ends: Vec<usize>,
}

impl Elements {
    /// Finds the elements of a source's values below a number. `are_elements`: each value is a JSON array of the elements'
    /// texts, as the touched key of elements gives it. Error: 53200 they do not fit.
    pub fn of_source(source: &Source, values: usize, are_elements: bool) -> Result<Elements, Error> {
        let (mut elements, mut known) = (Elements::default(), HashMap::<String, u32>::default());
        let mut held = 0;
        // Nothing is the element of no value.
        elements.ends.push(0);
        for number in 1..values as u32 {
            let text = source.value(number).unwrap_or_default();
            let texts =
                if are_elements { serde_json::from_str(text).unwrap_or_default() } else { vec![text.to_string()] };
            for text in texts {
                let of_text = match known.get(&text) {
                    Some(of_text) => *of_text,
                    None => {
                        held += 2 * (text.len() + size_of::<String>()) + 16;
                        elements.texts.push(text.clone());
                        known.insert(text, elements.texts.len() as u32 - 1);
                        elements.texts.len() as u32 - 1
                    }
                };
                elements.numbers.push(of_text);
            }
            elements.ends.push(elements.numbers.len());
            if number.is_multiple_of(1 << 16) {
                source.memory.check(held + elements.memory())?;
            }
        }
        source.memory.check(held + elements.memory())?;
        Ok(elements)
    }

    /// The numbers of a value's elements.
    pub fn of(&self, value: usize) -> &[u32] {
        let begin = value.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[begin..self.ends[value]]
    }

    /// The slots of a value's elements, each once.
    pub fn slots_of(&self, value: usize, ranking: &Ranking) -> Vec<usize> {
        let mut slots: Vec<usize> =
            self.of(value).iter().map(|element| ranking.slot_of(&self.texts[*element as usize])).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The bytes that are held, about.
    pub fn memory(&self) -> usize {
        self.texts.iter().map(|text| text.len() + size_of::<String>()).sum::<usize>()
            + self.numbers.capacity() * size_of::<u32>()
            + self.ends.capacity() * size_of::<usize>()
    }
}

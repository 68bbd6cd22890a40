//! Pure: the rows of a ratio: how many objects of each bucket and value got how far, beside the bucket before.

use foldhash::HashMap;

/// The other values together.
pub const OTHER: &str = "$other";

/// An object in a bucket. `bucket`: 0 the one before the range, else its place from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub bucket: usize,
    /// The number of its value, 0 none.
    pub value: u32,
    pub is_reached: bool,
    pub is_lost: bool,
    pub is_recovered: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    pub objects: i64,
    pub reached: i64,
    pub lost: i64,
    pub recovered: i64,
}

impl Cell {
    fn add(&mut self, object: &Counted) {
        self.objects += 1;
        self.reached += i64::from(object.is_reached);
        self.lost += i64::from(object.is_lost);
        self.recovered += i64::from(object.is_recovered);
    }

    pub fn ratio(&self) -> Option<f64> {
        share(self.reached, self.objects)
    }

    pub fn recovery_rate(&self) -> Option<f64> {
        share(self.recovered, self.lost)
    }
}

fn share(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// Which values have a line of their own: none first, then by value.
pub struct Lines {
    pub values: Vec<Option<String>>,
    /// The line of a value's number.
    places: HashMap<u32, usize>,
    of_others: Option<usize>,
    of_none: Option<usize>,
}

impl Lines {
    /// The `most` values with the most objects in the range, the others in one, those without a value in one. Without
    /// objects in the range: one line.
    pub fn choose<'a>(
        objects: impl Iterator<Item = Counted>,
        most: usize,
        text_of: impl Fn(u32) -> Option<&'a str>,
    ) -> Lines {
        let mut counts: HashMap<u32, i64> = HashMap::default();
        for object in objects.filter(|object| object.bucket > 0) {
            *counts.entry(object.value).or_default() += 1;
        }
        // A value spelled $other is one of the others.
        let of_text = |(value, count): (&u32, &i64)| Some((-count, text_of(*value)?, *value));
        let mut ranked: Vec<_> = counts.iter().filter_map(of_text).filter(|(_, text, _)| *text != OTHER).collect();
        let (ranks, with_value) = (ranked.len(), counts.keys().filter(|value| **value > 0).count());
        ranked.sort_unstable();
        ranked.truncate(most);
        let mut shown: Vec<Option<&str>> = ranked.iter().map(|(_, text, _)| Some(*text)).collect();
        shown.extend((ranks > most || ranks < with_value).then_some(Some(OTHER)));
        shown.extend((counts.is_empty() || counts.contains_key(&0)).then_some(None));
        shown.sort_unstable();
        let place_of = |text: Option<&str>| shown.binary_search(&text).ok();
        let places = ranked.iter().filter_map(|(_, text, value)| Some((*value, place_of(Some(text))?))).collect();
        let (of_others, of_none) = (place_of(Some(OTHER)), place_of(None));
        Lines { values: shown.iter().map(|text| text.map(str::to_string)).collect(), places, of_others, of_none }
    }

    /// Of each line, the cells of the bucket before and of each of `buckets`.
    pub fn count(&self, objects: impl Iterator<Item = Counted>, buckets: usize) -> Vec<Vec<Cell>> {
        let mut cells = vec![vec![Cell::default(); buckets + 1]; self.values.len()];
        for object in objects {
            let others = if object.value > 0 { self.of_others } else { self.of_none };
            let place = self.places.get(&object.value).copied().or(others);
            if let Some(cell) = place.and_then(|place| cells[place].get_mut(object.bucket)) {
                cell.add(&object);
            }
        }
        cells
    }
}

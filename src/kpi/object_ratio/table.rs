//! Pure: makes the rows of a ratio: how many objects of each bucket and value got how far, beside the bucket before.

use super::objects::Standing;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::measuring::Group;
use foldhash::HashMap;
use serde::{Deserialize, Serialize};

/// An object in a bucket, to be counted. `bucket` is 0 for the bucket before the range, else its place from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub bucket: usize,
    /// The number of the object's value; 0 where it has none.
    pub value: u32,
    pub standing: Standing,
    pub is_reached: bool,
    pub is_lost: bool,
    pub is_recovered: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub objects: i64,
    pub reached: i64,
    pub lost: i64,
    pub recovered: i64,
    pub not_yet_due: i64,
    pub undated: i64,
}

impl Additive for Cell {
    fn add_up(&mut self, other: Cell) -> Result<(), Damaged> {
        self.objects.add_up(other.objects)?;
        self.reached.add_up(other.reached)?;
        self.lost.add_up(other.lost)?;
        self.recovered.add_up(other.recovered)?;
        self.not_yet_due.add_up(other.not_yet_due)?;
        self.undated.add_up(other.undated)
    }

    fn is_nothing(&self) -> bool {
        *self == Cell::default()
    }
}

impl Cell {
    fn add(&mut self, object: &Counted) {
        match object.standing {
            Standing::NotYetDue => self.not_yet_due += 1,
            Standing::Undated => self.undated += 1,
            Standing::Counted => self.count(object),
        }
    }

    fn count(&mut self, object: &Counted) {
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

/// The values that have a line of their own, in order: no value first, then by value, the others last.
pub struct Lines {
    pub values: Vec<Group>,
    /// The line of a value's number.
    places: HashMap<u32, usize>,
    of_others: Option<usize>,
    of_none: Option<usize>,
}

impl Lines {
    /// Chooses the lines: one for each of the `most` values with the most objects that count in the range, one for all
    /// other values, and one for objects without a value. Without objects in the range there is one line.
    pub fn choose<'a>(
        objects: impl Iterator<Item = Counted>,
        most: usize,
        text_of: impl Fn(u32) -> Option<&'a str>,
    ) -> Lines {
        let mut counts: HashMap<u32, i64> = HashMap::default();
        for object in objects.filter(|object| object.bucket > 0) {
            *counts.entry(object.value).or_default() += i64::from(object.standing == Standing::Counted);
        }
        let of_text = |(value, count): (&u32, &i64)| Some((-count, text_of(*value)?, *value));
        let mut ranked: Vec<_> = counts.iter().filter_map(of_text).collect();
        let (ranks, with_value) = (ranked.len(), counts.keys().filter(|value| **value > 0).count());
        ranked.sort_unstable();
        ranked.truncate(most);
        let mut values: Vec<Group> = ranked.iter().map(|(_, text, _)| Group::of(Some(text))).collect();
        values.extend((ranks > most || ranks < with_value).then(Group::other));
        values.extend((counts.is_empty() || counts.contains_key(&0)).then(|| Group::of(None)));
        values.sort_unstable();
        let place_of = |group: &Group| values.binary_search(group).ok();
        let places =
            ranked.iter().filter_map(|(_, text, value)| Some((*value, place_of(&Group::of(Some(text)))?))).collect();
        let (of_others, of_none) = (place_of(&Group::other()), place_of(&Group::of(None)));
        Lines { values, places, of_others, of_none }
    }

    /// Counts the cells of each line, of the bucket before and of each of `buckets`.
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

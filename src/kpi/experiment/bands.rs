//! The actors who were exposed to an experiment, by band, as one source numbers them.

use super::precise::Precise;
use crate::ids::BandOf;
use std::collections::BTreeMap;

/// The exposed actors by tenant and band.
pub type Bands = BTreeMap<BandOf, ExposedActors>;

#[derive(Default)]
pub struct ExposedActors {
    /// The places of the exposed actors in their band, ascending.
    pub places: Vec<u16>,
    pub actors: Vec<Exposed>,
}

impl ExposedActors {
    /// Keeps the actors at these places of the list.
    pub fn keep(&mut self, is_kept: impl Fn(usize) -> bool) {
        fn only<T: Copy>(list: &[T], is_kept: impl Fn(usize) -> bool) -> Vec<T> {
            list.iter().enumerate().filter(|(at, _)| is_kept(*at)).map(|(_, item)| *item).collect()
        }
        self.places = only(&self.places, &is_kept);
        self.actors = only(&self.actors, &is_kept);
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Exposed {
    pub exposed_at: i64,
    /// The variants that the actor was exposed to, a bit for each.
    pub variants: u64,
    pub value: Precise,
    pub denominator: Precise,
    pub before: Precise,
    pub denominator_before: Precise,
    pub not_numeric: u32,
}

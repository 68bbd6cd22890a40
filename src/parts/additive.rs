//! Pure: what adds up, whatever the order.

use crate::parts::format::Damaged;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Something that was counted, which what was counted elsewhere is added to.
pub trait Additive: Serialize + DeserializeOwned + Default {
    /// Adds what was counted elsewhere. Error: the sum does not fit, as that of real counts would.
    fn add_up(&mut self, other: Self) -> Result<(), Damaged>;

    /// Tells whether adding it changes nothing: then it need not travel.
    fn is_nothing(&self) -> bool;
}

impl Additive for () {
    fn add_up(&mut self, (): ()) -> Result<(), Damaged> {
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        true
    }
}

impl Additive for i64 {
    fn add_up(&mut self, other: i64) -> Result<(), Damaged> {
        *self = self.checked_add(other).ok_or(Damaged)?;
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

impl Additive for i128 {
    fn add_up(&mut self, other: i128) -> Result<(), Damaged> {
        *self = self.checked_add(other).ok_or(Damaged)?;
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        *self == 0
    }
}

/// Whether something is so anywhere.
impl Additive for bool {
    fn add_up(&mut self, other: bool) -> Result<(), Damaged> {
        *self |= other;
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        !*self
    }
}

impl<A: Additive, B: Additive> Additive for (A, B) {
    fn add_up(&mut self, other: (A, B)) -> Result<(), Damaged> {
        self.0.add_up(other.0)?;
        self.1.add_up(other.1)
    }

    fn is_nothing(&self) -> bool {
        self.0.is_nothing() && self.1.is_nothing()
    }
}

/// Place by place.
impl<T: Additive, const N: usize> Additive for [T; N]
where
    [T; N]: Serialize + DeserializeOwned + Default,
{
    fn add_up(&mut self, other: [T; N]) -> Result<(), Damaged> {
        self.iter_mut().zip(other).try_for_each(|(into, one)| into.add_up(one))
    }

    fn is_nothing(&self) -> bool {
        self.iter().all(T::is_nothing)
    }
}

/// Place by place, as far as the longer one goes.
impl<T: Additive> Additive for Vec<T> {
    fn add_up(&mut self, other: Vec<T>) -> Result<(), Damaged> {
        if self.len() < other.len() {
            self.resize_with(other.len(), T::default);
        }
        self.iter_mut().zip(other).try_for_each(|(into, one)| into.add_up(one))
    }

    fn is_nothing(&self) -> bool {
        self.iter().all(T::is_nothing)
    }
}

impl<K: Ord + Serialize + DeserializeOwned, T: Additive> Additive for BTreeMap<K, T> {
    fn add_up(&mut self, other: BTreeMap<K, T>) -> Result<(), Damaged> {
        other.into_iter().try_for_each(|(key, one)| self.entry(key).or_default().add_up(one))
    }

    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

//! Reads breakdown and top_n: by which payload keys an answer is divided, and how many of their values it shows apart.

use crate::db::call::Call;
use crate::error::Error;
use crate::jsonb::keys::Keys;
use crate::parts;
use crate::readers::adding::Cut;
use crate::readers::arguments::{bad, between};

pub use crate::readers::measuring::{Group, Groups};

/// A breakdown that was asked for.
#[derive(Debug, Clone)]
pub struct Breakdown {
    pub keys: Keys,
    /// How many values are shown apart: all of them where what is gathered becomes a part.
    pub most: usize,
}

impl Breakdown {
    /// Reads both arguments; None without a breakdown. Errors: 22023 keys that are none, the elements of an array, top_n
    /// that is not between 1 and 1000, or without a breakdown.
    pub fn asked(call: &Call<'_>) -> Result<Option<Breakdown>, Error> {
        let keys = asked_keys(call)?;
        let most = asked_most(call, keys.as_ref())?;
        Ok(keys.map(|keys| Breakdown { keys, most: gathered(most) }))
    }
}

/// How many values are gathered apart where so many are shown: which of them are is not known of a part.
pub fn gathered(shown: usize) -> usize {
    if parts::is_giving() { usize::MAX } else { shown }
}

/// Cuts by how many actors the values have.
pub fn by_actors<C>(breakdown: Option<&Breakdown>, are_actors: bool) -> Cut<impl Fn(&i64, &C) -> i64> {
    Cut { most: breakdown.map_or(1, |breakdown| breakdown.most), size: |actors: &i64, _: &C| *actors, are_actors }
}

/// Reads top_n beside a breakdown, or beside none.
pub fn asked_most(call: &Call<'_>, keys: Option<&Keys>) -> Result<usize, Error> {
    match asked_top_n(call)? {
        Some(_) if keys.is_none() => Err(without("top_n")),
        most => Ok(most.unwrap_or(DEFAULT)),
    }
}

/// Makes the error of an argument that says something of a breakdown where there is none.
pub fn without(argument: &str) -> Error {
    bad(
        &format!("{argument} says nothing without a breakdown"),
        &format!("Give breakdown a payload key, or leave {argument} out."),
    )
}

/// How many values are shown apart where nothing is said.
pub const DEFAULT: usize = 10;

/// Reads breakdown alone.
pub fn asked_keys(call: &Call<'_>) -> Result<Option<Keys>, Error> {
    Ok(call.text("breakdown")?.map(Keys::of_breakdown).transpose()?)
}

/// Reads top_n alone. None: it is not given. Error: 22023 none or over 1000.
pub fn asked_top_n(call: &Call<'_>) -> Result<Option<usize>, Error> {
    let given = call.integer("top_n")?;
    given.map(|most| between("top_n", Some(most), DEFAULT as i32, 1, 1_000)).transpose()
}

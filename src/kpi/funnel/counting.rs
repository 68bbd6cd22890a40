//! Decides what a funnel counts: actors, each at its furthest step, or entries, which are all journeys that they make.

use super::breakdown::Touch;
use super::definition::{Asked, Attribution, Count};
use super::engine::{ExclusionMode, Ordering, Outcome};
use crate::db::call::Call;
use crate::error::Error;
use crate::readers::arguments::{asked_word, bad};

impl Asked {
    /// Reads every argument of a funnel that takes count beside the others. Error: 22023 entries of a funnel that has
    /// none.
    pub fn counting(call: &Call<'_>) -> Result<Asked, Error> {
        let mut asked = Asked::of(call)?;
        asked.count = asked_word(call, "count", &[("actors", Count::Actors), ("entries", Count::Entries)])?;
        if asked.count == Count::Actors {
            return Ok(asked);
        }
        let drops = !asked.definition.exclusions.is_empty() && asked.definition.exclusion == ExclusionMode::DropActor;
        let problem = match () {
            () if asked.definition.ordering == Ordering::Unordered => {
                "an unordered funnel has no first step by which it is entered: it counts actors only"
            }
            () if drops => "exclusion drop_actor is about actors, and count is entries",
            () if asked.optional != 0 => "a funnel with optional steps counts actors only",
            () => return Ok(asked),
        };
        Err(bad(problem, "Leave count out for actors, or ask for an ordered or strict funnel of entries."))
    }

    /// Whether each journey counts.
    pub fn counts_entries(&self) -> bool {
        self.count == Count::Entries
    }
}

/// Finds the value of the breakdown that a journey has, by its own events; 0 where it has none, or where each value has
/// journeys of its own (AllSteps).
pub fn value_of_entry(attribution: Option<Attribution>, touched: &[(i64, Touch)], outcome: &Outcome) -> u32 {
    let mut values = outcome.events().iter().filter_map(|event| touched.get(*event)).map(|(_, touch)| touch.value);
    let value = match attribution {
        None | Some(Attribution::AllSteps) => None,
        Some(Attribution::FirstTouch) => values.find(|value| *value != 0),
        Some(Attribution::LastTouch) => values.rfind(|value| *value != 0),
        Some(Attribution::Step(step)) => values.nth(step),
    };
    value.unwrap_or(0)
}

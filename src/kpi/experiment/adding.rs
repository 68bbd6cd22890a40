//! Adds up what exposed actors did over several logs: how many actors there are of each outcome.

use super::gathering::Gathered;
use super::statistics::Outcome;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the actors of each variant did, and how many were exposed to several.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ByVariant {
    pub variants: BTreeMap<String, OfVariant>,
    pub in_several: i64,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct OfVariant {
    pub outcomes: Outcomes,
    pub not_numeric: i64,
}

/// Outcomes, of which none is lost when those of several logs are added up.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(into = "Vec<(Bits, u64)>", from = "Vec<(Bits, u64)>")]
pub struct Outcomes {
    ones: Vec<Outcome>,
    /// Those of parts: each with how often it occurs.
    runs: Vec<(Bits, u64)>,
}

/// The bits of an outcome's numbers.
type Bits = [u64; 4];

impl ByVariant {
    pub fn of(gathered: &Gathered) -> ByVariant {
        let mut all = ByVariant::default();
        all.variants.extend(gathered.variants.iter().map(|variant| (variant.clone(), OfVariant::default())));
        for participant in gathered.participants() {
            let name = participant.variant.map(|variant| &gathered.variants[variant]);
            match name.and_then(|name| all.variants.get_mut(name)) {
                Some(of_variant) => {
                    of_variant.outcomes.ones.push(participant.outcome);
                    of_variant.not_numeric += participant.not_numeric;
                }
                None => all.in_several += 1,
            }
        }
        all
    }

    /// How many actors were exposed to one variant.
    pub fn actors(&self) -> usize {
        self.variants.values().fold(0, |sum: usize, of_variant| sum.saturating_add(of_variant.outcomes.len()))
    }
}

impl Outcomes {
    fn len(&self) -> usize {
        self.runs.iter().fold(self.ones.len(), |sum, (_, times)| sum.saturating_add(*times as usize))
    }

    /// Lists them; the caller sees to it first that they fit.
    pub fn into_list(self) -> Vec<Outcome> {
        let mut all = self.ones;
        for ([value, denominator, before, denominator_before], times) in self.runs {
            let outcome = Outcome {
                value: f64::from_bits(value),
                denominator: f64::from_bits(denominator),
                before: f64::from_bits(before),
                denominator_before: f64::from_bits(denominator_before),
            };
            all.resize(all.len() + times as usize, outcome);
        }
        all
    }
}

/// As they are written: each once, ascending.
impl From<Outcomes> for Vec<(Bits, u64)> {
    fn from(Outcomes { ones, mut runs }: Outcomes) -> Vec<(Bits, u64)> {
        runs.extend(
            ones.iter()
                .map(|one| ([one.value, one.denominator, one.before, one.denominator_before].map(f64::to_bits), 1)),
        );
        runs.sort_unstable();
        runs.dedup_by(|(outcome, times), (kept, of_kept)| {
            let again = outcome == kept;
            *of_kept += if again { *times } else { 0 };
            again
        });
        runs
    }
}

impl From<Vec<(Bits, u64)>> for Outcomes {
    fn from(runs: Vec<(Bits, u64)>) -> Outcomes {
        Outcomes { ones: Vec::new(), runs }
    }
}

impl Additive for ByVariant {
    fn add_up(&mut self, other: ByVariant) -> Result<(), Damaged> {
        self.variants.add_up(other.variants)?;
        self.in_several.add_up(other.in_several)
    }

    fn is_nothing(&self) -> bool {
        self.variants.is_empty() && self.in_several == 0
    }
}

impl Additive for OfVariant {
    fn add_up(&mut self, mut other: OfVariant) -> Result<(), Damaged> {
        self.outcomes.ones.append(&mut other.outcomes.ones);
        self.outcomes.runs.append(&mut other.outcomes.runs);
        i64::try_from(self.outcomes.len()).map_err(|_| Damaged)?;
        self.not_numeric.add_up(other.not_numeric)
    }

    fn is_nothing(&self) -> bool {
        self.outcomes.len() == 0 && self.not_numeric == 0
    }
}

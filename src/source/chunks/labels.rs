//! Labels the events of a segment with the classes they are of, which their properties and users decide.

use super::columns::Columns;
use super::values::{mark_others, mark_others_of};
use super::{ChunkOf, Scratch, SegmentOf};
use crate::error::Error;
use crate::source::cohorts::Cohorts;
use crate::source::question::Question;
use crate::source::raw::LabelCodes;
use std::ops::Range;

/// Few are at most one of so many.
const FEW: usize = 8;

impl ChunkOf {
    /// Finds the label that all events of the segment have. None: each has its own, whose code is put into the scratch.
    pub(super) fn read_labels(
        &self,
        of: &SegmentOf,
        question: &Question,
        cohorts: &Cohorts,
        scratch: &mut Scratch,
    ) -> Result<Option<u64>, Error> {
        let needed = of.tests.conditions();
        if needed == 0 {
            return Ok(of.label());
        }
        let few = few_in(&question.range, &scratch.columns.instants);
        scratch.holding.resize(of.segment.events, 0);
        for (n, condition) in question.conditions.iter().enumerate().filter(|(n, _)| needed & 1 << n != 0) {
            // An empty object is contained in every payload.
            scratch.fails.clear();
            scratch.fails.resize(of.segment.events, false);
            for (key, tests) in condition.tests.iter().flatten() {
                let Some(held) = self.hold_property(&of.segment, key, scratch)? else { continue };
                let (property, fails) = (&scratch.properties[held].1, &mut scratch.fails);
                match &few {
                    None => mark_others(property, tests, fails),
                    Some(few) => mark_others_of(few, property, tests, fails),
                }
            }
            let (band, Columns { actors, ends, .. }) = ((self.tenant, self.band), &scratch.columns);
            cohorts.mark_failing(&condition.cohorts, band, actors, ends, &mut scratch.fails);
            for (holding, fails) in scratch.holding.iter_mut().zip(&scratch.fails) {
                *holding |= u64::from(!fails) << n;
            }
        }
        let mut labels = LabelCodes::default();
        let table = &mut scratch.table;
        let mut code = |holding: u64| {
            let label = of.tests.label(holding).map(|label| of.name.unwrap_or(label));
            // Code 0: left out.
            label.map_or(Ok(0), |label| labels.code(label, table))
        };
        let (codes, holding) = (&mut scratch.columns.codes, &scratch.holding);
        match few {
            None => {
                for holding in holding {
                    codes.push(code(*holding)?);
                }
            }
            Some(few) => {
                codes.resize(of.segment.events, 0);
                for place in few {
                    codes[place] = code(holding[place])?;
                }
            }
        }
        Ok(None)
    }
}

/// The places of the events in a range, where times were read and they are few; whatever label the others get, they are
/// left out.
fn few_in(range: &Range<i64>, instants: &[i64]) -> Option<Vec<usize>> {
    if instants.is_empty() {
        return None;
    }
    let events = instants.iter().enumerate().filter(|(_, instant)| range.contains(instant));
    let few: Vec<usize> = events.map(|(place, _)| place).take(instants.len() / FEW + 1).collect();
    (few.len() <= instants.len() / FEW).then_some(few)
}

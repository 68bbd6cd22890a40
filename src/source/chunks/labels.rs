//! Labels the events of a segment with the classes they are of, which their properties and users decide.

use super::values::mark_others;
use super::{ChunkOf, Scratch, SegmentOf};
use crate::error::Error;
use crate::source::cohorts::Cohorts;
use crate::source::question::Question;
use crate::source::raw::LabelCodes;

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
        scratch.holding.resize(of.segment.events, 0);
        for (n, condition) in question.conditions.iter().enumerate().filter(|(n, _)| needed & 1 << n != 0) {
            let mut fails: Vec<bool> = Vec::new();
            for (key, tests) in condition.tests.iter().flatten() {
                if self.read_property(&of.segment, key, scratch)? {
                    fails.resize(of.segment.events, false);
                    mark_others(&scratch.dictionary, tests, &mut fails);
                }
            }
            // An empty object is contained in every payload.
            fails.resize(of.segment.events, false);
            let band = (self.tenant, self.band);
            cohorts.mark_failing(&condition.cohorts, band, &scratch.columns.actors, &scratch.columns.ends, &mut fails);
            for (holding, fails) in scratch.holding.iter_mut().zip(fails) {
                *holding |= u64::from(!fails) << n;
            }
        }
        let mut codes = LabelCodes::default();
        for holding in &scratch.holding {
            let label = of.tests.label(*holding).map(|label| of.name.unwrap_or(label));
            // Code 0: left out.
            let code = match label {
                None => 0,
                Some(label) => codes.code(label, &mut scratch.table)?,
            };
            scratch.columns.codes.push(code);
        }
        Ok(None)
    }
}

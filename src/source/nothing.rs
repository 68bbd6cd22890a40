//! A source without events.

use super::raw::RawEvents;
use super::{Choice, Cohorts, Source, Texts};
use crate::memory::Memory;
use crate::source::question::Question;
use std::collections::BTreeMap;

impl Source {
    /// Makes a source without events, for a KPI that makes its rows of parts.
    pub(super) fn of_nothing(mut question: Question, memory: Memory) -> Source {
        Source {
            is_by_tenant: question.forget_tenants(),
            question,
            choice: Choice::Timeline,
            chunks: Vec::new(),
            raw: RawEvents::default(),
            cohorts: Cohorts::default(),
            tenants: BTreeMap::new(),
            names: Vec::new(),
            values: Texts::default(),
            memory,
        }
    }
}

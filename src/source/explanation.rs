//! What a call of a KPI would read, noted while explain_kpi() asks it: then nothing is read.

use super::Source;
use crate::error::Error;
use crate::threads::Threads;
use std::cell::RefCell;

/// What explain_kpi() says about one read of a call.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub source: &'static str,
    pub reason: &'static str,
    pub chunks: i64,
    pub derived_events: i64,
    pub raw_events: i64,
    /// The threads that the call asks for, its own among them, and those that it would get at this moment.
    pub threads_asked: i32,
    pub threads_got: i32,
}

thread_local! {
    /// What a call would read, noted while it is explained; None while nothing is explained.
    static EXPLANATION: RefCell<Option<Vec<Explanation>>> = const { RefCell::new(None) };
}

/// Runs `call`, whose KPIs read nothing but say what they would.
pub fn explain(call: impl FnOnce() -> Result<(), Error>) -> Result<Vec<Explanation>, Error> {
    /// Ends the explaining when it is dropped, also where `call` raises.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            EXPLANATION.take();
        }
    }
    let _ended = Ended;
    EXPLANATION.set(Some(Vec::new()));
    call()?;
    Ok(EXPLANATION.take().unwrap_or_default())
}

/// Tells whether a call is being explained: then nothing is read.
pub fn is_explaining() -> bool {
    EXPLANATION.with_borrow(Option::is_some)
}

/// Notes what a source would read.
pub(super) fn note(source: &Source, raw_events: i64) {
    push(Explanation {
        source: source.choice.source(),
        reason: source.choice.reason(),
        chunks: source.chunks.len() as i64,
        derived_events: source.chunked_events() as i64,
        raw_events,
        ..Explanation::default()
    });
}

/// Notes what would be read as note() does, for rows that are read one by one without a source.
pub fn note_rows(raw_events: i64) {
    let reason = "the timeline does not hold all that is asked for of each event";
    push(Explanation { source: "raw", reason, raw_events, ..Explanation::default() });
}

/// Notes what would be read as note() does, for what was answered by hourly counts.
pub fn note_hours(counts: i64, raw_events: i64) {
    let reason = "hourly counts, and the rows above their cursor";
    push(Explanation { source: "hourly_counts", reason, derived_events: counts, raw_events, ..Explanation::default() });
}

/// Notes how many threads the call would get for what was noted last.
pub(super) fn note_threads() {
    EXPLANATION.with_borrow_mut(|explanations| {
        if let Some(last) = explanations.as_mut().and_then(|explanations| explanations.last_mut()) {
            let threads = Threads::of_events((last.derived_events + last.raw_events) as usize);
            (last.threads_asked, last.threads_got) = (threads.asked as i32, threads.got() as i32);
        }
    });
}

fn push(explanation: Explanation) {
    EXPLANATION.with_borrow_mut(|explanations| explanations.iter_mut().for_each(|all| all.push(explanation.clone())));
}

/// A read of nothing by the call's own thread.
impl Default for Explanation {
    fn default() -> Explanation {
        Explanation {
            source: "raw",
            reason: "",
            chunks: 0,
            derived_events: 0,
            raw_events: 0,
            threads_asked: 1,
            threads_got: 1,
        }
    }
}

//! Parts: what a KPI counted in one log, as bytes, so that the counts of several logs add up to one answer.
//!
//! A KPI gathers, and then makes rows of what it gathered. Between the two it calls [`exchange`]. Usually that does
//! nothing. While [`give`] runs, what was gathered is kept as a part. While [`finish`] runs, a source has no events, and
//! the sum of the parts takes the place of what was gathered. So a part that is finished alone is the ordinary answer.
//!
//! An answer that is made of several KPIs, such as a dashboard, says before each what is asked: [`begin_question`]. Then a KPI that
//! fails in one log, or is asked in some of them only, leaves the others in their places.
//!
//! A tenant is whole in one log, and an actor belongs to one tenant: no actor is counted in two parts. Where the users of a tenant are
//! divided, each whole in one log, the same holds for users, and what is asked about other actors is refused: [`Divided`].

pub mod additive;
pub mod format;
pub mod questions;

use crate::error::Error;
use additive::Additive;
use format::{Damaged, Segment};
use questions::Question;
use std::cell::RefCell;
use std::mem::take;

/// What the rows of an answer depend on beside what was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Noted {
    /// The first and the last time of an event, where somebody asked for them.
    span: Option<(i64, i64)>,
    /// Where the range begins and ends.
    range: Option<(Option<i64>, Option<i64>)>,
}

/// What becomes of what a KPI gathers.
enum Pass {
    Usual,
    Giving {
        asks: Asks,
        divided: Divided,
        noted: Noted,
        segments: Vec<Segment>,
    },
    /// `parts` are those of the present question, `questions` those that are left, of each log; None: there is one alone.
    Finishing {
        noted: Noted,
        parts: Vec<Vec<Segment>>,
        next: usize,
        questions: Option<Vec<Vec<Question>>>,
    },
}

/// How many questions an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    One,
    /// Each begins with [`begin_question`].
    Several,
}

/// How events are divided among logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divided {
    /// Each tenant is whole in one log.
    ByTenant,
    /// Each user is whole in one log; a session, a subject or a tenant may have events in several.
    ByUser,
}

thread_local! {
    static PASS: RefCell<Pass> = const { RefCell::new(Pass::Usual) };
}

/// Ends a pass when it is dropped, also where the work raises.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        PASS.replace(Pass::Usual);
    }
}

/// Runs `work` and gives what its KPIs gathered, one segment for each exchange().
pub fn give(asks: Asks, divided: Divided, work: impl FnOnce() -> Result<(), Error>) -> Result<Vec<Segment>, Error> {
    let _ended = Ended;
    PASS.replace(Pass::Giving { asks, divided, noted: Noted::default(), segments: Vec::new() });
    work()?;
    match PASS.replace(Pass::Usual) {
        Pass::Giving { segments, .. } => Ok(segments),
        Pass::Usual | Pass::Finishing { .. } => Ok(Vec::new()),
    }
}

/// Runs `work`, whose KPIs read no events and make their rows of these parts. Error: 22023 the parts are those of another
/// question.
pub fn finish(asks: Asks, parts: Vec<Vec<Segment>>, work: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    let _ended = Ended;
    let noted = Noted::default();
    PASS.replace(match asks {
        Asks::One => Pass::Finishing { noted, parts, next: 0, questions: None },
        Asks::Several => {
            let questions = parts
                .into_iter()
                .enumerate()
                .map(|(place, part)| questions::of_segments(part).map_err(|Damaged| Error::DamagedPart { place }));
            Pass::Finishing { noted, parts: Vec::new(), next: 0, questions: Some(questions.collect::<Result<_, _>>()?) }
        }
    });
    work()?;
    match PASS.replace(Pass::Usual) {
        Pass::Finishing { parts, next, questions: None, .. } => {
            match parts.iter().position(|part| part.len() != next) {
                Some(place) => Err(Error::UnlikePart { place }),
                None => Ok(()),
            }
        }
        // A log may have asked for more than the answer needs in the end.
        Pass::Finishing { .. } | Pass::Usual | Pass::Giving { .. } => Ok(()),
    }
}

/// Says what the next counts are of, where an answer is made of several questions: the same text in every log.
pub fn begin_question(asked: &str) -> Result<(), Error> {
    PASS.with_borrow_mut(|pass| match pass {
        Pass::Giving { asks: Asks::Several, noted, segments, .. } => {
            // What a question that failed had noted is not the next one's.
            *noted = Noted::default();
            segments.push(questions::beginning(asked).map_err(|Damaged| Error::DamagedPart { place: 0 })?);
            Ok(())
        }
        Pass::Finishing { noted, parts, next, questions: Some(questions) } => {
            (*noted, *next) = (Noted::default(), 0);
            *parts = questions.iter_mut().map(|of_log| questions::taken(of_log, asked)).collect();
            Ok(())
        }
        Pass::Finishing { .. } | Pass::Giving { .. } | Pass::Usual => Ok(()),
    })
}

/// Tells whether what is gathered becomes a part: then every value of a breakdown counts, for which of them are shown is
/// known at the end.
pub fn is_giving() -> bool {
    PASS.with_borrow(|pass| matches!(pass, Pass::Giving { .. }))
}

/// Tells whether what is gathered becomes a part of a log that has some users of a tenant: then nobody but users is counted.
pub fn is_of_some_users() -> bool {
    PASS.with_borrow(|pass| matches!(pass, Pass::Giving { divided: Divided::ByUser, .. }))
}

/// Tells whether rows are made of parts: then nothing is read.
pub fn is_finishing() -> bool {
    PASS.with_borrow(|pass| matches!(pass, Pass::Finishing { .. }))
}

/// Refuses to make parts, or rows of them, of what does not add up.
pub fn refuse(kpi: &str, problem: &str, hint: &str) -> Result<(), Error> {
    match is_giving() || is_finishing() {
        true => Err(Error::NotAdditive { kpi: kpi.into(), problem: problem.into(), hint: hint.into() }),
        false => Ok(()),
    }
}

/// Notes the first and the last time of an event, and gives those of all parts where rows are made of parts.
pub fn span(found: Option<(i64, i64)>) -> Option<(i64, i64)> {
    PASS.with_borrow_mut(|pass| match pass {
        Pass::Usual => found,
        Pass::Giving { noted, .. } => {
            noted.span = wider(noted.span, found);
            found
        }
        Pass::Finishing { parts, next, .. } => {
            parts.iter().filter_map(|part| part.get(*next)).fold(None, |span, segment| wider(span, segment.span))
        }
    })
}

/// Gives the span from the first time of either to the last.
pub fn wider(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (one, other) {
        (Some((first, last)), Some((other_first, other_last))) => Some((first.min(other_first), last.max(other_last))),
        (one, other) => one.or(other),
    }
}

/// Notes where the range begins and ends: parts of different ranges do not add up.
pub fn note_range(range: (Option<i64>, Option<i64>)) {
    PASS.with_borrow_mut(|pass| match pass {
        Pass::Usual => {}
        Pass::Giving { noted, .. } | Pass::Finishing { noted, .. } => noted.range = Some(range),
    });
}

/// Hands over what a KPI gathered. Gives what it is to make its rows of instead; None: of what it gathered. `what` names
/// the kind of what was gathered. Errors: 22023 the parts are those of another question, or they are damaged; 0A000 one of several
/// questions was not counted in a log.
pub fn exchange<T: Additive>(what: &str, gathered: impl FnOnce() -> T) -> Result<Option<T>, Error> {
    if is_giving() {
        let body = format::encode(&gathered()).map_err(|Damaged| Error::DamagedPart { place: 0 })?;
        PASS.with_borrow_mut(|pass| {
            if let Pass::Giving { noted, segments, .. } = pass {
                let Noted { span, range } = take(noted);
                segments.push(Segment { what: what.into(), span, range, body });
            }
        });
        return Ok(None);
    }
    PASS.with_borrow_mut(|pass| {
        let Pass::Finishing { noted, parts, next, questions } = pass else { return Ok(None) };
        let range = take(noted).range;
        let mut sum = T::default();
        for (place, part) in parts.iter().enumerate() {
            let segment = part.get(*next).ok_or(match questions {
                Some(_) => Error::UncountedPart { place },
                None => Error::UnlikePart { place },
            })?;
            if segment.what != what || segment.range != range {
                return Err(Error::UnlikePart { place });
            }
            let added = format::decode(&segment.body).and_then(|counted| sum.add_up(counted));
            added.map_err(|Damaged| Error::DamagedPart { place })?;
        }
        *next += 1;
        Ok(Some(sum))
    })
}

#[cfg(test)]
mod tests;

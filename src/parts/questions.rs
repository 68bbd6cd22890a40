//! Pure: several questions in one part. Before the segments of each stands one that says what is asked.

use super::format::{Damaged, Segment, decode, encode};
use std::mem::take;

/// The `what` of a segment that begins a question. Nothing that is gathered has this name.
const BEGINS: &str = "question";

/// What one log counted for one question.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Question {
    asked: String,
    segments: Vec<Segment>,
    is_taken: bool,
}

/// Gives the segment that begins a question.
pub fn beginning(asked: &str) -> Result<Segment, Damaged> {
    Ok(Segment { what: BEGINS.into(), span: None, range: None, body: encode(&asked)? })
}

/// Divides a part. Damaged: it does not begin with a question.
pub fn of_segments(segments: Vec<Segment>) -> Result<Vec<Question>, Damaged> {
    let mut questions: Vec<Question> = Vec::new();
    for segment in segments {
        if segment.what == BEGINS {
            questions.push(Question { asked: decode(&segment.body)?, ..Question::default() });
        } else {
            questions.last_mut().ok_or(Damaged)?.segments.push(segment);
        }
    }
    Ok(questions)
}

/// Takes what a log counted for a question, the first time that it was asked and is not taken yet; nothing where it was not asked.
/// Questions may come in another order than they were asked in.
pub fn taken(questions: &mut [Question], asked: &str) -> Vec<Segment> {
    match questions.iter_mut().find(|question| !question.is_taken && question.asked == asked) {
        Some(question) => {
            question.is_taken = true;
            take(&mut question.segments)
        }
        None => Vec::new(),
    }
}

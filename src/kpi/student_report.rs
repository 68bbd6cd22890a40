//! Predicts the scores of students from what they answered right. Twin: sql/kpi/student_report.sql, which counts that.

mod score;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::arguments::{asked_confidence, bad};
use pgrx::prelude::*;
use score::{Answered, Prior};

/// An exam has at most so many questions.
const MOST_QUESTIONS: i32 = 1000;

/// A row: the place of the student in the lists, from 1, the expected score, and the ends of its interval.
type Predicted = (i32, Option<f64>, Option<f64>, Option<f64>);

/// Predicts the score of each student of one tenant in an exam. Contract: see the COMMENT in sql/kpi/student_report.sql.
#[pg_extern(sql = false)]
fn predicted_scores(call: Call<'_>) -> Answer<Predicted> {
    let students = students(&call)?;
    let fewest = fewest(&call)?;
    let questions = match call.integer("questions")?.unwrap_or(20) {
        questions @ 1..=MOST_QUESTIONS => questions as u32,
        _ => Err(bad("questions must be between 1 and 1000", "How many the exam has: questions => 20."))?,
    };
    let confidence = asked_confidence(&call)?;
    let known: Vec<Answered> = students.iter().copied().filter(|student| student.questions >= fewest).collect();
    let prior = Prior::of(&known);
    let rows: Vec<Predicted> = (1..)
        .zip(students)
        .map(|(place, student)| {
            if student.questions < fewest {
                return (place, None, None, None);
            }
            let next = prior.after(student);
            let (low, high) = next.interval(questions, confidence);
            (place, Some(next.expected()), Some(low), Some(high))
        })
        .collect();
    call.rows(rows)
}

fn fewest(call: &Call<'_>) -> Result<f64, Error> {
    match call.integer("fewest_answers")?.unwrap_or(10) {
        fewest @ 1.. => Ok(f64::from(fewest)),
        _ => {
            Err(bad("fewest_answers must be 1 or more", "A score of fewer answers is not told: fewest_answers => 10."))
        }
    }
}

/// Reads two lists of one length; NULL counts as 0.
fn students(call: &Call<'_>) -> Result<Vec<Answered>, Error> {
    let right = call.numbers("right_answers")?.unwrap_or_default();
    let questions = call.numbers("questions_answered")?.unwrap_or_default();
    let student = |(right, questions): (Option<f64>, Option<f64>)| {
        let questions = questions.unwrap_or(0.0).max(0.0);
        Answered { right: right.unwrap_or(0.0).clamp(0.0, questions), questions }
    };
    Ok(right.into_iter().zip(questions).map(student).collect())
}

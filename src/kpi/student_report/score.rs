//! Pure: predicts a score by the beta-binomial model of test scores (Keats and Lord, Psychometrika 27, 1962; Lord,
//! Psychometrika 30, 1965).
//!
//! Each student has a probability of being right; those of all students are beta distributed, and the answers of one are
//! independent. The distribution of the students is estimated from their answers by moments (Kleinman, Journal of the
//! American Statistical Association 68, 1973, with the number of answers as weights), which draws a score from few answers
//! towards that of all. A score that is still to come then is beta-binomial: its interval holds both what is not known of
//! the student and what chance does in one exam.

use statrs::function::gamma::ln_gamma;

/// Fewer students say too little about how students differ: each is then judged by the own answers alone.
const FEWEST_STUDENTS: usize = 10;
/// What all students weigh at most and at least, in answers: where they differ no more than chance would have it, their
/// moments give no number.
const WEIGHT: (f64, f64) = (0.5, 1000.0);

/// What a student answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    pub right: f64,
    pub questions: f64,
}

/// The beta distribution of a probability of being right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    right: f64,
    wrong: f64,
}

impl Prior {
    /// Estimates how students differ. Of fewer than ten it is not known: then all probabilities are alike likely.
    pub fn of(students: &[Answered]) -> Prior {
        let answers: f64 = students.iter().map(|student| student.questions).sum();
        let right: f64 = students.iter().map(|student| student.right).sum();
        let all = right / answers;
        let by_chance = all * (1.0 - all);
        if students.len() < FEWEST_STUDENTS || by_chance.is_nan() {
            return Prior { right: 1.0, wrong: 1.0 };
        }
        // All are right, or none is: they do not differ.
        let alike = |weight: f64| Prior { right: (all * weight).max(0.5), wrong: ((1.0 - all) * weight).max(0.5) };
        if by_chance == 0.0 {
            return alike(WEIGHT.1);
        }
        let (mut spread, mut shares, mut weighted) = (0.0, 0.0, 0.0);
        for student in students.iter().filter(|student| student.questions > 0.0) {
            let rest = 1.0 - student.questions / answers;
            spread += student.questions * (student.right / student.questions - all).powi(2);
            shares += rest;
            weighted += student.questions * rest;
        }
        // The correlation of two answers of one student: 1 / (right + wrong + 1).
        let correlation = (spread - by_chance * shares) / (by_chance * (weighted - shares));
        let weight = if correlation > 0.0 { 1.0 / correlation - 1.0 } else { f64::INFINITY };
        alike(if weight.is_nan() { WEIGHT.1 } else { weight.clamp(WEIGHT.0, WEIGHT.1) })
    }

    /// Gives what is known once a student has answered.
    pub fn after(self, student: Answered) -> Prior {
        Prior { right: self.right + student.right, wrong: self.wrong + student.questions - student.right }
    }

    /// Gives the expected share of right answers.
    pub fn expected(self) -> f64 {
        self.right / (self.right + self.wrong)
    }

    /// Gives the shares of right answers in an exam of so many questions, between which it lies with this probability at
    /// least. As much is left out on either side at most.
    pub fn interval(self, questions: u32, confidence: f64) -> (f64, f64) {
        let outside = (1.0 - confidence) / 2.0;
        let whole = f64::from(questions);
        let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
        let start = ln_beta(self.right, self.wrong);
        let (mut below, mut low) = (0.0, None);
        for right in 0..=questions {
            let right = f64::from(right);
            let ways = -(whole + 1.0).ln() - ln_beta(right + 1.0, whole - right + 1.0);
            below += (ways + ln_beta(self.right + right, self.wrong + whole - right) - start).exp();
            if low.is_none() && below > outside {
                low = Some(right);
            }
            if below >= 1.0 - outside {
                return (low.unwrap_or(right) / whole, right / whole);
            }
        }
        // The sum of all falls short of 1 by what sums are off.
        (low.unwrap_or(whole) / whole, 1.0)
    }
}

#[cfg(test)]
mod tests;

//! Known numbers of the distribution, and how often the interval holds the score that comes.

use super::*;

fn student(right: u32, questions: u32) -> Answered {
    Answered { right: f64::from(right), questions: f64::from(questions) }
}

#[test]
fn without_others_a_students_answers_decide() {
    let prior = Prior::of(&[student(7, 10)]);
    assert_eq!(prior, Prior { right: 1.0, wrong: 1.0 });
    // Laplace's rule of succession.
    assert!((prior.after(student(7, 10)).expected() - 8.0 / 12.0).abs() < 1e-12);
    // A uniform probability makes every number of right answers alike likely.
    assert_eq!(prior.interval(99, 0.89), (5.0 / 99.0, 94.0 / 99.0));
}

#[test]
fn one_question_is_right_or_wrong() {
    let sure = Prior { right: 99.0, wrong: 1.0 };
    assert_eq!(sure.interval(1, 0.95), (1.0, 1.0));
    assert_eq!(Prior { right: 1.0, wrong: 1.0 }.interval(1, 0.95), (0.0, 1.0));
}

#[test]
fn students_that_do_not_differ_are_drawn_to_all() {
    let alike: Vec<Answered> = (0..50).map(|_| student(12, 20)).collect();
    let prior = Prior::of(&alike);
    assert!((prior.after(student(20, 20)).expected() - 0.6).abs() < 0.02);
    let perfect: Vec<Answered> = (0..50).map(|_| student(20, 20)).collect();
    assert!(Prior::of(&perfect).after(student(20, 20)).expected() < 1.0);
    assert_eq!(Prior::of(&[]), Prior { right: 1.0, wrong: 1.0 });
}

/// A generator of numbers in [0, 1), the same at each run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Draws from the beta distribution of whole numbers: the a-th smallest of a + b - 1 numbers.
    fn beta(&mut self, a: usize, b: usize) -> f64 {
        let mut numbers: Vec<f64> = (0..a + b - 1).map(|_| self.next()).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[a - 1]
    }

    fn right(&mut self, probability: f64, questions: u32) -> u32 {
        (0..questions).filter(|_| self.next() < probability).count() as u32
    }
}

#[test]
fn moments_find_how_students_differ() {
    let mut chance = Chance(7);
    let students: Vec<Answered> = (0..4000)
        .map(|n| {
            let probability = chance.beta(8, 4);
            let questions = 10 + n % 40;
            student(chance.right(probability, questions), questions)
        })
        .collect();
    let prior = Prior::of(&students);
    assert!((prior.expected() - 8.0 / 12.0).abs() < 0.01, "{prior:?}");
    assert!((prior.right + prior.wrong - 12.0).abs() < 1.5, "{prior:?}");
}

#[test]
fn the_interval_holds_what_comes() {
    for (questions, answered, students) in [(20, 10, 200), (50, 40, 60), (10, 15, 12)] {
        let (mut within, mut all) = (0, 0);
        let mut chance = Chance(u64::from(questions));
        while all < 4000 {
            let able: Vec<f64> = (0..students).map(|_| chance.beta(6, 3)).collect();
            let seen: Vec<Answered> =
                able.iter().map(|able| student(chance.right(*able, answered), answered)).collect();
            let prior = Prior::of(&seen);
            for (able, seen) in able.iter().zip(&seen) {
                let (low, high) = prior.after(*seen).interval(questions, 0.9);
                let score = f64::from(chance.right(*able, questions)) / f64::from(questions);
                within += usize::from(low <= score && score <= high);
                all += 1;
            }
        }
        let share = within as f64 / all as f64;
        // Whole answers: the interval holds 90 % at least, and not all.
        assert!((0.88..0.985).contains(&share), "{questions} {share}");
    }
}

//! Pure: which names somebody may have meant.

/// Names that are less alike than this are no help: `paid` and `page_viewed` are 0.73 alike, SIGN_UP and SIGNED_UP 0.94.
const ALIKE: f64 = 0.8;

/// A name has 63 bytes at most: what comes later makes nothing more alike.
const COMPARED: usize = 64;

/// At most so many names that are like `name` whatever their case, the most alike first, of equal ones the first by
/// letters.
pub fn nearest(name: &str, mut candidates: Vec<String>, most: usize) -> Vec<String> {
    let comparable = |name: &str| name.chars().take(COMPARED).collect::<String>().to_lowercase();
    candidates.sort_unstable();
    candidates.dedup();
    let name = comparable(name);
    let mut alike: Vec<(f64, String)> = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, &comparable(&candidate)), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.into_iter().take(most).map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(name: &str, candidates: &[&str]) -> Vec<String> {
        nearest(name, candidates.iter().map(|name| name.to_string()).collect(), 3)
    }

    #[test]
    fn what_is_spelled_nearly_alike_is_offered() {
        let names = ["paid", "SIGNED_UP", "signed_out", "page_viewed", "lesson_completed"];
        assert_eq!(of("SIGN_UP", &names), ["SIGNED_UP", "signed_out"]);
        assert_eq!(of("lesson_complete", &names), ["lesson_completed"]);
        assert_eq!(of("lessonCompleted", &names), ["lesson_completed"]);
        assert_eq!(of("", &names), [""; 0]);
        assert_eq!(of("zzz", &names), [""; 0]);
    }

    #[test]
    fn no_more_than_wanted_and_none_twice() {
        assert_eq!(of("step_9", &["step_4", "step_2", "step_3", "step_1", "step_1"]), ["step_1", "step_2", "step_3"]);
    }

    proptest! {
        #[test]
        fn any_name_can_be_compared(name in ".{0,200}", candidates in prop::collection::vec(".{0,80}", 0..9)) {
            prop_assert!(nearest(&name, candidates, 3).len() <= 3);
        }
    }
}

//! Pure: helps with words that are not known. It tells how much of one an error shows, and which names somebody may
//! have meant.

/// An error shows this many characters of a wrong word: enough to find it, too few to carry a payload.
pub const SHOWN: usize = 40;

/// Gives the beginning of a wrong word, as an error shows it.
pub fn shown(word: &str) -> String {
    beginning(word, SHOWN)
}

/// Gives at most this many characters of a word.
pub fn beginning(word: &str, most: usize) -> String {
    word.chars().take(most).collect()
}

/// Names that are less alike than this are not offered: `paid` and `page_viewed` are 0.73 alike, SIGN_UP and SIGNED_UP
/// 0.94.
const ALIKE: f64 = 0.8;

/// Only this many characters are compared. A name has 63 bytes at most: what comes later makes nothing more alike.
const COMPARED: usize = 64;

/// Gives at most this many names that are like `name` whatever their case: the most alike first, among equals by
/// letters.
pub fn nearest(name: &str, mut candidates: Vec<String>, most: usize) -> Vec<String> {
    let comparable = |name: &str| beginning(name, COMPARED).to_lowercase();
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
    fn a_word_is_shown_by_its_beginning() {
        assert_eq!(shown("stepp"), "stepp");
        assert_eq!(shown(&"\u{e9}".repeat(50)), "\u{e9}".repeat(40));
        assert_eq!(beginning("abc", 2), "ab");
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

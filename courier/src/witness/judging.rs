//! Pure: whether a head may be signed after another. Only what contains everything that was signed before, in its order, may.

use std::cmp::Ordering;
use std::fmt;

use telemetry_seals::checkpoint::Checkpoint;

/// What a head is to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    First,
    Same,
    /// It has more entries: a proof has to say that it begins with the ones that were signed.
    Grown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Renamed {
        was: String,
        is: String,
    },
    Behind {
        was: u64,
        is: u64,
    },
    Rewritten {
        size: u64,
    },
    Inconsistent {
        was: u64,
        is: u64,
    },
    /// It has no seal of the size that was signed.
    Unknown {
        was: u64,
    },
}

pub fn step(last: Option<&Checkpoint>, found: &Checkpoint) -> Result<Step, Refusal> {
    let Some(last) = last else { return Ok(Step::First) };
    if last.origin != found.origin {
        return Err(Refusal::Renamed { was: last.origin.clone(), is: found.origin.clone() });
    }
    match found.size.cmp(&last.size) {
        Ordering::Less => Err(Refusal::Behind { was: last.size, is: found.size }),
        Ordering::Greater => Ok(Step::Grown),
        Ordering::Equal if found.root == last.root => Ok(Step::Same),
        Ordering::Equal => Err(Refusal::Rewritten { size: found.size }),
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Renamed { was, is } => {
                write!(f, "it was signed as {was} and calls itself {is}: it is another log")
            }
            Refusal::Behind { was, is } => write!(
                f,
                "it has {is} entries, and {was} were signed: it was restored from an older backup, or entries were taken out"
            ),
            Refusal::Rewritten { size } => {
                write!(f, "its {size} entries are not the {size} that were signed: it was rewritten")
            }
            Refusal::Inconsistent { was, is } => {
                write!(f, "its {is} entries do not begin with the {was} that were signed: it was rewritten")
            }
            Refusal::Unknown { was } => write!(
                f,
                "it says that it was never sealed at {was} entries, which were signed: it was restored from an older backup and went on, or was rewritten"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(origin: &str, size: u64, root: u8) -> Checkpoint {
        Checkpoint { origin: origin.to_owned(), size, root: [root; 32], extensions: vec![] }
    }

    #[test]
    fn what_follows_what() {
        let last = head("a", 10, 1);
        assert_eq!(step(None, &last), Ok(Step::First));
        assert_eq!(step(Some(&last), &last), Ok(Step::Same));
        assert_eq!(step(Some(&last), &head("a", 11, 2)), Ok(Step::Grown));
        assert_eq!(step(Some(&last), &head("a", 9, 1)), Err(Refusal::Behind { was: 10, is: 9 }));
        assert_eq!(step(Some(&last), &head("a", 10, 2)), Err(Refusal::Rewritten { size: 10 }));
        assert!(matches!(step(Some(&last), &head("b", 11, 2)), Err(Refusal::Renamed { .. })));
    }
}

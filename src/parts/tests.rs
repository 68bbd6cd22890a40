use super::additive::Additive;
use super::format::{Damaged, Part, Segment, Unread, decode, encode};
use super::{Asks, Divided, begin_question, exchange, finish, give, note_range, span};
use crate::error::Error;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Counts = BTreeMap<String, (i64, Vec<i64>)>;

fn counts() -> impl Strategy<Value = Counts> {
    prop::collection::btree_map("[a-d]", (0_i64..1_000_000, prop::collection::vec(-9_i64..9, 0..4)), 0..4)
}

fn part(segments: Vec<Segment>) -> Part {
    Part { question: [7; 32], moment: 5, segments }
}

fn given(counts: &Counts) -> Vec<Segment> {
    give(Asks::One, Divided::ByTenant, || exchange("counts", || counts.clone()).map(|_| ())).expect("a part")
}

proptest! {
    #[test]
    fn the_order_of_parts_changes_nothing(logs in prop::collection::vec(counts(), 0..5), rotation in 0_usize..5) {
        let mut all = Counts::default();
        for log in &logs {
            all.add_up(log.clone()).expect("small counts");
        }
        let mut parts: Vec<Vec<Segment>> = logs.iter().map(given).collect();
        parts.rotate_left(rotation % logs.len().max(1));
        let mut found = None;
        finish(Asks::One, parts, || {
            found = exchange("counts", Counts::default)?;
            Ok(())
        })
        .expect("parts of one question");
        prop_assert_eq!(found, Some(all));
    }

    #[test]
    fn what_is_written_is_read(counts in counts()) {
        let part = part(given(&counts));
        let bytes = part.to_bytes().expect("bytes");
        let read = Part::of_bytes(&bytes).expect("a part");
        prop_assert_eq!(&read, &part);
        prop_assert_eq!(read.to_bytes().expect("bytes"), bytes);
        prop_assert_eq!(decode::<Counts>(&part.segments[0].body).expect("counts"), counts);
    }

    #[test]
    fn damaged_bytes_are_errors(counts in counts(), place in 0_usize..200, flip in 1_u8..=255) {
        let bytes = part(given(&counts)).to_bytes().expect("bytes");
        let place = place % bytes.len();
        let mut damaged = bytes.clone();
        damaged[place] ^= flip;
        prop_assert!(Part::of_bytes(&damaged).is_err());
        prop_assert_eq!(Part::of_bytes(&bytes[..place]).map_err(|why| why == Unread::Damaged), Err(true));
    }

    /// Also where the checksum is right.
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = decode::<Counts>(&bytes).map(|mut counts| counts.add_up(decode(&bytes).unwrap_or_default()));
        let _ = decode::<Part>(&bytes);
    }
}

/// As the first release wrote it: it is read for ever.
#[test]
fn version_1() {
    let sample = "01b562b86707070707070707070707070707070707070707070707070707070707070707070a0106636f756e74730104120101020008010161d804020108";
    let bytes: Vec<u8> = (0..sample.len() / 2)
        .map(|place| u8::from_str_radix(&sample[2 * place..2 * place + 2], 16).expect("hexadecimal"))
        .collect();
    let counts = Counts::from([("a".to_string(), (300, vec![-1, 4]))]);
    let segment = Segment {
        what: "counts".into(),
        span: Some((2, 9)),
        range: Some((Some(1), None)),
        body: encode(&counts).expect("bytes"),
    };
    assert_eq!(part(vec![segment.clone()]).to_bytes().expect("bytes"), bytes);
    assert_eq!(Part::of_bytes(&bytes), Ok(part(vec![segment])));
}

#[test]
fn counts_that_do_not_fit_are_damage() {
    let mut most = i64::MAX;
    assert_eq!(most.add_up(1), Err(Damaged));
    assert_eq!(decode::<i64>(&[encode(&3_i64).expect("bytes"), vec![0]].concat()), Err(Damaged));
}

#[test]
fn parts_of_another_question_are_refused() {
    let of = |range| {
        give(Asks::One, Divided::ByTenant, || {
            note_range(range);
            exchange("counts", || 1_i64).map(|_| ())
        })
        .expect("a part")
    };
    let asked = |parts: Vec<Vec<Segment>>, what: &'static str| {
        let mut sum = None;
        finish(Asks::One, parts, || {
            note_range((Some(1), None));
            sum = exchange::<i64>(what, || 0)?;
            Ok(())
        })
        .map(|()| sum)
    };
    let (one, other) = (of((Some(1), None)), of((Some(2), None)));
    assert_eq!(asked(vec![one.clone(), one.clone()], "counts").expect("a sum"), Some(2));
    assert!(matches!(asked(vec![one.clone(), other], "counts"), Err(Error::UnlikePart { place: 1 })));
    assert!(matches!(asked(vec![one.clone()], "others"), Err(Error::UnlikePart { place: 0 })));
    let twice = [one.clone(), one].concat();
    assert!(matches!(asked(vec![twice], "counts"), Err(Error::UnlikePart { place: 0 })));
}

/// An answer of several questions: `counted` numbers for each, in the order in which a log was asked.
fn of_questions(asked: &[(&str, &[i64])]) -> Vec<Segment> {
    give(Asks::Several, Divided::ByTenant, || {
        asked.iter().try_for_each(|(question, counted)| {
            begin_question(question)?;
            counted.iter().try_for_each(|number| exchange("counts", || *number).map(|_| ()))
        })
    })
    .expect("a part")
}

#[test]
fn several_questions_find_their_counts_in_any_order() {
    let logs = vec![
        of_questions(&[("a", &[1]), ("b", &[2, 3]), ("a", &[4]), ("asked here alone", &[5])]),
        of_questions(&[("b", &[20, 30]), ("a", &[10]), ("a", &[40])]),
    ];
    let mut sums = Vec::new();
    finish(Asks::Several, logs, || {
        for (question, exchanges) in [("a", 1), ("a", 1), ("b", 2)] {
            begin_question(question)?;
            for _ in 0..exchanges {
                sums.extend(exchange::<i64>("counts", || 0)?);
            }
        }
        Ok(())
    })
    .expect("parts of one answer");
    assert_eq!(sums, [11, 44, 22, 33]);
}

#[test]
fn a_question_that_a_log_could_not_count_leaves_the_others() {
    let failed = give(Asks::Several, Divided::ByTenant, || {
        begin_question("a")?;
        note_range((Some(9), None));
        begin_question("b")?;
        exchange("counts", || 2_i64).map(|_| ())
    })
    .expect("a part");
    let logs = vec![of_questions(&[("a", &[1]), ("b", &[2])]), failed];
    finish(Asks::Several, logs, || {
        begin_question("a")?;
        assert!(matches!(exchange::<i64>("counts", || 0), Err(Error::UncountedPart { place: 1 })));
        begin_question("b")?;
        assert_eq!(exchange::<i64>("counts", || 0)?, Some(4));
        begin_question("never asked")?;
        assert!(matches!(exchange::<i64>("counts", || 0), Err(Error::UncountedPart { place: 0 })));
        Ok(())
    })
    .expect("parts of one answer");
    let without_a_beginning = finish(Asks::Several, vec![given(&Counts::default())], || Ok(()));
    assert!(matches!(without_a_beginning, Err(Error::DamagedPart { place: 0 })));
}

#[test]
fn the_span_is_that_of_all_parts() {
    let of = |found| {
        give(Asks::One, Divided::ByTenant, || {
            assert_eq!(span(found), found);
            exchange("counts", || 1_i64).map(|_| ())
        })
        .expect("a part")
    };
    let parts = vec![of(Some((5, 9))), of(None), of(Some((2, 6)))];
    finish(Asks::One, parts, || {
        assert_eq!(span(None), Some((2, 9)));
        exchange::<i64>("counts", || 0).map(|_| ())
    })
    .expect("a sum");
    assert_eq!(span(Some((1, 1))), Some((1, 1)));
}

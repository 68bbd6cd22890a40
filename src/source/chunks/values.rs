//! Reads a property's values as a question wants them: numbers that stand for their texts, decimals, and which of them
//! meet tests.

use crate::derived::timeline::scalar;
use crate::source::question::IS_DECIMAL;
use crate::source::texts::Texts;
use crate::source::value_test::ValueTest;
use telemetry_chunks::{Codes, Decimal, NUMBER};

/// Appends the number of each event's value in `texts`. With `decimals`, values that are numbers are put there, and
/// [`IS_DECIMAL`] here.
pub fn number_values(
    property: &mut Codes,
    texts: &mut Texts,
    into: &mut Vec<u32>,
    decimals: Option<&mut Vec<Decimal>>,
) {
    let Codes { values, codes, numbers } = property;
    let of_codes: Vec<u32> = std::iter::once(0)
        .chain(values.iter().map(|value| scalar::text(value).map_or(0, |text| texts.number(text))))
        .collect();
    if numbers.is_empty() {
        into.extend(codes.iter().map(|code| of_codes[usize::from(*code)]));
        return;
    }
    match decimals {
        Some(decimals) => {
            let number = |code: &u16| if *code == NUMBER { IS_DECIMAL } else { of_codes[usize::from(*code)] };
            into.extend(codes.iter().map(number));
            // What was there has been cleared.
            std::mem::swap(decimals, numbers);
        }
        None => into.extend(codes.iter().zip(numbers.iter()).map(|(code, decimal)| match *code {
            NUMBER => texts.number_of_decimal(*decimal),
            code => of_codes[usize::from(code)],
        })),
    }
}

/// Marks the events whose value fails some test.
pub fn mark_others(property: &Codes, tests: &[ValueTest], fails: &mut [bool]) {
    let Codes { values, codes, numbers } = property;
    let meets: Vec<bool> = std::iter::once(tests.iter().all(ValueTest::holds_of_none))
        .chain(values.iter().map(|value| tests.iter().all(|test| test.holds_of(value))))
        .collect();
    if numbers.is_empty() {
        for (fails, code) in fails.iter_mut().zip(codes) {
            *fails |= !meets[usize::from(*code)];
        }
        return;
    }
    let is_met = |decimal: Decimal| tests.iter().all(|test| test.holds_of_decimal(decimal));
    for (fails, (code, decimal)) in fails.iter_mut().zip(codes.iter().zip(numbers)) {
        *fails |= if *code == NUMBER { !is_met(*decimal) } else { !meets[usize::from(*code)] };
    }
}

/// Marks those of the events at these places whose value fails some test: one by one, for they are few.
pub fn mark_others_of(places: &[usize], property: &Codes, tests: &[ValueTest], fails: &mut [bool]) {
    let Codes { values, codes, numbers } = property;
    for place in places {
        let meets = match codes[*place] {
            0 => tests.iter().all(ValueTest::holds_of_none),
            NUMBER if !numbers.is_empty() => tests.iter().all(|test| test.holds_of_decimal(numbers[*place])),
            code => tests.iter().all(|test| test.holds_of(&values[usize::from(code) - 1])),
        };
        fails[*place] |= !meets;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::value_test::{Bounds, Relation, Scalars};

    fn property() -> Codes {
        let decimals = [(0, 0), (150, 2), (15, 1), (15, 0)];
        Codes {
            values: vec![(*b"s1.5").into()],
            codes: vec![0, NUMBER, NUMBER, NUMBER, 1],
            numbers: decimals
                .into_iter()
                .chain([(0, 0)])
                .map(|(units, scale)| Decimal { units, scale, zeros: 0 })
                .collect(),
        }
    }

    fn failing(test: ValueTest) -> Vec<bool> {
        let mut fails = vec![false; 5];
        mark_others(&property(), std::slice::from_ref(&test), &mut fails);
        // One by one as all at once.
        let mut of_some = vec![false; 5];
        mark_others_of(&[1, 4], &property(), &[test], &mut of_some);
        assert_eq!([of_some[1], of_some[4]], [fails[1], fails[4]]);
        assert!(!of_some[0] && !of_some[2] && !of_some[3]);
        fails
    }

    #[test]
    fn numbers_texts_and_nothing_are_compared_in_their_own_way() {
        let above = |bound: &str| failing(ValueTest::Within(Bounds::of([(Relation::Above, bound.into())])));
        assert_eq!(above("1.499999999999999999999"), [true, false, false, false, true]);
        assert_eq!(above("1.5"), [true, true, true, false, true]);
        let other = failing(ValueTest::NotIn(Scalars::of([b"n1.5".to_vec()])));
        assert_eq!(other, [false, true, true, false, false]);
        assert_eq!(failing(ValueTest::Exists(false)), [false, true, true, true, true]);
    }

    #[test]
    fn equal_numbers_of_any_scale_are_the_wanted_one() {
        let fails = |wanted: &[u8]| failing(ValueTest::In(Scalars::of([wanted.to_vec()])));
        assert_eq!(fails(b"n1.5000000000000000000000"), [true, false, false, true, true]);
        assert_eq!(fails(b"n15"), [true, true, true, false, true]);
        assert_eq!(fails(b"s1.5"), [true, true, true, true, false]);
        assert_eq!(fails(b"n1000000000000000000000"), [true; 5]);
        assert_eq!(fails(b"n0"), [true; 5], "an event without a value has not 0");
    }

    #[test]
    fn numbers_have_the_numbers_of_their_texts() {
        let (mut texts, mut values) = (Texts::default(), Vec::new());
        number_values(&mut property(), &mut texts, &mut values, None);
        assert_eq!(values, [0, 2, 1, 3, 1]);
        assert_eq!(texts.texts, ["1.5", "1.50", "15"]);
        let mut decimals = Vec::new();
        values.clear();
        number_values(&mut property(), &mut texts, &mut values, Some(&mut decimals));
        assert_eq!(values, [0, IS_DECIMAL, IS_DECIMAL, IS_DECIMAL, 1]);
        assert_eq!((decimals.len(), decimals[1]), (5, Decimal { units: 150, scale: 2, zeros: 0 }));
    }
}

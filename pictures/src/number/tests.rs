use proptest::prelude::*;

use super::*;

fn unit(name: &str) -> Measure {
    Measure::Amount(name.to_owned())
}

fn people() -> Measure {
    Measure::Count("people".to_owned())
}

#[test]
fn numbers_as_people_say_them() {
    for (value, measure, said) in [
        (0.84, Measure::Share, "84 %"),
        (0.0528, Measure::Share, "5.3 %"),
        (0.0, Measure::Share, "0 %"),
        (1.0, Measure::Share, "100 %"),
        (0.996, Measure::Share, "99.6 %"),
        (0.00001, Measure::Share, "<0.01 %"),
        (-0.12, Measure::Share, "−12 %"),
        (2.5, Measure::Share, "250 %"),
        (1234.0, people(), "1,234"),
        (1_234_567.0, people(), "1,234,567"),
        (-3.0, people(), "−3"),
        (-0.001, people(), "0"),
        (2.345, people(), "2.35"),
        (0.0, Measure::Duration, "0 s"),
        (0.24, Measure::Duration, "240 ms"),
        (0.0024, Measure::Duration, "2.4 ms"),
        (1.38, Measure::Duration, "1.38 s"),
        (10.0, Measure::Duration, "10 s"),
        (59.98, Measure::Duration, "1 min"),
        (1188.0, Measure::Duration, "19.8 min"),
        (1200.0, Measure::Duration, "20 min"),
        (9000.0, Measure::Duration, "2.5 h"),
        (103_680.0, Measure::Duration, "1.2 d"),
        (86_399.0, Measure::Duration, "1 d"),
        (-90.0, Measure::Duration, "−1.5 min"),
        (12_500_000.0, unit("bytes"), "12.5 MB"),
        (512.0, unit("bytes"), "512 B"),
        (1380.0, unit("ms"), "1.38 s"),
        (19.9, unit("EUR"), "19.90 EUR"),
        (12_345.0, unit("EUR"), "12,345 EUR"),
        (3.0, unit("points"), "3 points"),
        (3.5, unit(""), "3.5"),
        (f64::NAN, people(), "–"),
        (f64::INFINITY, Measure::Duration, "–"),
    ] {
        assert_eq!(say(value, &measure), said, "{value} as {measure:?}");
    }
    assert_eq!(exact(Some(0.7589), &Measure::Share), "75.9 %");
    assert_eq!(exact(None, &Measure::Share), "–");
    assert_eq!(compact(1200.0, &people()), "1.2k");
    assert_eq!(compact(2_000_000.0, &people()), "2M");
    assert_eq!(compact(0.4, &Measure::Share), "40 %");
    assert_eq!(with_noun(1.0, &people()), "1 person");
    assert_eq!(with_noun(2.0, &people()), "2 people");
}

#[test]
fn nice_ticks() {
    assert_eq!(ticks(0.0, 100.0, 5), [0.0, 50.0, 100.0]);
    assert_eq!(ticks(0.0, 100.0, 6), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
    assert_eq!(ticks(0.0, 0.87, 4), [0.0, 0.5, 1.0]);
    assert_eq!(ticks(0.0, 0.0, 4), [0.0, 0.5, 1.0]);
    assert_eq!(ticks(-5.0, 5.0, 3), [-5.0, 0.0, 5.0]);
    assert_eq!(ticks_for(0.0, 250_000.0, 4, &Measure::Duration), [0.0, 86_400.0, 172_800.0, 259_200.0]);
}

proptest! {
    #[test]
    fn any_number_can_be_said(value in any::<f64>(), which in 0..6usize) {
        let measure = [Measure::Share, Measure::Duration, people(), unit("bytes"), unit("ms"), unit("EUR")][which].clone();
        for text in [say(value, &measure), compact(value, &measure), exact(Some(value), &measure)] {
            prop_assert!(!text.is_empty() && !text.contains('-') || text.contains("e-"), "{text}");
        }
    }

    #[test]
    fn ticks_are_few_ordered_and_around(low in any::<f64>(), high in any::<f64>(), most in 2..9usize) {
        let found = ticks(low, high, most);
        prop_assert!(!found.is_empty() && found.len() <= most.max(2));
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1] || !(low - high).is_normal()));
    }

    #[test]
    fn ticks_hold_what_is_shown(low in -1e9..1e9f64, width in 1e-3..1e9f64, most in 2..9usize) {
        let found = ticks(low, low + width, most);
        prop_assert!(found[0] <= low + width * 1e-9 && *found.last().unwrap() >= low + width - width * 1e-9, "{found:?}");
    }

    #[test]
    fn whole_numbers_are_said_exactly(value in -1_000_000_000_000i64..1_000_000_000_000) {
        let said = say(value as f64, &people()).replace(',', "").replace('−', "-");
        prop_assert_eq!(said.parse::<i64>().unwrap(), value);
    }
}

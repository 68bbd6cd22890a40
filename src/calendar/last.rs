//! Pure: reads how long the last so much time is: '30 days', '12 weeks', '24 hours'.

/// So many units of the calendar.
#[derive(Debug, PartialEq, Eq)]
pub struct Last {
    pub count: usize,
    /// The name of the unit, which is a grain of the calendar.
    pub unit: &'static str,
}

const UNITS: [&str; 7] = ["minute", "hour", "day", "week", "month", "quarter", "year"];

/// What it says may count at most so many units, for each of them is looked at.
const MOST_UNITS: usize = 100_000;

impl Last {
    /// Reads a number and a unit, in the singular or the plural; a unit alone is one. None: it is something else, or no
    /// unit, or more than [`MOST_UNITS`].
    pub fn parse(text: &str) -> Option<Last> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, word) = text.split_at(digits);
        let count = if digits == 0 { 1 } else { number.parse().ok()? };
        let word = word.trim_start().to_ascii_lowercase();
        let unit = UNITS
            .into_iter()
            .find(|unit| word.strip_prefix(unit).is_some_and(|rest| rest.is_empty() || rest == "s"))?;
        (1..=MOST_UNITS).contains(&count).then_some(Last { count, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_and_a_unit() {
        let last = |count, unit| Some(Last { count, unit });
        assert_eq!(Last::parse("30 days"), last(30, "day"));
        assert_eq!(Last::parse(" 1 Day "), last(1, "day"));
        assert_eq!(Last::parse("12weeks"), last(12, "week"));
        assert_eq!(Last::parse("quarter"), last(1, "quarter"));
        assert_eq!(Last::parse("100000 minutes"), last(100_000, "minute"));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "30",
            "0 days",
            "-1 days",
            "1.5 days",
            "days 3",
            "3 dayss",
            "3 days ago",
            "100001 minutes",
            "1 month 2 days",
            "99999999999999999999 days",
            "３ days",
            "3 fortnights",
        ] {
            assert_eq!(Last::parse(text), None, "{text}");
        }
    }
}

//! Pure: the patterns of sequence_match() and sequence_count(), in ClickHouse's language.
//!
//! ```text
//! (?N)     an event of condition N
//! .        any event
//! .*       any number of events
//! (?t<=N)  the next event of the pattern comes at most N seconds after the one before, with any number of events
//!          between them; also <, >=, >, ==
//! ```
//! Two events of a pattern with nothing between them are neighbours. Where ClickHouse leaves open what a condition on
//! time means (first, last, twice, beside `.*`), it speaks of the two events around it here, all of them hold, and it
//! must stand between two. Seconds may have up to six decimals.

use crate::time::SECOND;

/// A pattern has at most this many events, because each is a bit.
pub const MOST_EVENTS: usize = 64;

/// The most seconds that a pattern may speak of: they are longer than all of PostgreSQL's time.
const MOST_SECONDS: i64 = 1_000_000_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The events in order: 1 to [`MOST_EVENTS`].
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The bit of the event's condition; all bits where any event will do.
    pub bits: u32,
    /// What may lie between the event and the one before it in the pattern. For the first event this means nothing.
    pub gap: Gap,
}

/// What may lie between two events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    Nothing,
    /// Any events may lie between them, and the time from one to the other is within these microseconds, both
    /// inclusive.
    Time {
        least: i64,
        most: i64,
    },
}

/// Why a pattern cannot be read, and at which of its characters, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub character: usize,
    pub problem: String,
}

impl Pattern {
    /// Reads a pattern. `conditions` is how many conditions there are to choose from.
    pub fn parse(text: &str, conditions: usize) -> Result<Pattern, Unreadable> {
        let mut reading = Reading { text, rest: text };
        let mut events = Vec::new();
        let mut gap = Gap::Nothing;
        // Where the last condition on time stands, while no event has followed it.
        let mut open = None;
        while !reading.rest.is_empty() {
            let place = reading.rest;
            let bits = if reading.take(".*") {
                gap = gap.narrowed(0, i64::MAX);
                continue;
            } else if reading.take(".") {
                u32::MAX
            } else if reading.take("(?t") {
                if events.is_empty() {
                    return Err(reading.fault(place, "a condition on time must follow an event"));
                }
                let (least, most) = reading.time()?;
                gap = gap.narrowed(least, most);
                open = Some(place);
                continue;
            } else if reading.take("(?") {
                reading.condition(conditions)?
            } else {
                return Err(reading.fault(place, "expected (?N), (?t<=N), . or .*"));
            };
            if events.len() == MOST_EVENTS {
                return Err(reading.fault(place, &format!("it has more than {MOST_EVENTS} events")));
            }
            events.push(Event { bits, gap });
            (gap, open) = (Gap::Nothing, None);
        }
        if let Some(place) = open {
            return Err(reading.fault(place, "a condition on time must be followed by an event"));
        }
        if events.is_empty() { Err(reading.fault(reading.rest, "it has no event")) } else { Ok(Pattern { events }) }
    }
}

impl Gap {
    fn narrowed(self, least: i64, most: i64) -> Gap {
        match self {
            Gap::Nothing => Gap::Time { least, most },
            Gap::Time { least: least_before, most: most_before } => {
                Gap::Time { least: least.max(least_before), most: most.min(most_before) }
            }
        }
    }
}

struct Reading<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Reading<'a> {
    fn take(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn digits(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    fn condition(&mut self, conditions: usize) -> Result<u32, Unreadable> {
        let place = self.rest;
        let digits = self.digits();
        if digits.is_empty() {
            return Err(self.fault(place, "expected the number of a condition, or t"));
        }
        match digits.parse::<usize>() {
            Ok(number) if (1..=conditions.min(32)).contains(&number) => {
                self.close()?;
                Ok(1 << (number - 1))
            }
            _ => Err(self.fault(place, &format!("conditions are numbered from 1 to {conditions}"))),
        }
    }

    /// Reads a condition on time, of which `(?t` was read already.
    fn time(&mut self) -> Result<(i64, i64), Unreadable> {
        let place = self.rest;
        let comparisons = ["<=", "<", ">=", ">", "=="];
        let Some(comparison) = comparisons.into_iter().find(|comparison| self.take(comparison)) else {
            return Err(self.fault(place, "expected <=, <, >=, > or =="));
        };
        let micros = self.seconds()?;
        self.close()?;
        Ok(match comparison {
            "<=" => (0, micros),
            "<" => (0, micros - 1),
            ">=" => (micros, i64::MAX),
            ">" => (micros + 1, i64::MAX),
            _ => (micros, micros),
        })
    }

    fn seconds(&mut self) -> Result<i64, Unreadable> {
        let place = self.rest;
        let whole = self.digits();
        if whole.is_empty() {
            return Err(self.fault(place, "expected a number of seconds"));
        }
        let seconds = whole.parse::<i64>().ok().filter(|seconds| *seconds <= MOST_SECONDS);
        let seconds = seconds.ok_or_else(|| self.fault(place, "so many seconds are not to be had"))?;
        if !self.take(".") {
            return Ok(seconds * SECOND);
        }
        let decimals = self.digits();
        if decimals.is_empty() || decimals.len() > 6 {
            return Err(self.fault(place, "seconds have one to six decimals"));
        }
        let micros = decimals.bytes().chain(std::iter::repeat(b'0')).take(6);
        Ok(seconds * SECOND + micros.fold(0, |micros, digit| micros * 10 + i64::from(digit - b'0')))
    }

    fn close(&mut self) -> Result<(), Unreadable> {
        if self.take(")") { Ok(()) } else { Err(self.fault(self.rest, "expected a closing parenthesis")) }
    }

    /// Makes the error of a problem at a place in the pattern. `place` is what was left to read there.
    fn fault(&self, place: &str, problem: &str) -> Unreadable {
        let read = &self.text[..self.text.len() - place.len()];
        Unreadable { character: read.chars().count() + 1, problem: problem.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(text: &str) -> Vec<(u32, Gap)> {
        Pattern::parse(text, 3).unwrap().events.into_iter().map(|event| (event.bits, event.gap)).collect()
    }

    #[test]
    fn reads_the_language() {
        let time = |least, most| Gap::Time { least, most };
        let any = time(0, i64::MAX);
        assert_eq!(gaps("(?1)(?2).(?3)").last(), Some(&(4, Gap::Nothing)));
        assert_eq!(gaps("(?1).*(?2)"), [(1, Gap::Nothing), (2, any)]);
        assert_eq!(gaps(".*(?1).*.*."), [(1, any), (u32::MAX, any)]);
        assert_eq!(gaps("(?1).*"), [(1, Gap::Nothing)]);
        for (text, least, most) in [
            ("(?1)(?t<=10)(?2)", 0, 10_000_000),
            ("(?1)(?t<10)(?2)", 0, 9_999_999),
            ("(?1)(?t>=10)(?2)", 10_000_000, i64::MAX),
            ("(?1)(?t>10)(?2)", 10_000_001, i64::MAX),
            ("(?1)(?t==10)(?2)", 10_000_000, 10_000_000),
            ("(?1)(?t<=0.25)(?2)", 0, 250_000),
            ("(?1)(?t<=1.000001)(?2)", 0, 1_000_001),
            ("(?1)(?t>=5)(?t<9)(?2)", 5_000_000, 8_999_999),
            ("(?1).*(?t<=10).*(?2)", 0, 10_000_000),
        ] {
            assert_eq!(gaps(text)[1], (2, time(least, most)), "{text}");
        }
    }

    #[test]
    fn says_where_it_stumbles() {
        for (text, character, problem) in [
            ("", 1, "it has no event"),
            (".*", 3, "it has no event"),
            ("(?1)x", 5, "expected (?N), (?t<=N), . or .*"),
            ("(?1", 4, "expected a closing parenthesis"),
            ("(?1)(?4)", 7, "conditions are numbered from 1 to 3"),
            ("(?0)", 3, "conditions are numbered from 1 to 3"),
            ("(?99999999999999999999)", 3, "conditions are numbered from 1 to 3"),
            ("(?)", 3, "expected the number of a condition, or t"),
            ("(?1)(?t=5)(?2)", 8, "expected <=, <, >=, > or =="),
            ("(?1)(?t<=)(?2)", 10, "expected a number of seconds"),
            ("(?1)(?t<=-5)(?2)", 10, "expected a number of seconds"),
            ("(?1)(?t<=1.)(?2)", 10, "seconds have one to six decimals"),
            ("(?1)(?t<=1.1234567)(?2)", 10, "seconds have one to six decimals"),
            ("(?1)(?t<=9999999999999)(?2)", 10, "so many seconds are not to be had"),
            ("(?1)(?t<=5(?2)", 11, "expected a closing parenthesis"),
            ("(?t<=5)(?1)", 1, "a condition on time must follow an event"),
            (".*(?t<=5)(?1)", 3, "a condition on time must follow an event"),
            ("(?1)(?t<=5)", 5, "a condition on time must be followed by an event"),
            ("(?1)é", 5, "expected (?N), (?t<=N), . or .*"),
        ] {
            let found = Pattern::parse(text, 3).unwrap_err();
            assert_eq!((found.character, found.problem.as_str()), (character, problem), "{text}");
        }
        assert!(Pattern::parse(&".".repeat(64), 1).is_ok());
        assert_eq!(Pattern::parse(&".".repeat(65), 1).unwrap_err().character, 65);
    }
}

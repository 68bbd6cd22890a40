//! Pure: the forms of a point in time, beside RFC 3339, that PostgreSQL prints or reads whatever the session's zone and
//! DateStyle: a date whose order is plain (year first, or the month by name), a time, and an offset from UTC.

use crate::time::{DAY, SECOND};
use chrono::NaiveDate;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONGEST: usize = 80;

/// Returns microseconds since 1970 UTC; what is finer is cut. Returns None for a text that is no time, is ambiguous or
/// has no offset.
pub fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    if text.starts_with(|first: char| first.is_ascii_digit())
        && let Some(read) = year_first(text)
    {
        return Some(read);
    }
    with_name_of_month(text)
}

/// Reads 2026-03-02 01:00:00+00, 2026/3/2 1:00 Z and 20260302T010000Z.
fn year_first(text: &str) -> Option<i64> {
    let (digits, rest) = leading_digits(text);
    let (date, rest) = match digits.len() {
        8 => (date(number(&digits[..4])?, number(&digits[4..6])?, number(&digits[6..])?)?, rest),
        4 => {
            let separator = rest.chars().next().filter(|separator| matches!(separator, '-' | '/'))?;
            let (month, rest) = leading_digits(&rest[1..]);
            let (day, rest) = leading_digits(rest.strip_prefix(separator)?);
            (date(number(digits)?, number(month)?, number(day)?)?, rest)
        }
        _ => return None,
    };
    let time = rest.strip_prefix(['T', 't']).or_else(|| rest.strip_prefix(' '))?;
    let (time, offset) = time_of_day(time.trim_start())?;
    instant(date, time, offset_of(offset)?)
}

/// Reads Mon Mar 02 01:00:00 2026 UTC; Mon, 02 Mar 2026 01:00:00 +0000; and 02-Mar-2026 01:00:00+00.
fn with_name_of_month(text: &str) -> Option<i64> {
    let (mut year, mut month, mut day) = (None, None, None);
    let colon = text.find(':')?;
    let begin = text[..colon].rfind(|letter: char| !letter.is_ascii_digit())? + 1;
    let set = |slot: &mut Option<i32>, value| if slot.replace(value).is_some() { None } else { Some(()) };
    for word in text[..begin].split([' ', ',', '-', '/']).filter(|word| !word.is_empty()) {
        let name: String = word.chars().take(3).map(|letter| letter.to_ascii_lowercase()).collect();
        match word.len() {
            4 if number(word).is_some() => set(&mut year, number(word)?)?,
            1 | 2 => set(&mut day, number(word)?)?,
            _ if WEEKDAYS.contains(&name.as_str()) => (),
            _ => set(&mut month, MONTHS.iter().position(|known| *known == name)? as i32 + 1)?,
        }
    }
    let (time, rest) = time_of_day(&text[begin..])?;
    let mut offset = None;
    for word in rest.split_ascii_whitespace() {
        match number(word) {
            Some(number) if word.len() == 4 => set(&mut year, number)?,
            _ => set(&mut offset, offset_of(word)?)?,
        }
    }
    instant(date(year?, month?, day?)?, time, offset?)
}

fn instant(date: NaiveDate, time: i64, offset: i32) -> Option<i64> {
    let days = date.signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1)?).num_days();
    Some(days * DAY + time - i64::from(offset) * SECOND)
}

fn date(year: i32, month: i32, day: i32) -> Option<NaiveDate> {
    if year == 0 {
        return None;
    }
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// Returns microseconds since midnight and what comes after the time. It reads hh:mm, hh:mm:ss, hhmm and hhmmss, each
/// with a fraction, am or pm.
fn time_of_day(text: &str) -> Option<(i64, &str)> {
    let (first, rest) = leading_digits(text);
    let (hour, minute, second, rest) = match (first.len(), rest.strip_prefix(':')) {
        (1 | 2, Some(rest)) => {
            let (minute, rest) = leading_digits(rest);
            let (second, rest) = rest.strip_prefix(':').map_or(("0", rest), leading_digits);
            (first, minute, second, rest)
        }
        (4, None) => (&first[..2], &first[2..], "0", rest),
        (6, None) => (&first[..2], &first[2..4], &first[4..], rest),
        _ => return None,
    };
    let (fraction, rest) = rest.strip_prefix(['.', ',']).map_or(("", rest), leading_digits);
    let (mut hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    let rest = rest.trim_start();
    let half = rest.get(..2).map(str::to_ascii_lowercase).filter(|half| half == "am" || half == "pm");
    let rest = if half.is_some() { rest[2..].trim_start() } else { rest };
    if let Some(half) = half {
        hour = if (1..=12).contains(&hour) { hour % 12 + if half == "pm" { 12 } else { 0 } } else { return None };
    }
    let micros = format!("{fraction:0<6}").get(..6).and_then(number)?;
    // A day's end and a leap second are the next day's or minute's begin, as PostgreSQL reads them.
    let is_end = hour == 24 && minute == 0 && second == 0 && micros == 0;
    if !(is_end || hour < 24) || minute > 59 || second > 60 {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some((seconds * SECOND + i64::from(micros), rest))
}

/// Returns seconds east of UTC. Names of zones are not read, because they depend on the server's settings, nor is
/// UTC+2, which means the opposite of what it says.
fn offset_of(text: &str) -> Option<i32> {
    if ["z", "utc", "gmt", "zulu"].contains(&text.to_ascii_lowercase().as_str()) {
        return Some(0);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let parts: Vec<&str> = text[1..].split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [whole] if matches!(whole.len(), 1 | 2) => (whole, "0", "0"),
        [whole] if whole.len() == 4 && whole.is_ascii() => (&whole[..2], &whole[2..], "0"),
        [whole] if whole.len() == 6 && whole.is_ascii() => (&whole[..2], &whole[2..4], &whole[4..]),
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    (hours < 16 && minutes < 60 && seconds < 60).then(|| sign * (hours * 3_600 + minutes * 60 + seconds))
}

fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

/// Reads digits alone, at most eight.
fn number(text: &str) -> Option<i32> {
    (matches!(text.len(), 1..=8) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This is 2026-03-02 01:00 UTC.
    const TIME: i64 = 1_772_413_200 * SECOND;

    #[test]
    fn reads_what_postgresql_prints_and_reads() {
        for text in [
            "2026-03-02 01:00:00+00",
            "2026-03-02 06:30:00+05:30",
            "2026-03-01 20:00:00-05",
            "2026-03-02T01:00Z",
            "2026-03-02 01:00:00 UTC",
            "2026-03-02 01:00:00Z",
            "2026-03-02t01:00:00z",
            "2026-03-02 01:19:32+00:19:32",
            "20260302T010000Z",
            "20260302 010000+00",
            "2026/03/02 01:00:00 +0000",
            "2026-3-2 1:00 +0",
            "2026-03-02  01:00 gmt",
            "2026-03-02 01:00:00.000000+00",
            "2026-03-02 01:00:00.0000009+00",
            "2026-03-02 01:00:00,0Z",
            "2026-03-02T0100Z",
            "Mon Mar 02 01:00:00 2026 UTC",
            "Mon 02 Mar 01:00:00 2026 UTC",
            "Mon Mar  2 01:00:00 UTC 2026",
            "Mon, 02 Mar 2026 01:00:00 GMT",
            "02 Mar 2026 01:00:00 +0000",
            "02-Mar-2026 01:00:00+00",
            "March 2, 2026 01:00 Z",
            "2026-Mar-02 01:00:00Z",
            "2026-03-02 01:00 AM+00",
            "2026-03-02 01:00:00 am UTC",
            "2026-03-01 24:60:00Z",
            "2026-03-02 00:59:60Z",
            " 2026-03-02 01:00:00+00 ",
        ] {
            let expected = if text.contains("24:60") { None } else { Some(TIME) };
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(read("2026-03-01 24:00:00+00"), Some(TIME - 3_600 * SECOND));
        assert_eq!(read("2026-03-02 12:30 AM Z"), Some(TIME - 1_800 * SECOND));
        assert_eq!(read("2026-03-02 01:00:00.25+00"), Some(TIME + 250_000));
        assert_eq!(read("1969-12-31 23:59:59Z"), Some(-SECOND));
    }

    #[test]
    fn what_needs_a_zone_a_date_style_or_luck_is_none() {
        for text in [
            "",
            "2026-03-02",
            "2026-03-02 01:00:00",
            "03/02/2026 01:00:00 UTC",
            "02.03.2026 01:00:00 UTC",
            "2026-02-30 01:00Z",
            "2026-03-02 25:00Z",
            "2026-03-02 01:60Z",
            "2026-03-02 01:00 CET",
            "2026-03-02 01:00 UTC+2",
            "2026-03-02 01:00+16",
            "2026-03-02 01:00 Europe/Berlin",
            "infinity",
            "now",
            "yesterday",
            "1772413200",
            "2026-03-02 01:00:00+00 BC",
            "0000-03-02 01:00Z",
            "2026-03-02 01:00:00+",
            "2026-03-02 13:00 pm Z",
            "Mon Mar 02 01:00:00 2026",
            ":",
            "a:b",
            "::::",
            "Mar Mar 02 01:00:00 2026 UTC",
            "2026-03-02T01:00\u{ff1a}00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

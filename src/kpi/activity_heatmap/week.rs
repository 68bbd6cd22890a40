//! Pure: finds the hour of the week that a local clock shows.

use crate::time::HOUR;

/// How many hours a week has.
pub const HOURS: usize = 168;

/// How many hours lie between Monday and 2000-01-01, a Saturday, from where times count.
const HOURS_FROM_MONDAY: i64 = 5 * 24;

/// How far clocks are ahead of UTC, at any time.
pub struct Week {
    /// The times from which clocks were ahead, and by how much. The list is sorted and never empty; its first entry
    /// also holds for whatever is before.
    offsets: Vec<(i64, i64)>,
}

/// An hour of the week, while clocks show it: times from `from` on and before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub hour: usize,
    from: i64,
    until: i64,
}

impl Shown {
    pub fn holds(&self, time: i64) -> bool {
        self.from <= time && time < self.until
    }
}

impl Week {
    pub fn new(mut offsets: Vec<(i64, i64)>) -> Week {
        if offsets.is_empty() {
            offsets.push((0, 0));
        }
        Week { offsets }
    }

    /// Gives the hour of the week of a time, from 0 for Monday at midnight, and how long clocks show it.
    pub fn shown_at(&self, time: i64) -> Shown {
        let place = self.place_of(time);
        let (begin, offset) = self.offsets[place];
        let hour = (time + offset).div_euclid(HOUR);
        let from = hour * HOUR - offset;
        Shown {
            hour: (hour + HOURS_FROM_MONDAY).rem_euclid(HOURS as i64) as usize,
            from: if place > 0 { from.max(begin) } else { from },
            until: self.offsets.get(place + 1).map_or(from + HOUR, |next| next.0.min(from + HOUR)),
        }
    }

    /// Tells whether clocks show one hour from the first to the last time.
    pub fn is_one_hour(&self, first: i64, last: i64) -> bool {
        self.shown_at(first).holds(last)
    }

    /// Tells whether clocks show one hour during each hour of UTC.
    pub fn keeps_hours(&self) -> bool {
        let is_whole = |time: i64| time % HOUR == 0;
        self.offsets.iter().all(|(_, offset)| is_whole(*offset))
            && self.offsets[1..].iter().all(|(from, _)| is_whole(*from))
    }

    fn place_of(&self, time: i64) -> usize {
        self.offsets[1..].partition_point(|(from, _)| *from <= time)
    }
}

/// Gives the weekday of an hour of the week, from 1 for Monday to 7 for Sunday, and its hour of the day, from 0 to 23.
pub fn weekday_and_hour(hour_of_week: usize) -> (i32, i32) {
    (hour_of_week as i32 / 24 + 1, hour_of_week as i32 % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thousand_began_on_a_saturday() {
        let utc = Week::new(Vec::new());
        for (time, expected) in [(0, (6, 0)), (-1, (5, 23)), (48 * HOUR, (1, 0)), (47 * HOUR, (7, 23))] {
            assert_eq!(weekday_and_hour(utc.shown_at(time).hour), expected, "{time}");
        }
        assert!(utc.is_one_hour(HOUR, 2 * HOUR - 1));
        assert!(!utc.is_one_hour(HOUR - 1, HOUR));
        assert!(!utc.is_one_hour(0, 168 * HOUR), "a week later it is the same hour again");
    }

    #[test]
    fn clocks_go_forward_and_back() {
        // An hour ahead from 10:00 on, half an hour behind from 20:30 on.
        let week = Week::new(vec![(0, 0), (10 * HOUR, HOUR), (20 * HOUR + HOUR / 2, -HOUR / 2)]);
        let hours: Vec<i32> = [10 * HOUR - 1, 10 * HOUR, 20 * HOUR, 20 * HOUR + HOUR / 2]
            .map(|time| weekday_and_hour(week.shown_at(time).hour).1)
            .into();
        assert_eq!(hours, [9, 11, 21, 20]);
        assert!(!week.is_one_hour(10 * HOUR - 1, 10 * HOUR));
        assert!(!week.keeps_hours() && Week::new(vec![(5, 0), (10 * HOUR, HOUR)]).keeps_hours());
        assert!(!Week::new(vec![(0, 0), (10 * HOUR + 1, HOUR)]).keeps_hours());
    }

    #[test]
    fn an_hour_is_shown_until_it_ends_or_clocks_change() {
        let week = Week::new(vec![(0, 0), (10 * HOUR, HOUR), (20 * HOUR + HOUR / 2, -HOUR / 2)]);
        for time in (-3 * HOUR..30 * HOUR).step_by(HOUR as usize / 12) {
            let shown = week.shown_at(time);
            assert!(shown.holds(time));
            let holding = (-5 * HOUR..32 * HOUR).step_by(HOUR as usize / 12).filter(|other| shown.holds(*other));
            for other in holding {
                assert_eq!(week.shown_at(other), shown, "{time} and {other}");
            }
            assert_ne!(week.shown_at(shown.until), shown);
        }
        assert_eq!(week.shown_at(20 * HOUR).until, 20 * HOUR + HOUR / 2);
    }
}

//! Pure: finds the groups of a breakdown: its largest values, and the rest as one.

/// The text of the group of all values that have no place among the largest. A value may have that text as well: what
/// tells them apart is [`Group::is_other`].
pub const OTHER: &str = "$other";

/// A value, or all values that have no place among the largest. Groups are ordered by their letters, the one without a
/// value first, the others last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    pub is_other: bool,
    /// The text of the value; None: the group of events without a value.
    pub text: Option<String>,
}

impl Group {
    pub fn of(value: Option<&str>) -> Group {
        Group { is_other: false, text: value.map(str::to_string) }
    }

    pub fn other() -> Group {
        Group { is_other: true, text: Some(OTHER.into()) }
    }
}

pub struct Groups {
    /// The groups, the largest first, NULL among them by its size, the others last.
    pub names: Vec<Group>,
    /// The place of each value's group, by number of the value.
    places: Vec<usize>,
    /// How many actors each group has, where that made it one and each value is a group.
    pub actors: Vec<i64>,
}

impl Groups {
    /// Finds the `most` largest groups. `sizes`: by number of the value, the default where it has no event; number 0
    /// are events without a value, a group of their own beside the `most`. `texts`: the values from number 1. Of equal
    /// sizes the text decides.
    pub fn largest<S: Ord + Copy + Default>(sizes: &[S], texts: &[String], most: usize) -> Groups {
        Groups::largest_but(sizes, texts, most, None)
    }

    /// Finds the groups as largest() does, where one number stands for others already.
    pub fn largest_but<S: Ord + Copy + Default>(
        sizes: &[S],
        texts: &[String],
        most: usize,
        others: Option<usize>,
    ) -> Groups {
        let text = |value: usize| value.checked_sub(1).map(|place| texts[place].as_str());
        let mut values: Vec<usize> =
            (1..sizes.len()).filter(|value| sizes[*value] > S::default() && Some(*value) != others).collect();
        values.sort_by_key(|value| (std::cmp::Reverse(sizes[*value]), text(*value)));
        let mut shown: Vec<usize> = values.into_iter().take(most).collect();
        if sizes.first().is_some_and(|size| *size > S::default()) {
            shown.push(0);
        }
        shown.sort_by_key(|value| (std::cmp::Reverse(sizes[*value]), text(*value)));
        let mut places = vec![shown.len(); sizes.len()];
        for (place, value) in shown.iter().enumerate() {
            places[*value] = place;
        }
        let is_there = |value: &usize| sizes[*value] > S::default();
        let has_rest = (0..sizes.len()).any(|value| is_there(&value) && places[value] == shown.len());
        let mut names: Vec<Group> = shown.iter().map(|value| Group::of(text(*value))).collect();
        if has_rest {
            names.push(Group::other());
            // They are not among the others.
            (0..sizes.len()).filter(|value| !is_there(value)).for_each(|value| places[value] = names.len());
        }
        if names.is_empty() {
            names.push(Group::of(None));
        }
        Groups { names, places, actors: Vec::new() }
    }

    /// The place of each value's group, by the value's number, as group_of() gives it.
    pub fn of_values(&self) -> Vec<u32> {
        self.places.iter().map(|place| *place as u32).collect()
    }

    /// The place of a value's group; one behind the last for a value without events where others have some.
    pub fn group_of(&self, value: usize) -> usize {
        self.places[value]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(sizes: &[u64], texts: &[&str], most: usize) -> (Vec<Group>, Vec<usize>) {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        let groups = Groups::largest(sizes, &texts, most);
        let places = (0..sizes.len()).map(|value| groups.group_of(value)).collect();
        (groups.names, places)
    }

    fn names(names: &[Option<&str>]) -> Vec<Group> {
        names.iter().map(|name| if *name == Some("the rest") { Group::other() } else { Group::of(*name) }).collect()
    }

    #[test]
    fn the_largest_and_the_rest() {
        let (found, places) = groups(&[0u64, 3, 9, 5, 5], &["a", "b", "d", "c"], 2);
        assert_eq!(found, names(&[Some("b"), Some("c"), Some("the rest")]));
        assert_eq!(&places[1..], [2, 0, 2, 1]);
        assert_eq!(groups(&[0u64, 3, 0, 5, 5], &["a", "b", "d", "c"], 2).1, [3, 2, 3, 1, 0]);
    }

    #[test]
    fn what_has_no_value_is_a_group_beside_the_largest() {
        let (found, places) = groups(&[4, 3, 9], &["a", "b"], 2);
        assert_eq!(found, names(&[Some("b"), None, Some("a")]));
        assert_eq!(places, [1, 2, 0]);
        assert_eq!(groups(&[4], &[], 2).0, names(&[None]));
        assert_eq!(groups(&[0], &[], 2).0, names(&[None]));
    }

    #[test]
    fn a_value_that_is_spelled_like_the_rest_is_a_value() {
        let (found, places) = groups(&[0, 5, 3, 1], &["$other", "a", "b"], 2);
        assert_eq!(found, names(&[Some("$other"), Some("a"), Some("the rest")]));
        assert_eq!(places[1..], [0, 1, 2]);
        let texts = ["a", "those who are not shown"].map(str::to_string);
        let groups = Groups::largest_but(&[0, 1, 9], &texts, 2, Some(2));
        assert_eq!(groups.names, names(&[Some("a"), Some("the rest")]));
    }
}

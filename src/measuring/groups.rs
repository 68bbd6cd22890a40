//! Pure: the groups of a breakdown: its values with the most events, and the rest as one.

/// The group of what has no place among the largest.
pub const OTHER: &str = "$other";

pub struct Groups {
    /// The largest first, NULL among them by its size, `$other` last.
    pub names: Vec<Option<String>>,
    /// By number of the value.
    places: Vec<usize>,
}

impl Groups {
    /// `sizes`: by number of the value, the default where it has no event; number 0 are events without a value, a group of
    /// their own beside the `most`. `texts`: the values from number 1. Of equal sizes the text decides.
    pub fn largest<S: Ord + Copy + Default>(sizes: &[S], texts: &[String], most: usize) -> Groups {
        let text = |value: usize| value.checked_sub(1).map(|place| texts[place].as_str());
        let mut values: Vec<usize> = (1..sizes.len()).filter(|value| sizes[*value] > S::default()).collect();
        // A value that is spelled like the rest belongs to it.
        values.retain(|value| text(*value) != Some(OTHER));
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
        let has_rest = (0..sizes.len()).any(|value| sizes[value] > S::default() && places[value] == shown.len());
        let mut names: Vec<Option<String>> = shown.iter().map(|value| text(*value).map(str::to_string)).collect();
        if has_rest {
            names.push(Some(OTHER.into()));
        }
        if names.is_empty() {
            names.push(None);
        }
        Groups { names, places }
    }

    /// The place of a value's group; one behind the last for a value without events.
    pub fn group_of(&self, value: usize) -> usize {
        self.places[value]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(sizes: &[u64], texts: &[&str], most: usize) -> (Vec<Option<String>>, Vec<usize>) {
        let texts: Vec<String> = texts.iter().map(|text| text.to_string()).collect();
        let groups = Groups::largest(sizes, &texts, most);
        let places = (0..sizes.len()).map(|value| groups.group_of(value)).collect();
        (groups.names, places)
    }

    fn names(names: &[Option<&str>]) -> Vec<Option<String>> {
        names.iter().map(|name| name.map(str::to_string)).collect()
    }

    #[test]
    fn the_largest_and_the_rest() {
        let (found, places) = groups(&[0u64, 3, 9, 5, 5], &["a", "b", "d", "c"], 2);
        assert_eq!(found, names(&[Some("b"), Some("c"), Some("$other")]));
        assert_eq!(&places[1..], [2, 0, 2, 1]);
    }

    #[test]
    fn what_has_no_value_is_a_group_beside_the_largest() {
        let (found, places) = groups(&[4, 3, 9], &["a", "b"], 2);
        assert_eq!(found, names(&[Some("b"), None, Some("a")]));
        assert_eq!(places, [1, 2, 0]);
        assert_eq!(groups(&[4], &[], 2).0, names(&[None]));
        assert_eq!(groups(&[0], &[], 2).0, names(&[None]));
        assert_eq!(groups(&[1, 1, 1], &["$other", "a"], 1).0, names(&[None, Some("a"), Some("$other")]));
    }
}

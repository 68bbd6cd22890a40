//! Pure: computes with sets of actors of one band. Bit b of word w is actor 64 w + b. Words that are not there hold
//! nobody: an empty slice is the empty set, and two sets may differ in length.

/// Counts the actors of a set.
pub fn count(set: &[u64]) -> i64 {
    set.iter().map(|word| i64::from(word.count_ones())).sum()
}

/// Counts the actors that are in both sets.
pub fn count_both(one: &[u64], other: &[u64]) -> i64 {
    one.iter().zip(other).map(|(one, other)| i64::from((one & other).count_ones())).sum()
}

/// Lists the actors of a set in order.
pub fn users(set: &[u64]) -> impl Iterator<Item = u16> + '_ {
    users_of_words(set.iter().copied())
}

/// Lists the actors that are in both sets, in order.
pub fn users_of_both<'a>(one: &'a [u64], other: &'a [u64]) -> impl Iterator<Item = u16> + 'a {
    users_of_words(one.iter().zip(other).map(|(one, other)| one & other))
}

/// Adds the actors of `other` to a set.
pub fn unite(set: &mut Vec<u64>, other: &[u64]) {
    if set.len() < other.len() {
        set.resize(other.len(), 0);
    }
    set.iter_mut().zip(other).for_each(|(word, other)| *word |= other);
}

fn users_of_words(words: impl Iterator<Item = u64>) -> impl Iterator<Item = u16> {
    words.enumerate().flat_map(|(place, mut word)| {
        std::iter::from_fn(move || {
            let bit = (word != 0).then(|| word.trailing_zeros())?;
            word &= word - 1;
            Some((place * 64) as u16 + bit as u16)
        })
    })
}

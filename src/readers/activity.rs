//! Pure: marks which actors of a band are active in which bucket: a set of actors per bucket, one bit each.
//!
//! A band is up to [`MOST_ACTORS`] actors of one tenant, an actor is its number in the band. Counts are added to the
//! caller's, band after band: no actor is in two of them.

mod rolling;
pub mod sets;

/// The most actors of a band: as many as a u16 can tell apart.
pub const MOST_ACTORS: usize = 1 << 16;

/// The number of words of a full band, for which no user needs a bounds check.
const MOST_WORDS: usize = words_for(MOST_ACTORS);

/// A set of actors for each bucket of a range, for one band at a time; see [`sets`] for what a set is.
#[derive(Debug, Clone)]
pub struct Activity {
    /// The length of a set in the present band.
    words: usize,
    /// The set of each bucket; empty until the bucket is marked.
    sets: Vec<Vec<u64>>,
}

impl Activity {
    /// Makes sets for so many buckets and allocates nothing per actor. [`Activity::begin_band`] comes before the first
    /// mark.
    pub fn new(buckets: usize) -> Self {
        Self { words: 0, sets: vec![Vec::new(); buckets] }
    }

    /// The most bytes that so many buckets take while no band has more actors; a caller bounds it first. 65,536 actors
    /// take 8 KiB per bucket.
    pub fn would_take(buckets: usize, actors: usize) -> usize {
        buckets.saturating_mul(words_for(actors) * size_of::<u64>() + size_of::<Vec<u64>>())
    }

    /// The bytes that are held now, because of what this and earlier bands marked.
    #[cfg(test)]
    pub fn memory(&self) -> usize {
        let words: usize = self.sets.iter().map(Vec::capacity).sum();
        words * size_of::<u64>() + self.sets.capacity() * size_of::<Vec<u64>>()
    }

    /// Forgets all marks and keeps what is allocated. `actors`: the number of actors of the new band, at most
    /// [`MOST_ACTORS`].
    pub fn begin_band(&mut self, actors: usize) {
        self.words = words_for(actors.min(MOST_ACTORS));
        self.sets.iter_mut().for_each(Vec::clear);
    }

    /// Marks that the users, each below the band's number of actors, are active in the bucket. It takes 0.8 ns per
    /// event in a full band.
    pub fn mark(&mut self, bucket: usize, users: &[u16]) {
        if users.is_empty() {
            return;
        }
        let set = self.set_to_mark(bucket);
        if let Some(set) = set.first_chunk_mut::<MOST_WORDS>() {
            for &user in users {
                set[word_of(user)] |= bit_of(user);
            }
        } else {
            for &user in users {
                set[word_of(user)] |= bit_of(user);
            }
        }
    }

    #[cfg(test)]
    pub fn mark_one(&mut self, bucket: usize, user: u16) {
        self.set_to_mark(bucket)[word_of(user)] |= bit_of(user);
    }

    pub fn buckets(&self) -> usize {
        self.sets.len()
    }

    /// The set of actors that are active in the bucket; empty if nobody was marked.
    pub fn set(&self, bucket: usize) -> &[u64] {
        &self.sets[bucket]
    }

    /// The number of actors that are active in the bucket.
    #[cfg(test)]
    pub fn count(&self, bucket: usize) -> i64 {
        sets::count(&self.sets[bucket])
    }

    /// Adds the number of actors of each bucket. `counts`: one per bucket, here and below.
    pub fn add_counts(&self, counts: &mut [i64]) {
        counts.iter_mut().zip(&self.sets).for_each(|(count, set)| *count += sets::count(set));
    }

    /// Adds the number of actors active here and there, per bucket: the numerator of an actor ratio, of which
    /// [`Activity::add_counts`] is the denominator.
    pub fn add_counts_of_both(&self, other: &Activity, counts: &mut [i64]) {
        for (count, (one, other)) in counts.iter_mut().zip(self.sets.iter().zip(&other.sets)) {
            *count += sets::count_both(one, other);
        }
    }

    /// Adds the number of actors active in any of the `n` buckets that end with each bucket; the first buckets, which
    /// have fewer before them, look at those. `n` is at least 1, less is read as 1.
    pub fn add_rolling_counts(&self, n: usize, counts: &mut [i64]) {
        rolling::add_counts(&self.sets, self.words, n, counts);
    }

    /// Calls the visitor with each bucket and the actors whose first activity is in it, in order: those that are not
    /// in `before` (who was active before the first bucket; may be empty) nor in an earlier bucket. An error ends it.
    pub fn visit_first_times<E>(
        &self,
        before: &[u64],
        mut visitor: impl FnMut(usize, &[u64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut seen = before.to_vec();
        seen.resize(self.words.max(seen.len()), 0);
        let mut first = Vec::with_capacity(self.words);
        for (bucket, set) in self.sets.iter().enumerate() {
            first.clear();
            first.extend(set.iter().zip(&seen).map(|(active, seen)| active & !seen));
            sets::unite(&mut seen, set);
            visitor(bucket, &first)?;
        }
        Ok(())
    }

    fn set_to_mark(&mut self, bucket: usize) -> &mut [u64] {
        let set = &mut self.sets[bucket];
        if set.is_empty() {
            set.reserve_exact(self.words);
            set.resize(self.words, 0);
        }
        set
    }
}

const fn words_for(actors: usize) -> usize {
    actors.div_ceil(u64::BITS as usize)
}

fn word_of(user: u16) -> usize {
    usize::from(user >> 6)
}

fn bit_of(user: u16) -> u64 {
    1 << (user & 63)
}

#[cfg(test)]
mod tests;

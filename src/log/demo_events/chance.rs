//! Pure: numbers drawn from a seed, which are the same on every machine: integers, and floats by multiplication alone.

/// SplitMix64 (Steele, Lea and Flood 2014): every seed is good, so any part of a scenario has a generator of its own.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Returns the generator of what the parts say together, for instance ("visits", user 7, day 3).
    pub fn of(parts: &[u64]) -> Chance {
        let mut chance = Chance(0);
        for part in parts {
            chance.0 ^= *part;
            chance.0 = chance.next();
        }
        chance
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Draws a number from 0 to below 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Draws a number from `least` to `most`, both included, all alike.
    pub fn integer(&mut self, least: i64, most: i64) -> i64 {
        let width = most.abs_diff(least).saturating_add(1);
        least + ((u128::from(self.next()) * u128::from(width)) >> 64) as i64
    }

    /// Draws a number between both, most of them small, as people wait and machines take their time.
    pub fn skewed(&mut self, least: f64, most: f64) -> f64 {
        let share = self.share();
        least + (most - least) * share * share * share
    }

    /// Draws a place among weights, 0 where there are none.
    pub fn place(&mut self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.share() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
            last = place;
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let drawn: Vec<u64> = (0..3).map(|_| Chance::of(&[1, 2]).next()).collect();
        assert_eq!(drawn[0], drawn[1]);
        assert_ne!(Chance::of(&[1, 2]).next(), Chance::of(&[2, 1]).next());
    }

    #[test]
    fn integers_reach_both_ends() {
        let mut chance = Chance::of(&[7]);
        let drawn: Vec<i64> = (0..1_000).map(|_| chance.integer(-1, 2)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-1), Some(&2)));
    }

    #[test]
    fn weights_decide() {
        let mut chance = Chance::of(&[7]);
        assert!((0..1_000).all(|_| chance.place([0.0, 1.0, 0.0].into_iter()) == 1));
        assert_eq!(chance.place([].into_iter()), 0);
    }
}

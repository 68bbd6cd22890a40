//! Pure: adds up doubles with hardly any loss to rounding.

/// A sum with what rounding took from it, so that the order of addition is hardly ever seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Precise {
    sum: f64,
    lost: f64,
}

impl Precise {
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let of_value = sum - self.sum;
        self.lost += (self.sum - (sum - of_value)) + (value - of_value);
        self.sum = sum;
    }

    pub fn sum(self) -> f64 {
        self.sum + self.lost
    }
}

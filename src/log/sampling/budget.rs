//! Pure: how the rate falls once a daily budget is used up.

use uuid::Uuid;

/// Returns 1 within the budget; beyond it each further quarter of the budget halves the rate, down to 1/1024. So a
/// tenant that sends a thousand times its budget stores less than four times the budget.
pub fn rate(kept: i64, budget: i64) -> f32 {
    if kept < budget {
        return 1.0;
    }
    let quarters = (kept - budget) / (budget / 4).max(1) + 1;
    0.5f32.powi(quarters.min(10) as i32)
}

/// Returns for how many events one row of the count stands: a thousandth of the budget.
pub fn step(budget: i64) -> i64 {
    (budget / 1000).max(1)
}

/// Chooses one event in `step`, by the low bits of a random uuid.
pub fn is_counted(random: &Uuid, step: i64) -> bool {
    let (_, low) = random.as_u64_pair();
    (low & 0xffff_ffff) % step as u64 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_beyond_the_budget_only() {
        assert_eq!(rate(0, 100), 1.0);
        assert_eq!(rate(99, 100), 1.0);
        assert_eq!(rate(100, 100), 0.5);
        assert_eq!(rate(125, 100), 0.25);
        assert_eq!(rate(i64::MAX, 100), 1.0 / 1024.0);
        assert_eq!(rate(1, 1), 0.5, "a budget of one event");
    }

    #[test]
    fn a_thousandfold_flood_stores_less_than_four_budgets() {
        let (budget, mut stored) = (1_000i64, 0.0f64);
        for _ in 0..1_000 * budget {
            stored += f64::from(rate(stored as i64, budget));
        }
        assert!(stored < 4.0 * budget as f64, "{stored}");
    }

    #[test]
    fn rows_of_the_count_add_up() {
        let step = step(50_000);
        let counted: i64 =
            (0..100_000u32).filter(|n| is_counted(&Uuid::new_v5(&Uuid::nil(), &n.to_le_bytes()), step)).count() as i64;
        assert!((counted * step - 100_000).abs() < 10_000, "{counted} rows of {step}");
    }
}

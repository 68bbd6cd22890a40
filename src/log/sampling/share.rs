//! Pure: whether a sampled event is kept. It does not depend on chance, so that all events of one name of one user are
//! kept or none.

use uuid::Uuid;

/// Says whether the event is among the share `rate` (0 to 1] that is kept. `key` decides it: the user, else the
/// session, else the event. The fraction is the first 64 bits of the UUID v5 (SHA-1) of the name in the namespace
/// `key`.
pub fn is_kept(rate: f32, event_name: &str, key: &Uuid) -> bool {
    if rate >= 1.0 {
        return true;
    }
    let digest = Uuid::new_v5(key, event_name.as_bytes());
    // The version and variant bits of a v5 uuid are fixed: take bits that are not.
    let (high, _, _, low) = digest.as_fields();
    let tail = u32::from_be_bytes([low[4], low[5], low[6], low[7]]);
    let fraction = ((u64::from(high) << 32) | u64::from(tail)) as f64 / 2f64.powi(64);
    fraction < f64::from(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_rate_keeps_about_its_share() {
        let kept = (0..100_000u128).filter(|n| is_kept(0.1, "message_sent", &Uuid::from_u128(*n))).count();
        assert!((9_500..10_500).contains(&kept), "{kept}");
    }

    proptest! {
        #[test]
        fn the_full_rate_keeps_all(key: u128) {
            prop_assert!(is_kept(1.0, "a", &Uuid::from_u128(key)));
        }

        #[test]
        fn a_higher_rate_keeps_what_a_lower_one_keeps(key: u128, low in 0.001f32..1.0, step in 0.0f32..1.0) {
            let key = Uuid::from_u128(key);
            let high = (low + step).min(1.0);
            prop_assert!(!is_kept(low, "a", &key) || is_kept(high, "a", &key));
        }
    }
}

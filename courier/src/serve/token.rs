//! What a form carries so that no other site can send it: a code of the user and of the time, by a key of this process. It holds for
//! six to twelve hours, and not after a restart.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const PERIOD: Duration = Duration::from_secs(6 * 3600);

pub struct Seal {
    /// As long as a block of the hash.
    key: [u8; 64],
}

impl Seal {
    pub fn new() -> Result<Seal, String> {
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| format!("there is no randomness: {error}"))?;
        Ok(Seal { key })
    }

    pub fn token(&self, user: Option<&str>) -> String {
        URL_SAFE_NO_PAD.encode(self.code(user, period_of(SystemTime::now())).finalize().into_bytes())
    }

    pub fn is_valid(&self, user: Option<&str>, token: &str) -> bool {
        self.is_valid_at(user, token, SystemTime::now())
    }

    fn is_valid_at(&self, user: Option<&str>, token: &str, now: SystemTime) -> bool {
        let Ok(code) = URL_SAFE_NO_PAD.decode(token) else { return false };
        let period = period_of(now);
        // In constant time.
        [Some(period), period.checked_sub(1)]
            .into_iter()
            .flatten()
            .any(|period| self.code(user, period).verify_slice(&code).is_ok())
    }

    fn code(&self, user: Option<&str>, period: u64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(&period.to_be_bytes());
        mac.update(&[u8::from(user.is_some())]);
        mac.update(user.unwrap_or_default().as_bytes());
        mac
    }
}

fn period_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / PERIOD.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_user_for_a_while() {
        let seal = Seal::new().unwrap();
        let token = seal.token(Some("ada"));
        let now = SystemTime::now();
        assert!(seal.is_valid_at(Some("ada"), &token, now));
        assert!(seal.is_valid_at(Some("ada"), &token, now + PERIOD));
        assert!(!seal.is_valid_at(Some("ada"), &token, now + 2 * PERIOD));
        assert!(!seal.is_valid_at(Some("bob"), &token, now));
        assert!(!seal.is_valid_at(None, &token, now));
        assert!(!Seal::new().unwrap().is_valid_at(Some("ada"), &token, now));
        assert_ne!(seal.token(None), seal.token(Some("")));
    }

    #[test]
    fn no_part_of_one_and_no_changed_one() {
        let seal = Seal::new().unwrap();
        let token = seal.token(None);
        for wrong in ["", "A", &token[..20], &token.to_lowercase(), &format!("{token}A"), "%%%"] {
            assert!(!seal.is_valid(None, wrong), "{wrong}");
        }
    }
}

//! Pure: how often an address may give a wrong password. Ten within five minutes; then it waits until the first of them is that old.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

const MOST: usize = 10;
const WITHIN: Duration = Duration::from_secs(300);
/// Addresses that are remembered. More than these attack at once: then all wait, but those who are logged in.
const MOST_ADDRESSES: usize = 10_000;

#[derive(Default)]
pub struct Attempts {
    of: HashMap<IpAddr, Vec<Instant>>,
}

impl Attempts {
    /// Counts an attempt before it is judged, so that many at once are not judged together; or how long to wait.
    pub fn begin(&mut self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let address = network_of(address);
        if self.of.len() >= MOST_ADDRESSES && !self.of.contains_key(&address) {
            self.of.retain(|_, times| times.iter().any(|time| now.duration_since(*time) < WITHIN));
            if self.of.len() >= MOST_ADDRESSES {
                return Err(WITHIN);
            }
        }
        let times = self.of.entry(address).or_default();
        times.retain(|time| now.duration_since(*time) < WITHIN);
        match times.first() {
            Some(first) if times.len() >= MOST => Err(WITHIN - now.duration_since(*first)),
            _ => {
                times.push(now);
                Ok(())
            }
        }
    }

    /// The last attempt was right, and does not count.
    pub fn forgive(&mut self, address: IpAddr) {
        let address = network_of(address);
        if let Some(times) = self.of.get_mut(&address) {
            times.pop();
            if times.is_empty() {
                self.of.remove(&address);
            }
        }
    }
}

/// A customer has a whole /64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_wrong_password_waits_for_the_first_to_be_old() {
        let mut attempts = Attempts::default();
        let (address, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let begin = Instant::now();
        for number in 0..10 {
            attempts.begin(address, begin + Duration::from_secs(number)).unwrap();
        }
        let then = begin + Duration::from_secs(20);
        assert_eq!(attempts.begin(address, then), Err(Duration::from_secs(280)));
        assert_eq!(attempts.begin("::ffff:192.0.2.1".parse().unwrap(), then), Err(Duration::from_secs(280)));
        attempts.begin(other, then).unwrap();
        attempts.begin(address, begin + WITHIN).unwrap();
        assert!(attempts.begin(address, begin + WITHIN).is_err());
    }

    #[test]
    fn a_right_password_does_not_count() {
        let mut attempts = Attempts::default();
        let address = "2001:db8::1".parse().unwrap();
        for _ in 0..100 {
            attempts.begin(address, Instant::now()).unwrap();
            attempts.forgive(address);
        }
        assert!(attempts.of.is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..10 {
            attempts.begin(format!("2001:db8::{number}").parse().unwrap(), now).unwrap();
        }
        assert!(attempts.begin("2001:db8::ffff".parse().unwrap(), now).is_err());
        attempts.begin("2001:db8:0:1::1".parse().unwrap(), now).unwrap();
    }

    #[test]
    fn memory_is_bounded() {
        let mut attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..20_000_u32 {
            let _ = attempts.begin(std::net::Ipv4Addr::from_bits(number).into(), now);
        }
        assert_eq!(attempts.of.len(), MOST_ADDRESSES);
        attempts.begin("192.0.2.1".parse().unwrap(), now + WITHIN).unwrap();
        assert_eq!(attempts.of.len(), 1);
    }
}

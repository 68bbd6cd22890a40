//! Pure: how long to wait before the database is asked again. The wait doubles while there is nothing to do and begins anew when
//! there is.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Pace {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Pace {
    pub fn new(first: Duration, longest: Duration) -> Pace {
        Pace { first, longest: longest.max(first), next: first }
    }

    /// How long to wait now; the wait after it is twice as long.
    pub fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.longest);
        wait
    }

    pub fn begin_anew(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest() {
        let mut pace = Pace::new(Duration::from_millis(200), Duration::from_secs(5));
        let waits: Vec<u128> = (0..8).map(|_| pace.wait().as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
        pace.begin_anew();
        assert_eq!(pace.wait().as_millis(), 200);
    }

    #[test]
    fn a_long_poll_stays_long() {
        let mut pace = Pace::new(Duration::from_secs(30), Duration::from_secs(5));
        assert_eq!([pace.wait(), pace.wait()], [Duration::from_secs(30); 2]);
    }
}

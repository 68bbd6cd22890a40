//! Being told to stop: by SIGTERM or SIGINT. Whoever waits is woken at once.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::log;

/// What is out has this long to come back; systemd and Docker are told 20 seconds.
const PATIENCE: Duration = Duration::from_secs(18);

/// A bell that wakes the thread that claims, and whether the courier is being stopped.
#[derive(Default)]
pub struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    rung: bool,
}

impl Bell {
    /// Starts to listen for signals. After 18 seconds the process ends whatever is out: its lease runs out, and it is sent again.
    pub fn hung() -> Result<Arc<Bell>, String> {
        let bell = Arc::new(Bell::default());
        let mut signals =
            Signals::new([SIGTERM, SIGINT]).map_err(|error| format!("signals cannot be listened to: {error}"))?;
        let listener = Arc::clone(&bell);
        std::thread::spawn(move || {
            if signals.forever().next().is_some() {
                log::info("stopping", &[]);
                listener.stop();
                std::thread::sleep(PATIENCE);
                log::warn("stopped before everything came back; it will be sent again", &[]);
                std::process::exit(0);
            }
        });
        Ok(bell)
    }

    pub fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    pub fn stop(&self) {
        self.lock().stopping = true;
        self.rung.notify_all();
    }

    /// Something ended: there may be more to claim.
    pub fn ring(&self) {
        self.lock().rung = true;
        self.rung.notify_all();
    }

    /// Waits until it is rung, the courier is being stopped, or this much time has passed. Whether it was rung.
    pub fn wait(&self, longest: Duration) -> bool {
        let until = Instant::now() + longest;
        let mut state = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.rung || state.stopping || left.is_zero() {
                return std::mem::take(&mut state.rung);
            }
            state = self.rung.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

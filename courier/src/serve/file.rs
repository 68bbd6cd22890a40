//! A file of settings that is read again when it has changed, looked at every five seconds at most. A change that cannot be read is
//! told in the log, and what was read before goes on to hold.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::log;

const LOOKED_AT_EVERY: Duration = Duration::from_secs(5);
const LARGEST: u64 = 1024 * 1024;

pub struct Watched<T> {
    path: PathBuf,
    read: fn(&str) -> Result<T, String>,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    written_at: Option<SystemTime>,
    looked_at: Instant,
}

impl<T> Watched<T> {
    /// Reads it, or says why it cannot be read. `read` says what is wrong with its text, without quoting it.
    pub fn open(path: PathBuf, read: fn(&str) -> Result<T, String>) -> Result<Watched<T>, String> {
        let written_at = written_at(&path);
        let value = Arc::new(value_of(&path, read)?);
        Ok(Watched { path, read, state: Mutex::new(State { value, written_at, looked_at: Instant::now() }) })
    }

    pub fn present(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked_at.elapsed() >= LOOKED_AT_EVERY {
            state.looked_at = Instant::now();
            let written_at = written_at(&self.path);
            if written_at != state.written_at {
                state.written_at = written_at;
                match value_of(&self.path, self.read) {
                    Ok(value) => state.value = Arc::new(value),
                    Err(error) => log::warn("what was read before holds", &[("error", &error)]),
                }
            }
        }
        Arc::clone(&state.value)
    }
}

fn written_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

fn value_of<T>(path: &Path, read: fn(&str) -> Result<T, String>) -> Result<T, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("{} cannot be read: {error}", path.display());
    let about = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if about.len() > LARGEST {
        return Err(unreadable(&"it has more than a megabyte"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    read(&text).map_err(|error| unreadable(&error))
}

//! Names and passwords: a file as `htpasswd -B` writes it, with bcrypt's hashes. A right password is remembered for ten minutes as a
//! code that a key of this process makes, since a browser sends it with each request and bcrypt is slow on purpose. A name that is
//! not in the file takes as long as one that is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bcrypt::HashParts;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::sync::Semaphore;

use super::attempts::Attempts;
use super::file::Watched;

const REMEMBERED_FOR: Duration = Duration::from_secs(600);
const MOST_REMEMBERED: usize = 10_000;
/// Some 40 ms and more for each guess.
const COSTS: std::ops::RangeInclusive<u32> = 10..=15;
/// Hashes that are computed at once; who comes then waits.
const AT_ONCE: usize = 2;
/// Longer passwords bcrypt would cut in silence.
const LONGEST: usize = 72;

pub struct Passwords {
    file: Watched<Hashes>,
    /// As long as a block of the hash.
    key: [u8; 64],
    remembered: Mutex<HashMap<[u8; 32], Instant>>,
    attempts: Mutex<Attempts>,
    turns: Semaphore,
}

/// By name, and one that no password has, for names that are not there.
struct Hashes {
    by_name: HashMap<String, String>,
    nobodys: String,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    Wait(Duration),
}

impl Passwords {
    pub fn open(path: PathBuf) -> Result<Passwords, String> {
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| format!("there is no randomness: {error}"))?;
        Ok(Passwords {
            file: Watched::open(path, read)?,
            key,
            remembered: Mutex::default(),
            attempts: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
        })
    }

    pub async fn judge(&self, address: IpAddr, name: &str, password: &str) -> Verdict {
        let hashes = self.file.present();
        let known = hashes.by_name.get(name);
        let hash = known.unwrap_or(&hashes.nobodys).clone();
        // A changed hash makes another code, so that a changed password counts at once.
        let code = self.code(&[name, password, &hash]);
        if known.is_some() && self.is_remembered(&code) {
            return Verdict::Right;
        }
        if let Err(wait) = lock(&self.attempts).begin(address, Instant::now()) {
            return Verdict::Wait(wait);
        }
        let Ok(_turn) = self.turns.acquire().await else { return Verdict::Wrong };
        let password = password.to_owned();
        let is_right = tokio::task::spawn_blocking(move || {
            password.len() <= LONGEST && bcrypt::non_truncating_verify(&password, &hash).unwrap_or(false)
        })
        .await
        .unwrap_or(false);
        if known.is_none() || !is_right {
            return Verdict::Wrong;
        }
        lock(&self.attempts).forgive(address);
        self.remember(code);
        Verdict::Right
    }

    /// The parts with their lengths, so that none can reach into the next.
    fn code(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    fn is_remembered(&self, code: &[u8; 32]) -> bool {
        lock(&self.remembered).get(code).is_some_and(|since| since.elapsed() < REMEMBERED_FOR)
    }

    fn remember(&self, code: [u8; 32]) {
        let mut remembered = lock(&self.remembered);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.retain(|_, since| since.elapsed() < REMEMBERED_FOR);
        }
        if remembered.len() < MOST_REMEMBERED {
            remembered.insert(code, Instant::now());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Each line is NAME:HASH, but for empty ones and those that begin with #.
fn read(text: &str) -> Result<Hashes, String> {
    let mut by_name = HashMap::new();
    let mut dearest = *COSTS.start();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, hash)) = line.split_once(':').filter(|(name, _)| !name.is_empty()) else {
            return Err(format!("line {number} is not NAME:HASH"));
        };
        let cost = hash.parse::<HashParts>().map(|parts| parts.get_cost()).unwrap_or(0);
        if !COSTS.contains(&cost) {
            return Err(format!(
                "line {number} has no hash of bcrypt with a cost of {} to {}; htpasswd -nB -C 12 NAME writes one",
                COSTS.start(),
                COSTS.end()
            ));
        }
        dearest = dearest.max(cost);
        if by_name.insert(name.to_owned(), hash.to_owned()).is_some() {
            return Err(format!("line {number} has a name that is there already"));
        }
    }
    if by_name.is_empty() {
        return Err("nobody is in it".to_owned());
    }
    let nobodys = bcrypt::hash("nobody's", dearest).map_err(|error| error.to_string())?;
    Ok(Hashes { by_name, nobodys })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `htpasswd -nbB -C 10 ada 'correct horse'` printed.
    fn line(name: &str, password: &str) -> String {
        format!("{name}:{}", bcrypt::hash(password, 10).unwrap().replacen("$2b$", "$2y$", 1))
    }

    fn opened(text: &str) -> (Passwords, PathBuf) {
        let path = std::env::temp_dir().join(format!("telemetry-passwords-{}-{:p}", std::process::id(), text));
        std::fs::write(&path, text).unwrap();
        (Passwords::open(path.clone()).unwrap(), path)
    }

    fn judge(passwords: &Passwords, name: &str, password: &str) -> Verdict {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(passwords.judge("192.0.2.1".parse().unwrap(), name, password))
    }

    #[test]
    fn the_right_password_and_no_other() {
        let (passwords, path) = opened(&format!("# the team\n\n{}\n", line("ada", "correct horse")));
        assert_eq!(judge(&passwords, "ada", "correct horse"), Verdict::Right);
        for (name, password) in
            [("ada", "correct"), ("ada", ""), ("Ada", "correct horse"), ("", "nobody's"), ("bob", "nobody's")]
        {
            assert_eq!(judge(&passwords, name, password), Verdict::Wrong, "{name}");
        }
        assert_eq!(judge(&passwords, "ada", &"correct horse".repeat(20)), Verdict::Wrong);
        for _ in 0..4 {
            judge(&passwords, "ada", "guessed");
        }
        assert!(matches!(judge(&passwords, "ada", "guessed"), Verdict::Wait(_)));
        // Who is logged in is not locked out by who guesses.
        assert_eq!(judge(&passwords, "ada", "correct horse"), Verdict::Right);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn files_that_say_too_little() {
        for (text, why) in [
            ("", "nobody"),
            ("ada", "line 1 is not"),
            (":x", "line 1 is not"),
            ("ada:plain", "no hash"),
            ("ada:$apr1$abcdefgh$0123456789012345678901", "no hash"),
            ("ada:{SHA}abc=", "no hash"),
            ("# x\nada:$2y$05$abcdefghijklmnopqrstuuKvHBBq2uGYjIxr5zSxQbQnDwq3yd.Hi", "line 2 has no hash"),
        ] {
            assert!(read(text).err().unwrap_or_default().contains(why), "{text}");
        }
        let twice = format!("{}\n{}", line("ada", "a"), line("ada", "b"));
        assert!(read(&twice).err().unwrap().contains("already"));
    }
}

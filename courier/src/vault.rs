//! Where secrets are: `TELEMETRY_SECRET_<NAME>` in the environment, or a file `NAME` in a directory, as systemd's credentials and
//! Kubernetes' volumes are, or, with `--supabase-vault`, the secret `NAME` of Supabase's Vault. telemetry knows names alone.
//!
//! The environment is read at the start. Files and Supabase's Vault are read again at most every ten seconds, so that a secret is changed
//! without a restart.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use postgres::types::Type;

use crate::database::{self, Database};
use crate::log;
use crate::secret::{Fault, Secret};

const PREFIX: &str = "TELEMETRY_SECRET_";
const FRESH: Duration = Duration::from_secs(10);
/// A secret of two keys has some 200 bytes.
const LARGEST_FILE: u64 = 16 * 1024;

pub struct Vault {
    environment: HashMap<String, Secret>,
    directory: Option<PathBuf>,
    supabase: Option<Database>,
    read: Mutex<HashMap<String, (Instant, Option<Secret>)>>,
}

impl Vault {
    /// Reads every secret once, so that a courier with an unusable one does not start. Errors name the secret, never its value.
    pub fn open(directory: Option<PathBuf>, supabase: Option<Database>) -> Result<Vault, String> {
        let mut environment = HashMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let value = value.to_str().ok_or_else(|| format!("{PREFIX}{name} is not UTF-8"))?;
            let secret = Secret::read(value).map_err(|fault| unusable(&format!("{PREFIX}{name}"), &fault))?;
            environment.insert(name.to_owned(), secret);
        }
        let vault = Vault { environment, directory, supabase, read: Mutex::default() };
        for name in vault.file_names()? {
            vault.file(&name)?;
        }
        Ok(vault)
    }

    /// The secret of this name: the environment's, else the file's, else that of Supabase's Vault.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        if let Some(secret) = self.environment.get(&variable(name)) {
            return Some(secret.clone());
        }
        match self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            Some((read_at, secret)) if read_at.elapsed() < FRESH => return secret.clone(),
            _ => {}
        }
        // The lock is not held meanwhile: the database may take its time.
        let secret = self.file(name).ok().flatten().or_else(|| self.of_supabase(name));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(name.to_owned(), (Instant::now(), secret.clone()));
        secret
    }

    /// A connection of its own, seldom enough: the text of a secret does not pass through those that other threads use.
    fn of_supabase(&self, name: &str) -> Option<Secret> {
        let found = self.supabase.as_ref()?.connect().and_then(|mut client| {
            client.query_typed_opt(
                "select decrypted_secret from vault.decrypted_secrets where name = $1",
                &[(&name, Type::TEXT)],
            )
        });
        match found {
            Ok(row) => Secret::read(row?.try_get(0).ok()?).ok(),
            Err(error) => {
                log::warn(
                    "Supabase's Vault did not give a secret",
                    &[("secret", &name), ("error", &database::describe(&error))],
                );
                None
            }
        }
    }

    /// Every secret by its name and what it is, for `check`.
    pub fn inventory(&self) -> Result<Vec<(String, String)>, String> {
        let mut all: Vec<(String, String)> =
            self.environment.iter().map(|(name, secret)| (format!("{PREFIX}{name}"), secret.describe())).collect();
        for name in self.file_names()? {
            if let Some(secret) = self.file(&name)? {
                all.push((name, secret.describe()));
            }
        }
        all.sort();
        Ok(all)
    }

    fn file(&self, name: &str) -> Result<Option<Secret>, String> {
        let Some(directory) = self.directory.as_deref().filter(|_| is_file_name(name)) else { return Ok(None) };
        let path = directory.join(name);
        let Ok(about) = std::fs::metadata(&path) else { return Ok(None) };
        if about.len() > LARGEST_FILE {
            return Err(format!("the secret {} is larger than {LARGEST_FILE} bytes", path.display()));
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("the secret {} cannot be read: {error}", path.display()))?;
        Secret::read(&text).map(Some).map_err(|fault| unusable(&path.display().to_string(), &fault))
    }

    /// Regular files; what begins with a dot is Kubernetes' bookkeeping.
    fn file_names(&self) -> Result<Vec<String>, String> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let unreadable = |error| format!("the directory of secrets {} cannot be read: {error}", directory.display());
        let mut names = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if is_file_name(name) && Path::is_file(&path) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}

fn unusable(name: &str, fault: &Fault) -> String {
    format!("the secret {name} cannot be used: {fault}")
}

/// `posthog-eu` is `POSTHOG_EU` in the environment.
fn variable(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' }).collect()
}

/// A name from the database never leads out of the directory.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(variable("posthog-eu.1"), "POSTHOG_EU_1");
        for name in ["", ".", "..", "../etc/passwd", "a/b", ".hidden", "a\0b"] {
            assert!(!is_file_name(name), "{name:?}");
        }
        assert!(is_file_name("posthog-eu"));
    }
}

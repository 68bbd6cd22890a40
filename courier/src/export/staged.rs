//! A file on its way: written to the machine's temporary place, hashed while it is written. It has no name, so that nothing of
//! it remains when the courier is killed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest as _, Sha256};

use super::manifest::hexadecimal;

pub fn temporary() -> Result<File, String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let path = std::env::temp_dir().join(format!(
        "telemetry-courier-{}-{}",
        std::process::id(),
        NUMBER.fetch_add(1, Ordering::Relaxed)
    ));
    let made = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
    let file = made.map_err(|error| format!("the temporary file {} cannot be made: {error}", path.display()))?;
    std::fs::remove_file(&path).map_err(|error| format!("the temporary file {}: {error}", path.display()))?;
    Ok(file)
}

/// Hashes and counts what goes through it.
pub struct Hashed<W: Write> {
    inner: W,
    hash: Sha256,
    bytes: i64,
}

impl<W: Write> Hashed<W> {
    pub fn new(inner: W) -> Hashed<W> {
        Hashed { inner, hash: Sha256::new(), bytes: 0 }
    }

    pub fn bytes(&self) -> i64 {
        self.bytes
    }

    /// What was written to, how many bytes, and their hash.
    pub fn finish(self) -> (W, i64, String) {
        (self.inner, self.bytes, hexadecimal(&self.hash.finalize()))
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += i64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

//! Tokens that sessions of a server take from one another: each is a lock that no SQL can take, of the kind that PostgreSQL
//! keeps for what extensions call user locks. One is never waited for. It goes back when it is dropped, with the
//! (sub)transaction where that aborts, and with the process where that dies; standbys and READ ONLY transactions have them
//! too. `pg_locks` shows those in use, with the locktype userlock and the token's number as classid.

use pgrx::prelude::*;

/// Tells these locks from user locks of other extensions: it is shown as objid.
const OURS: u32 = 0x7e1e_0001;

/// Some tokens of the session.
#[derive(Debug, Default)]
#[must_use]
pub struct Tokens(Vec<u32>);

impl Tokens {
    /// Takes up to `most` of the tokens 0 to `all` - 1: as many as are free. None in a parallel worker, whose locks and its
    /// leader's do not keep each other out.
    pub fn take(most: usize, all: usize) -> Tokens {
        let mut tokens = Tokens::default();
        // SAFETY: reads the state of the process.
        if all == 0 || unsafe { pg_sys::IsInParallelMode() || pg_sys::ParallelWorkerNumber >= 0 } {
            return tokens;
        }
        // Sessions begin at different ones, so that few are tried in vain.
        let first = std::process::id() as usize;
        for number in (0..all).map(|step| ((first + step) % all) as u32) {
            if tokens.0.len() == most {
                break;
            }
            if take(number) {
                tokens.0.push(number);
            }
        }
        tokens
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        // While a panic unwinds the abort gives them back.
        if !std::thread::panicking() {
            self.0.iter().for_each(|number| release(*number));
        }
    }
}

/// Takes a token. False where somebody has it, or this session itself, or where the server's table of locks is full.
fn take(number: u32) -> bool {
    // SAFETY: within a transaction. Nothing is waited for, and a full table is no error.
    let result = unsafe {
        pg_sys::LockAcquireExtended(
            &tag(number),
            pg_sys::ExclusiveLock as pg_sys::LOCKMODE,
            false,
            true,
            false,
            std::ptr::null_mut(),
            #[cfg(feature = "pg18")]
            false,
        )
    };
    if result == pg_sys::LockAcquireResult::LOCKACQUIRE_ALREADY_HELD {
        // A call within another one: the outer one keeps it.
        release(number);
    }
    result == pg_sys::LockAcquireResult::LOCKACQUIRE_OK
}

fn release(number: u32) {
    // SAFETY: it was taken by this (sub)transaction and is given back once.
    unsafe { pg_sys::LockRelease(&tag(number), pg_sys::ExclusiveLock as pg_sys::LOCKMODE, false) };
}

/// The lock of a token: it belongs to no database.
fn tag(number: u32) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        locktag_field2: number,
        locktag_field3: OURS,
        locktag_type: pg_sys::LockTagType::LOCKTAG_USERLOCK as u8,
        locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
        ..Default::default()
    }
}

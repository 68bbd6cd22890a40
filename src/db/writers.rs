//! The transactions that may be writing to telemetry.events: those that hold the lock that an INSERT takes.

use super::session;
use pgrx::check_for_interrupts;
use pgrx::prelude::*;

const FIRST_PAUSE: i64 = 100;
const LONGEST_PAUSE: i64 = 10_000;

/// Waits until the transactions that may be writing at this moment are over, for at most so many microseconds; returns
/// false if one is not over by then. The present transaction is not among them.
pub fn wait_for_present(microseconds: i64) -> bool {
    let deadline = session::clock() + microseconds;
    let mut pause = FIRST_PAUSE;
    present().into_iter().all(|writer| {
        loop {
            // SAFETY: the id came from the lock table; nothing is waited for.
            if unsafe { pg_sys::VirtualXactLock(writer, false) } {
                return true;
            }
            check_for_interrupts!();
            if session::clock() >= deadline {
                return false;
            }
            // SAFETY: sleeps.
            unsafe { pg_sys::pg_usleep(pause) };
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    })
}

fn present() -> Vec<pg_sys::VirtualTransactionId> {
    // SAFETY: plain look-ups; the list is palloc'd, as long as said, and copied.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), false);
        let relation = pg_sys::get_relname_relid(c"events".as_ptr(), schema);
        let tag = pg_sys::LOCKTAG {
            locktag_field1: pg_sys::MyDatabaseId.to_u32(),
            locktag_field2: relation.to_u32(),
            locktag_type: pg_sys::LockTagType::LOCKTAG_RELATION as u8,
            locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
            ..Default::default()
        };
        let mut count = 0;
        let list = pg_sys::GetLockConflicts(&tag, pg_sys::ShareLock as pg_sys::LOCKMODE, &mut count);
        let writers = std::slice::from_raw_parts(list, count as usize).to_vec();
        pg_sys::pfree(list.cast());
        writers
    }
}

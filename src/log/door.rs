//! Pure: the door through which events leave the log or change. The guards let a DELETE or an UPDATE of a table pass while
//! the door of that table is open, and it is open only while this library runs the one statement that it was opened for.
//! No setting opens it.

use std::cell::Cell;

thread_local! {
    static OPEN: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Says whether the door of a table, given by its oid, is open.
pub fn is_open(table: u32) -> bool {
    OPEN.get() == Some(table)
}

/// An open door. It closes when this goes, also where PostgreSQL raises an error.
pub struct Door(Option<u32>);

impl Door {
    /// Opens the door of a table.
    pub fn open(table: u32) -> Door {
        Door(OPEN.replace(Some(table)))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        OPEN.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_open_for_its_table_and_as_long_as_it_lives() {
        assert!(!is_open(7));
        {
            let _door = Door::open(7);
            assert!(is_open(7) && !is_open(8));
            drop(Door::open(8));
            assert!(is_open(7) && !is_open(8));
        }
        assert!(!is_open(7));
        let unwound = std::panic::catch_unwind(|| {
            let _door = Door::open(7);
            assert!(!is_open(7), "an error of PostgreSQL unwinds as this does");
        });
        assert!(unwound.is_err() && !is_open(7));
    }
}

//! The memory that one KPI call may take: telemetry.kpi_memory.

use crate::error::Error;
use crate::settings;

pub struct Memory {
    limit: usize,
    taken: usize,
}

impl Memory {
    pub fn of_call() -> Memory {
        Memory { limit: settings::KPI_MEMORY.get() as usize * 1_048_576, taken: 0 }
    }

    /// Gives the memory that is left, for a part of the call that gives its own back.
    pub fn rest(&self) -> Memory {
        Memory { limit: self.left(), taken: 0 }
    }

    /// Counts bytes that stay taken until the call ends. Error: 53200 that is more than the call may take.
    pub fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.check(bytes)?;
        self.taken += bytes;
        Ok(())
    }

    /// Tells whether this many bytes more are allowed at this moment. Error: 53200 they are not.
    pub fn check(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.left() { Err(Memory::exceeded()) } else { Ok(()) }
    }

    /// Tells how many bytes are still allowed.
    pub fn left(&self) -> usize {
        self.limit.saturating_sub(self.taken)
    }

    pub fn exceeded() -> Error {
        Error::OutOfKpiMemory { megabytes: settings::KPI_MEMORY.get() as usize }
    }
}

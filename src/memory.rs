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

    /// What is left, for a part of the call that gives its own back.
    pub fn rest(&self) -> Memory {
        Memory { limit: self.left(), taken: 0 }
    }

    /// Counts bytes that stay taken until the call ends. Error: 53200 where that is more than may be.
    pub fn take(&mut self, bytes: usize) -> Result<(), Error> {
        self.check(bytes)?;
        self.taken += bytes;
        Ok(())
    }

    /// Whether so many bytes more are allowed at this moment.
    pub fn check(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.left() { Err(Memory::exceeded()) } else { Ok(()) }
    }

    /// Bytes that are still allowed.
    pub fn left(&self) -> usize {
        self.limit.saturating_sub(self.taken)
    }

    pub fn exceeded() -> Error {
        Error::OutOfKpiMemory { megabytes: settings::KPI_MEMORY.get() as usize }
    }
}

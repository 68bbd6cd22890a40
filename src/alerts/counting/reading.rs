//! Counts events by tenant, label and bucket.

use crate::calendar::Edges;
use crate::error::Error;
use crate::ids::{Band, TenantId};
use crate::memory::Memory;
use crate::readers::counting::Counting;
use crate::source::count::Count;
use crate::source::question::{Piece, Reader};
use foldhash::HashMap;

/// The counts of a tenant by label and bucket.
pub type Counts = HashMap<(u64, usize), Count>;

/// A place in a map of counts takes so many bytes, about.
const CELL: usize = 2 * size_of::<((u64, usize), Count)>();

/// A reader that counts each tenant by itself, or all together under the nil id.
pub struct ByTenant {
    counting: Counting,
    is_by_tenant: bool,
    at: TenantId,
    counts: HashMap<TenantId, Counts>,
    held: usize,
    left: usize,
}

impl ByTenant {
    /// `left`: how many bytes the counts may take.
    pub fn new(edges: &[i64], is_by_tenant: bool, left: usize) -> ByTenant {
        let counting = Counting::new(Edges::new(edges.to_vec()));
        ByTenant { counting, is_by_tenant, at: TenantId::default(), counts: HashMap::default(), held: 0, left }
    }

    pub fn finish(mut self) -> HashMap<TenantId, Counts> {
        self.end_tenant();
        self.counts
    }

    fn end_tenant(&mut self) {
        let counts = std::mem::take(&mut self.counting.counts);
        if !counts.is_empty() {
            self.held += counts.len() * CELL;
            self.counts.insert(self.at, counts);
        }
    }
}

impl Reader<Error> for ByTenant {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.counting.needs_times(first, last)
    }

    fn begin_band(&mut self, tenant: TenantId, _: Band, _: usize) -> Result<(), Error> {
        // The bands of a tenant follow one another.
        if self.is_by_tenant && tenant != self.at {
            self.end_tenant();
            self.at = tenant;
        }
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        self.counting.read(piece)?;
        if self.held + self.counting.counts.len() * CELL > self.left {
            return Err(Memory::exceeded());
        }
        Ok(())
    }
}

//! Pure: finds who came back after a loss.

use crate::ids::TenantId;
use std::ops::Range;

/// An object that a user lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    pub tenant: TenantId,
    pub user: u32,
    pub at: i64,
    /// The place of the object's entry.
    pub entry: usize,
    /// The time of the user's first event after the loss, whenever that is; i64::MAX where there is none.
    pub recovered_at: i64,
}

/// The losses, by tenant, user and time. What comes after a loss also comes after those before it, as for objects.
pub struct Losses(Vec<Loss>);

impl Losses {
    pub fn new(mut losses: Vec<Loss>) -> Losses {
        losses.sort_unstable();
        Losses(losses)
    }

    /// Gives the places of the losses of a user, for recover().
    pub fn of(&self, tenant: TenantId, user: u32) -> Range<usize> {
        let start = self.0.partition_point(|loss| (loss.tenant, loss.user) < (tenant, user));
        let own = self.0[start..].iter().take_while(|loss| (loss.tenant, loss.user) == (tenant, user));
        start..start + own.count()
    }

    /// Notes an event of the user of these losses.
    pub fn recover(&mut self, of: Range<usize>, time: i64) {
        let own = &mut self.0[of];
        let before = own.partition_point(|loss| loss.at < time);
        for loss in own[..before].iter_mut().rev() {
            if loss.recovered_at <= time {
                return;
            }
            loss.recovered_at = time;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.0.iter()
    }
}

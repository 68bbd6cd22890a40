//! Pure: who and what events are about, each as a type of its own, so that none is taken for another.

use std::marker::PhantomData;
use uuid::Uuid;

/// The uuid of a tenant, an actor or a subject: `Of` says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Id<Of>([u8; 16], PhantomData<Of>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfTenant;
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfActor;
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfSubject;

/// A tenant; the nil id where there are none.
pub type TenantId = Id<OfTenant>;

/// Whoever a question counts: a user, or a session, a subject or a tenant where it says so.
pub type ActorId = Id<OfActor>;

/// What an event is about.
pub type SubjectId = Id<OfSubject>;

impl<Of> Id<Of> {
    pub const fn new(bytes: [u8; 16]) -> Id<Of> {
        Id(bytes, PhantomData)
    }

    /// The same id, said of something else: a subject that is counted is an actor.
    pub fn cast<Other>(self) -> Id<Other> {
        Id::new(self.0)
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub fn uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }
}

impl<Of> From<[u8; 16]> for Id<Of> {
    fn from(bytes: [u8; 16]) -> Id<Of> {
        Id::new(bytes)
    }
}

impl<Of> From<Id<Of>> for [u8; 16] {
    fn from(id: Id<Of>) -> [u8; 16] {
        id.0
    }
}

impl<Of> From<Uuid> for Id<Of> {
    fn from(id: Uuid) -> Id<Of> {
        Id::new(id.into_bytes())
    }
}

/// Up to [`Band::ACTORS`] actors of a tenant, by their numbers. Events without an actor are in a band of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Band(i32);

/// A band of a tenant.
pub type BandOf = (TenantId, Band);

impl Band {
    /// How many actors a band has room for: as many as places of 16 bits.
    pub const ACTORS: usize = 1 << 16;

    /// That of the events without an actor.
    pub const NOBODYS: Band = Band(-1);

    /// As the timeline's tables number it.
    pub const fn new(number: i32) -> Band {
        Band(number)
    }

    pub fn get(self) -> i32 {
        self.0
    }

    pub fn is_nobodys(self) -> bool {
        self.0 < 0
    }

    /// The number of the actor at a place. Nobody's band has no places; whoever asks of one gets those of the first band.
    #[inline]
    pub fn number(self, place: u16) -> ActorNumber {
        ActorNumber(self.0.max(0).unsigned_abs() << 16 | u32::from(place))
    }

    /// The number of the actor at a place; none in nobody's band.
    #[inline]
    pub fn actor(self, place: u16) -> Option<ActorNumber> {
        (!self.is_nobodys()).then(|| self.number(place))
    }
}

/// The number of an actor within its tenant, in the order in which they first appeared: its band and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct ActorNumber(u32);

impl ActorNumber {
    pub const fn new(number: u32) -> ActorNumber {
        ActorNumber(number)
    }

    #[inline]
    pub fn get(self) -> u32 {
        self.0
    }

    /// As a place in a list of all actors of a tenant.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    #[inline]
    pub fn band(self) -> Band {
        Band((self.0 >> 16) as i32)
    }

    /// The place in its band.
    #[inline]
    pub fn place(self) -> u16 {
        self.0 as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_a_band_and_a_place() {
        assert_eq!(Band::new(1).number(3).get(), 65_539);
        assert_eq!(Band::NOBODYS.actor(3), None);
        assert_eq!(Band::NOBODYS.number(3), ActorNumber::new(3));
        assert_eq!(Band::new(0).actor(0), Some(ActorNumber::default()));
    }

    proptest! {
        #[test]
        fn a_number_tells_its_band_and_its_place(number: u32) {
            let number = ActorNumber::new(number & i32::MAX as u32);
            prop_assert_eq!(number.band().number(number.place()), number);
        }

        #[test]
        fn an_id_keeps_its_bytes(bytes: [u8; 16]) {
            let id = TenantId::new(bytes);
            prop_assert_eq!((*id.as_bytes(), id.uuid().into_bytes()), (bytes, bytes));
            prop_assert_eq!(TenantId::from(id.uuid()), id);
        }
    }
}

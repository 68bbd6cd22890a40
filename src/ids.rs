//! Pure: the ids of whom and what events are about, each as a type of its own, so that none is taken for another.

use std::marker::PhantomData;
use uuid::Uuid;

/// The uuid of a tenant, an actor or a subject: `Of` says which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Id<Of>([u8; 16], PhantomData<Of>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfTenant;
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfActor;
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OfSubject;

/// The id of a tenant; it is the nil id where there are no tenants.
pub type TenantId = Id<OfTenant>;

/// The id of whoever a question counts: a user, or a session, a subject or a tenant where the question says so.
pub type ActorId = Id<OfActor>;

/// The id of what an event is about.
pub type SubjectId = Id<OfSubject>;

impl<Of> Id<Of> {
    pub const fn new(bytes: [u8; 16]) -> Id<Of> {
        Id(bytes, PhantomData)
    }

    /// Gives the same id as that of something else: a subject that is counted is an actor.
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

/// A band holds up to [`Band::ACTORS`] actors of a tenant, by their numbers. Events without an actor are in a band of
/// their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Band(i32);

/// A band together with its tenant.
pub type BandOf = (TenantId, Band);

impl Band {
    /// A band has room for this many actors: as many as there are places of 16 bits.
    pub const ACTORS: usize = 1 << 16;

    /// The band of the events without an actor.
    pub const NOBODYS: Band = Band(-1);

    /// Makes a band of the number that the timeline's tables give it.
    pub const fn new(number: i32) -> Band {
        Band(number)
    }

    pub fn get(self) -> i32 {
        self.0
    }

    pub fn is_nobodys(self) -> bool {
        self.0 < 0
    }

    /// Gives the number of the actor at a place. Nobody's band has no places; whoever asks of one gets those of the
    /// first band.
    #[inline]
    pub fn number(self, place: u16) -> ActorNumber {
        ActorNumber(self.0.max(0).unsigned_abs() << 16 | u32::from(place))
    }

    /// Gives the number of the actor at a place; none in nobody's band.
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

    /// Gives the number as a place in a list of all actors of a tenant.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    #[inline]
    pub fn band(self) -> Band {
        Band((self.0 >> 16) as i32)
    }

    /// Gives the actor's place in its band.
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

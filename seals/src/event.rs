//! The leaf of an event. What is personal stands in it only as a commitment under the secret of that person: whoever has
//! the event and the secret can show that it is the one that was sealed, and once the secret is gone nobody can find out
//! from the leaf whose event it was or what it said.
//!
//! The leaf's data is a byte for the version, then the fields, each with its length before it (4 bytes, big endian; all
//! bits set for NULL). Numbers are big endian.

use crate::hash::{Hash, leaf_hash};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The first byte of the leaf data: another encoding would begin with another one.
const VERSION: u8 = 1;

/// 32 random bytes of a tenant's user, or of a tenant for its events without a user.
pub type Secret = [u8; 32];

type Uuid = [u8; 16];

/// An event as the log stores it. Times are microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Event<'a> {
    pub ingest_id: i64,
    pub event_id: Uuid,
    pub tenant_id: Uuid,
    pub event_ts: i64,
    pub event_name: &'a str,
    pub event_version: i16,
    pub source: Option<&'a str>,
    pub sample_rate: Option<f32>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub client_ts: Option<i64>,
    pub seq: Option<i32>,
    /// As [`crate::payload`] writes it.
    pub payload: &'a [u8],
}

impl Event<'_> {
    /// Gives the hash of its leaf. `secret` is that of its tenant and user.
    pub fn leaf(&self, secret: &Secret) -> Hash {
        let mut fields = Vec::with_capacity(256 + self.payload.len());
        self.leaf_with(secret, &mut fields)
    }

    /// Does what leaf() does, in memory that the caller lends, so that many leaves take no time for it.
    pub fn leaf_with(&self, secret: &Secret, memory: &mut Vec<u8>) -> Hash {
        let commitment = self.commitment(&self.salt(secret), memory);
        memory.clear();
        memory.push(VERSION);
        put(memory, Some(&self.ingest_id.to_be_bytes()));
        put(memory, Some(&self.event_id));
        put(memory, Some(&self.tenant_id));
        put(memory, Some(&self.event_ts.to_be_bytes()));
        put(memory, Some(self.event_name.as_bytes()));
        put(memory, Some(&self.event_version.to_be_bytes()));
        put(memory, self.source.map(str::as_bytes));
        put(memory, self.sample_rate.map(|rate| rate.to_be_bytes()).as_ref().map(<[u8; 4]>::as_slice));
        put(memory, Some(&commitment));
        leaf_hash(memory)
    }

    /// The salt of its commitment: another one for each event, which tells nothing of the secret.
    fn salt(&self, secret: &Secret) -> Hash {
        // HMAC fills a shorter key with zeros up to the block of its hash: so done here, nothing can fail.
        let mut key = [0; 64];
        key[..32].copy_from_slice(secret);
        let mut hmac = <Hmac<Sha256> as KeyInit>::new(&key.into());
        hmac.update(&self.ingest_id.to_be_bytes());
        hmac.update(&self.event_id);
        hmac.finalize().into_bytes().into()
    }

    /// The hash of the salt and what is personal.
    fn commitment(&self, salt: &Hash, memory: &mut Vec<u8>) -> Hash {
        memory.clear();
        memory.extend_from_slice(salt);
        for id in [&self.user_id, &self.session_id, &self.subject_id] {
            put(memory, id.as_ref().map(Uuid::as_slice));
        }
        put(memory, self.client_ts.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        put(memory, self.seq.map(i32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice));
        put(memory, Some(self.payload));
        Sha256::digest(memory).into()
    }
}

fn put(memory: &mut Vec<u8>, field: Option<&[u8]>) {
    memory.extend_from_slice(&field.map_or(u32::MAX, |field| field.len() as u32).to_be_bytes());
    memory.extend_from_slice(field.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload;

    const SECRET: Secret = [7; 32];

    fn event(payload: &[u8]) -> Event<'_> {
        Event {
            ingest_id: 42,
            event_id: [1; 16],
            tenant_id: [2; 16],
            event_ts: 1_700_000_000_000_000,
            event_name: "lesson_completed",
            event_version: 1,
            source: Some("backend"),
            sample_rate: Some(0.5),
            user_id: Some([3; 16]),
            session_id: Some([4; 16]),
            subject_id: Some([5; 16]),
            client_ts: Some(1_700_000_000_000_001),
            seq: Some(9),
            payload,
        }
    }

    #[test]
    fn every_field_counts() {
        let payloads =
            [payload::of_json(r#"{"score": 7}"#), payload::of_json(r#"{"score": 8}"#)].map(Result::unwrap_or_default);
        let base = event(&payloads[0]);
        let others = [
            Event { ingest_id: 43, ..base },
            Event { event_id: [9; 16], ..base },
            Event { tenant_id: [9; 16], ..base },
            Event { event_ts: base.event_ts + 1, ..base },
            Event { event_name: "lesson_started", ..base },
            Event { event_version: 2, ..base },
            Event { source: Some("web"), ..base },
            Event { source: Some(""), ..base },
            Event { source: None, ..base },
            Event { sample_rate: Some(0.25), ..base },
            Event { sample_rate: None, ..base },
            Event { user_id: Some([9; 16]), ..base },
            Event { user_id: None, ..base },
            Event { session_id: Some([9; 16]), ..base },
            Event { session_id: None, ..base },
            Event { subject_id: Some([9; 16]), ..base },
            Event { subject_id: None, ..base },
            Event { client_ts: None, ..base },
            Event { client_ts: Some(0), ..base },
            Event { seq: Some(10), ..base },
            Event { seq: None, ..base },
            Event { payload: &payloads[1], ..base },
            // The same ids, but of another kind.
            Event { user_id: base.session_id, session_id: base.user_id, ..base },
            Event { session_id: base.subject_id, subject_id: base.session_id, ..base },
            Event { session_id: None, subject_id: base.session_id, ..base },
        ];
        let mut leaves: Vec<Hash> = others.iter().map(|event| event.leaf(&SECRET)).collect();
        leaves.push(base.leaf(&SECRET));
        leaves.push(base.leaf(&[8; 32]));
        for (n, leaf) in leaves.iter().enumerate() {
            assert!(!leaves[..n].contains(leaf), "{n}");
        }
    }

    /// Computed apart from this crate, by Python's hashlib. A sealed log has such leaves for ever.
    #[test]
    fn a_leaf_of_version_1_stays_what_it_is() {
        let payload = payload::of_json(r#"{"score": 7}"#).unwrap_or_default();
        let leaf = crate::hash::tests::hash("9ec06ff835b8c2d6e63165b35e592e253390679a80dad0b90990488f0f3a6b97");
        assert_eq!(event(&payload).leaf(&SECRET), leaf);
    }

    #[test]
    fn the_form_is_fixed() {
        let payload = payload::of_json("{}").unwrap_or_default();
        let mut data = vec![1];
        let event = event(&payload);
        let mut salted = Vec::from(event.salt(&SECRET));
        for id in [3_u8, 4, 5] {
            salted.extend([0, 0, 0, 16]);
            salted.extend([id; 16]);
        }
        salted.extend([0, 0, 0, 8]);
        salted.extend(1_700_000_000_000_001_i64.to_be_bytes());
        salted.extend([0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 5]);
        salted.extend(b"o\0\0\0\0");
        for field in [
            42_i64.to_be_bytes().as_slice(),
            &[1; 16],
            &[2; 16],
            &1_700_000_000_000_000_i64.to_be_bytes(),
            b"lesson_completed",
            &[0, 1],
            b"backend",
            &0.5_f32.to_be_bytes(),
            &Sha256::digest(&salted),
        ] {
            data.extend((field.len() as u32).to_be_bytes());
            data.extend(field);
        }
        assert_eq!(event.leaf(&SECRET), leaf_hash(&data));
    }

    #[test]
    fn equal_events_of_a_person_have_unequal_salts() {
        let one = event(b"");
        assert_ne!(one.salt(&SECRET), Event { event_id: [9; 16], ..one }.salt(&SECRET));
        assert_ne!(one.salt(&SECRET), Event { ingest_id: 43, ..one }.salt(&SECRET));
    }
}

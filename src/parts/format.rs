//! Pure: the bytes of a part. Two parts with the same counts have the same bytes.
//!
//! ```text
//! 0       version, 1
//! 1..5    CRC-32 of what follows, little-endian
//! 5..     in the wire format of postcard: the question, the moment, and the segments
//! ```
//! Of an answer that is made of several questions, a segment before those of each says what is asked (questions.rs).
//! A released version stays readable.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub const VERSION: u8 = 1;
const HEADER: usize = 5;

/// What a KPI of one log counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// A digest of the question. Parts of one question add up.
    pub question: [u8; 32],
    /// The moment at which it was asked, in microseconds since 2000-01-01 UTC: what is over is told by that.
    pub moment: i64,
    pub segments: Vec<Segment>,
}

/// What was gathered at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The kind of what was gathered.
    pub what: String,
    /// The first and the last time of an event; None: there is none, or nobody asked.
    pub span: Option<(i64, i64)>,
    /// Where the range begins and ends; None: nobody asked.
    pub range: Option<(Option<i64>, Option<i64>)>,
    pub body: Vec<u8>,
}

/// Bytes that are not a part, or counts that do not fit into a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Why bytes are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    Damaged,
    /// They are of a later version.
    Version(u8),
}

impl Part {
    pub fn to_bytes(&self) -> Result<Vec<u8>, Damaged> {
        let body = encode(self)?;
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    pub fn of_bytes(bytes: &[u8]) -> Result<Part, Unread> {
        let (header, body) = bytes.split_at_checked(HEADER).ok_or(Unread::Damaged)?;
        if header[0] != VERSION {
            return Err(Unread::Version(header[0]));
        }
        if header[1..] != crc32fast::hash(body).to_le_bytes() {
            return Err(Unread::Damaged);
        }
        decode(body).map_err(|Damaged| Unread::Damaged)
    }
}

pub fn encode(value: &impl Serialize) -> Result<Vec<u8>, Damaged> {
    postcard::to_allocvec(value).map_err(|_| Damaged)
}

/// Reads a value that takes all of the bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Damaged> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(Damaged),
    }
}

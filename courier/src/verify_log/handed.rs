//! What the database hands out for an auditor, as lines of JSON: the secret of each person, the leaves of what was erased or changed
//! since it was sealed, and what is kept of each 256 entries.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::RangeInclusive;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use telemetry_seals::checkpoint::decode;
use telemetry_seals::groups::{Group, LEAVES, Tail};
use telemetry_seals::hash::Hash;

pub type Id = [u8; 16];
/// Events without a user have the secret of this one.
const NOBODY: Id = [0; 16];

#[derive(Debug, Default)]
pub struct Handed {
    /// By tenant and user.
    secrets: HashMap<(Id, Id), Hash>,
    /// The leaf that was sealed of an event that is gone, or no longer what it was, by its ingest_id.
    pub kept: BTreeMap<i64, Hash>,
    /// The complete groups of 256 entries, in their order.
    pub groups: Vec<Group>,
    /// Groups whose entries expired, from one to another.
    pub gone: Vec<RangeInclusive<usize>>,
    /// The leaves of a group of which some entries expired.
    pub leaves: BTreeMap<usize, Vec<Hash>>,
    /// The first ingest_id of the entries after them, and how many they are.
    pub rest: Option<(i64, u64)>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Secret {
        tenant_id: String,
        user_id: Option<String>,
        secret: String,
    },
    Kept {
        ingest_id: i64,
        leaf: String,
    },
    /// The groups of a complete page.
    Groups {
        page: u64,
        groups: String,
    },
    Gone {
        first_group: usize,
        last_group: usize,
        leaves: String,
    },
    /// Of the end of the log.
    Tail {
        tail: String,
    },
}

impl Handed {
    pub fn read(path: &Path) -> Result<Handed, String> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Handed::of(BufReader::new(file)).map_err(|what| format!("{}: {what}", path.display()))
    }

    /// Errors name the line and never what is in it.
    fn of(lines: impl BufRead) -> Result<Handed, String> {
        let mut handed = Handed::default();
        let mut pages = BTreeMap::new();
        for (line, number) in lines.lines().zip(1_u64..) {
            let line = line.map_err(|error| format!("line {number}: {error}"))?;
            if !line.is_empty() {
                handed
                    .add(&line, &mut pages)
                    .ok_or_else(|| format!("line {number} is none of telemetry.audit_secrets()"))?;
            }
        }
        handed.groups = pages.into_values().flatten().collect();
        Ok(handed)
    }

    fn add(&mut self, line: &str, pages: &mut BTreeMap<u64, Vec<Group>>) -> Option<()> {
        match serde_json::from_str(line).ok()? {
            Line::Secret { tenant_id, user_id, secret } => {
                let user = user_id.map_or(Some(NOBODY), |user| id(&user))?;
                self.secrets.insert((id(&tenant_id)?, user), decode(&secret)?);
            }
            Line::Kept { ingest_id, leaf } => {
                self.kept.insert(ingest_id, decode(&leaf)?);
            }
            Line::Groups { page, groups } => {
                pages.insert(page, Group::all_from_bytes(&STANDARD.decode(groups).ok()?)?);
            }
            Line::Gone { first_group, last_group, leaves } if leaves.is_empty() => {
                self.gone.push(first_group..=last_group)
            }
            Line::Gone { first_group, leaves, .. } => {
                let leaves = STANDARD.decode(leaves).ok()?;
                let (leaves, []) = leaves.as_chunks() else { return None };
                self.leaves.insert(first_group, leaves.to_vec());
            }
            Line::Tail { tail } => {
                let tail = Tail::from_bytes(&STANDARD.decode(tail).ok()?)?;
                pages.insert(u64::MAX, tail.groups().to_vec());
                self.rest = tail.rest().map(|rest| (rest.first_id, tail.size() % LEAVES));
            }
        }
        Some(())
    }

    /// How many entries the log had.
    pub fn size(&self) -> u64 {
        self.groups.len() as u64 * LEAVES + self.rest.map_or(0, |(_, entries)| entries)
    }

    /// The first ingest_id of a group, or of what stands after the last one.
    pub fn first_id(&self, group: usize) -> Option<i64> {
        match self.groups.get(group) {
            Some(group) => Some(group.first_id),
            None => self.rest.filter(|_| group == self.groups.len()).map(|(first_id, _)| first_id),
        }
    }

    pub fn secret(&self, tenant: Id, user: Option<Id>) -> Option<&Hash> {
        self.secrets.get(&(tenant, user.unwrap_or(NOBODY)))
    }
}

/// Reads a UUID as PostgreSQL writes it.
pub fn id(text: &str) -> Option<Id> {
    let digits = text.replace('-', "");
    let is_one = text.len() == 36 && digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then(|| u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn lines_of_both_kinds() {
        let text = format!(
            "{{\"tenant_id\": \"00000000-0000-0000-0000-000000000000\", \"user_id\": \"00000000-0000-0000-0000-0000000000ff\", \"secret\": \"{SECRET}\"}}\n\
             {{\"tenant_id\": \"00000000-0000-0000-0000-000000000000\", \"user_id\": null, \"secret\": \"{SECRET}\"}}\n\
             {{\"ingest_id\": 7, \"leaf\": \"{SECRET}\"}}\n"
        );
        let handed = Handed::of(text.as_bytes()).unwrap();
        let mut user = [0; 16];
        user[15] = 255;
        assert!(handed.secret([0; 16], Some(user)).is_some() && handed.secret([0; 16], None).is_some());
        assert!(handed.secret([1; 16], None).is_none());
        assert!(handed.kept.contains_key(&7));
    }

    #[test]
    fn a_line_that_is_none_is_named_and_not_shown() {
        for line in
            ["{}", "canary", "{\"ingest_id\": 7, \"leaf\": \"canary\"}", "{\"ingest_id\": 7, \"secret\": \"canary\"}"]
        {
            let told = Handed::of(format!("\n{line}\n").as_bytes()).unwrap_err();
            assert!(told.starts_with("line 2 is none") && !told.contains("canary"), "{told}");
        }
    }
}

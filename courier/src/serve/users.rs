//! As which role a user asks, and with which claims: a file of JSON, so that the policies of the database decide who sees what.
//!
//! ```json
//! {"ada": {"role": "team_admin"},
//!  "bob": {"role": "team_reader", "claims": {"app_metadata": {"tenant_id": "..."}}},
//!  "*":   {"role": "team_reader"}}
//! ```
//! Without a file everybody asks as the role that the server logs in as. Everybody has the claim `sub`, their name, by which the
//! database knows who acknowledged an alert.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::file::Watched;

/// Whoever asks, as the database gets to know them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// None: the server asks nobody who they are.
    pub name: Option<String>,
    /// None: the role that the server logs in as.
    pub role: Option<String>,
    /// JSON; empty: there are none, as of a session that is no request.
    pub claims: String,
}

pub struct Users {
    file: Option<Watched<Known>>,
}

type Known = HashMap<String, User>;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    role: Option<String>,
    #[serde(default)]
    claims: Map<String, Value>,
}

impl Users {
    pub fn open(path: Option<PathBuf>) -> Result<Users, String> {
        Ok(Users { file: path.map(|path| Watched::open(path, read)).transpose()? })
    }

    /// None: the file names neither this user nor "*".
    pub fn caller(&self, name: Option<&str>) -> Option<Caller> {
        let Some(name) = name else { return Some(Caller::default()) };
        let Some(file) = &self.file else { return Some(caller_of(name, &User::default())) };
        let known = file.present();
        known.get(name).or_else(|| known.get("*")).map(|user| caller_of(name, user))
    }
}

fn caller_of(name: &str, user: &User) -> Caller {
    let mut claims = user.claims.clone();
    claims.entry("sub").or_insert_with(|| name.into());
    if let Some(role) = &user.role {
        claims.entry("role").or_insert_with(|| role.as_str().into());
    }
    Caller { name: Some(name.to_owned()), role: user.role.clone(), claims: Value::Object(claims).to_string() }
}

/// The place of a fault is told, and nothing of what stands there.
fn read(text: &str) -> Result<Known, String> {
    serde_json::from_str(text).map_err(|error| {
        format!(
            "line {}, column {}: it is not {{\"NAME\": {{\"role\": \"...\", \"claims\": {{}}}}}}",
            error.line(),
            error.column()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_tell_the_user_the_role_and_the_tenant() {
        let known =
            read(r#"{"bob": {"role": "reader", "claims": {"app_metadata": {"tenant_id": "t"}}}, "*": {}}"#).unwrap();
        let bob = caller_of("bob", &known["bob"]);
        assert_eq!(bob.role.as_deref(), Some("reader"));
        assert_eq!(bob.claims, r#"{"app_metadata":{"tenant_id":"t"},"role":"reader","sub":"bob"}"#);
        let other = caller_of("e\"ve", &known["*"]);
        assert_eq!((other.role, other.claims.as_str()), (None, r#"{"sub":"e\"ve"}"#));
    }

    #[test]
    fn what_is_misspelt_is_refused_and_not_quoted() {
        for text in ["", "[]", r#"{"a": {"rolle": "secret"}}"#, r#"{"a": {"claims": []}}"#] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with("line ") && !error.contains("secret") && !error.contains("rolle"), "{error}");
        }
    }

    #[test]
    fn nobody_is_known_by_default() {
        let users = Users { file: None };
        assert_eq!(users.caller(None), Some(Caller::default()));
        assert_eq!(users.caller(Some("ada")).unwrap().claims, r#"{"sub":"ada"}"#);
    }
}

//! Pure: what a redaction policy is, and how it is read from JSON.
//!
//! A policy is the standard one with layers over it (of the installation, the tenant, the event), each an object:
//! `{"values": ["email", "card"], "keys": {"ssn": "drop"}, "allow_only": ["a"], "except": ["b"], "action": "mask"}`.
//! Best effort by design: names, addresses and secrets without a form of their own are found by their key or not at
//! all; where that is not enough, `allow_only` is the attribute that fails closed.

mod names;
mod standard;

use super::words::{self, Secret};
use crate::log::redaction::values::{COUNTRIES, Rule, Rules, VALUE_RULES, country};
use crate::spelling;
use names::Names;
use serde_json::Value;
pub use standard::SECRET_KEYS;
use std::collections::HashSet;

/// The version of the rule set, which is stored with what was redacted by it. A rule that is added or changed raises
/// it.
pub const VERSION: i32 = 4;

/// What becomes of the value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    /// The key goes as well.
    Drop,
    /// Any value but null becomes a mask.
    Mask,
    /// Does as Mask, but a boolean stays: `{"password": true}` says that one is set. It is for the standard names only.
    MaskUnlessBoolean,
    /// A word of the name says secret. It does as the one before, but what is about a secret stays too, and numbers
    /// under a plural.
    MaskSecret(Secret),
    /// The domain of an e-mail address stays; anything else is masked.
    KeepDomain,
}

#[derive(Debug, Clone, Copy, Default)]
struct KeyEntry {
    rule: Option<KeyRule>,
    is_excepted: bool,
}

/// What is to be done with a member of an object.
pub struct Decision<'a> {
    /// The rule and its label for counting, `key:` and the policy's name of the key.
    pub key_rule: Option<(KeyRule, &'a str)>,
    pub rules: Rules,
}

/// A policy, compiled and ready to run.
#[derive(Debug, Clone)]
pub struct Policy {
    rules: Rules,
    names: Names<KeyEntry>,
    allow_only: Option<HashSet<String>>,
    rejects: bool,
}

impl Policy {
    /// Returns the default set: all value rules are on, and the standard secret key names are masked.
    pub fn standard() -> Policy {
        Layers::standard().compile()
    }

    #[cfg(test)]
    pub fn off() -> Policy {
        Policy { rules: Rules::NONE, names: Names::new(), allow_only: None, rejects: false }
    }

    /// Lays the layers over the standard one; a later one wins per attribute, "keys" per key. A null layer is empty, a
    /// null attribute is the standard's again, and `"keys": false` takes all key rules so far away. The problem names
    /// the attribute, never a value of it.
    pub fn layered(layers: &[Value]) -> Result<Policy, String> {
        let mut draft = Layers::standard();
        for layer in layers {
            match layer {
                Value::Null => {}
                Value::Object(attributes) => {
                    for (name, value) in attributes {
                        draft.set(name, value)?;
                    }
                }
                _ => return Err("a redaction policy must be an object".into()),
            }
        }
        Ok(draft.compile())
    }

    pub fn is_off(&self) -> bool {
        self.rules.is_empty() && self.names.is_empty() && self.allow_only.is_none()
    }

    /// Says whether an event in which something was found is to be refused.
    pub fn rejects(&self) -> bool {
        self.rejects
    }

    pub(super) fn rules(&self) -> Rules {
        self.rules
    }

    /// Says whether a key of the payload itself may be there.
    pub(super) fn allows(&self, key: &str) -> bool {
        self.allow_only.as_ref().is_none_or(|allowed| allowed.contains(key))
    }

    pub(super) fn decide(&self, key: &str) -> Decision<'_> {
        match self.names.get(key) {
            None => Decision { key_rule: self.rule_by_words(key), rules: self.rules },
            Some((name, entry)) => Decision {
                key_rule: entry.rule.map(|rule| (rule, name)),
                rules: if entry.is_excepted { Rules::NONE } else { self.rules },
            },
        }
    }
}

impl Policy {
    /// Returns the rule of a text that is the name of a secret, as `Authorization` beside its value.
    pub(super) fn rule_of_name(&self, name: &str) -> Option<(KeyRule, &str)> {
        match self.names.get(name) {
            Some((label, entry)) => entry.rule.map(|rule| (rule, label)),
            None => self.rule_by_words(name),
        }
    }

    /// Returns the rule of the standard name that a word of the key is, unless a layer took it away.
    fn rule_by_words(&self, key: &str) -> Option<(KeyRule, &str)> {
        if self.names.is_empty() {
            return None;
        }
        let secret = words::secret(key)?;
        let (name, entry) = self.names.get(secret.name)?;
        let rule = match entry.rule? {
            KeyRule::MaskUnlessBoolean => KeyRule::MaskSecret(secret),
            rule => rule,
        };
        Some((rule, name))
    }
}

/// A policy while the layers are laid.
struct Layers {
    rules: Rules,
    keys: Names<Option<KeyRule>>,
    key_names: Vec<String>,
    allow_only: Option<HashSet<String>>,
    except: Vec<String>,
    rejects: bool,
    /// None: it is as "values" says.
    ip_addresses: Option<bool>,
    countries: u32,
    keeps_domain: bool,
}

impl Layers {
    fn standard() -> Layers {
        let mut draft = Layers {
            rules: Rules::STANDARD,
            keys: Names::new(),
            key_names: Vec::new(),
            allow_only: None,
            except: Vec::new(),
            rejects: false,
            ip_addresses: None,
            countries: 0,
            keeps_domain: false,
        };
        draft.set_standard_keys();
        draft
    }

    fn set_standard_keys(&mut self) {
        self.clear_keys();
        for name in SECRET_KEYS {
            self.set_key(name, Some(KeyRule::MaskUnlessBoolean));
        }
    }

    fn clear_keys(&mut self) {
        self.keys = Names::new();
        self.key_names.clear();
    }

    fn set_key(&mut self, name: &str, rule: Option<KeyRule>) {
        let names = &mut self.key_names;
        *self.keys.entry(name, || {
            names.push(name.to_owned());
            None
        }) = rule;
    }

    fn set(&mut self, attribute: &str, value: &Value) -> Result<(), String> {
        match attribute {
            "values" => self.rules = value_rules(value)?,
            "keys" => self.set_keys(value)?,
            "allow_only" => {
                self.allow_only = match value {
                    Value::Null => None,
                    _ => Some(strings(attribute, value)?.map(str::to_owned).collect()),
                }
            }
            "except" => {
                self.except = match value {
                    Value::Null => Vec::new(),
                    _ => strings(attribute, value)?.map(str::to_owned).collect(),
                }
            }
            "ip_addresses" => {
                self.ip_addresses = match value {
                    Value::Null => None,
                    Value::Bool(wants) => Some(*wants),
                    _ => return Err("\"ip_addresses\" must be true or false".into()),
                }
            }
            "phone_countries" => self.countries = countries(attribute, value)?,
            "emails" => {
                self.keeps_domain = match value.as_str() {
                    Some("keep_domain") => true,
                    Some("mask") => false,
                    None if value.is_null() => false,
                    _ => return Err("\"emails\" must be \"mask\" or \"keep_domain\"".into()),
                }
            }
            "action" => {
                self.rejects = match value.as_str() {
                    Some("reject") => true,
                    Some("mask") => false,
                    None if value.is_null() => false,
                    _ => return Err("\"action\" must be \"mask\" or \"reject\"".into()),
                }
            }
            _ => {
                let attribute = spelling::shown(attribute);
                return Err(format!("a redaction policy has no attribute \"{attribute}\""));
            }
        }
        Ok(())
    }

    fn set_keys(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Null => self.set_standard_keys(),
            Value::Bool(false) => self.clear_keys(),
            Value::Object(rules) => {
                for (name, rule) in rules {
                    let rule = match rule.as_str() {
                        Some("drop") => Some(KeyRule::Drop),
                        Some("mask") => Some(KeyRule::Mask),
                        Some("keep_domain") => Some(KeyRule::KeepDomain),
                        Some("off") => None,
                        _ => {
                            return Err(
                                "\"keys\": a rule must be \"drop\", \"mask\", \"keep_domain\" or \"off\"".into()
                            );
                        }
                    };
                    self.set_key(name, rule);
                }
            }
            _ => return Err("\"keys\" must be an object from key to rule, or false".into()),
        }
        Ok(())
    }

    fn compile(self) -> Policy {
        let mut names: Names<KeyEntry> = Names::new();
        for name in &self.key_names {
            // A name that is off stays known, so that its words do not bring its rule back.
            if let Some((_, rule)) = self.keys.get(name) {
                names.entry(name, KeyEntry::default).rule = *rule;
            }
        }
        for name in &self.except {
            names.entry(name, KeyEntry::default).is_excepted = true;
        }
        let mut rules = self.rules;
        if let Some(wants) = self.ip_addresses {
            rules = if wants { rules.with(Rule::Ip) } else { rules.without(Rule::Ip) };
        }
        rules.countries = self.countries;
        rules.keeps_domain = self.keeps_domain;
        Policy { rules, names, allow_only: self.allow_only, rejects: self.rejects }
    }
}

fn value_rules(value: &Value) -> Result<Rules, String> {
    match value {
        Value::Null | Value::Bool(true) => Ok(Rules::STANDARD),
        Value::Bool(false) => Ok(Rules::NONE),
        _ => strings("values", value)?.try_fold(Rules::NONE, |rules, label| {
            let rule = Rule::ALL.into_iter().find(|rule| rule.label() == label);
            rule.map(|rule| rules.with(rule))
                .ok_or_else(|| format!("\"values\": the rules are {}", VALUE_RULES.join(", ")))
        }),
    }
}

fn countries(attribute: &str, value: &Value) -> Result<u32, String> {
    if value.is_null() {
        return Ok(0);
    }
    strings(attribute, value)?.try_fold(0, |countries, code| {
        country(code).map(|place| countries | 1 << place).ok_or_else(|| {
            format!("\"{attribute}\": the countries are {}", COUNTRIES.map(|(code, ..)| code).join(", "))
        })
    })
}

fn strings<'a>(attribute: &str, value: &'a Value) -> Result<impl Iterator<Item = &'a str>, String> {
    let problem = || format!("\"{attribute}\" must be an array of strings");
    let items = value.as_array().ok_or_else(problem)?;
    if items.iter().all(Value::is_string) { Ok(items.iter().filter_map(Value::as_str)) } else { Err(problem()) }
}

//! Pure: walks a payload and writes the redacted one.
//!
//! Twice, because most payloads hold nothing to redact: [`finds`] reads the stored jsonb in place without allocating,
//! and only where it finds something does [`Writer`] write the payload anew. Both ask the same questions of a value,
//! in the same order: is its key allowed, what is the rule of its key, is its key or itself hit.

use super::policy::{KeyRule, Policy};
use super::values::{Rule, Rules, email_domain, has_hit, is_card_number, is_mask, mask, masked};
use jsonschema::json::{Array, JsonNumber, Jsonb, JsonbNode, Node, Object};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A payload that held something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// JSON text of the redacted payload.
    pub text: String,
    /// Hits per rule: "email", "key:password", "allow_only", "too_deep".
    pub counts: BTreeMap<String, u32>,
}

/// What cannot be walked without endangering the stack is masked unseen: deeper than telemetry.payload_depth can allow,
/// so no such payload is stored. The payload itself is the first level.
const DEEPEST: usize = 128;

const TOO_DEEP: &str = "[redacted:too_deep]";
const KEY_MASK: &str = "[redacted:key]";
const DOMAIN_MASK: &str = "[redacted]@";

/// The payload without what the policy redacts; `container` is the jsonb value without its varlena header. None:
/// nothing was found, the payload stays as it lies.
pub fn redact(container: &[u8], policy: &Policy) -> Option<Redacted> {
    let payload = Jsonb::root(container);
    if policy.is_off() || !finds(&payload, policy, policy.rules(), None, 1) {
        return None;
    }
    let mut writer = Writer { policy, text: String::with_capacity(container.len()), counts: BTreeMap::new() };
    writer.value(&payload, policy.rules(), None, 1);
    Some(Redacted { text: writer.text, counts: writer.counts })
}

/// Only values within a text, for messages and fields of the envelope; None where nothing was found.
pub fn redact_text(text: &str, policy: &Policy) -> Option<(String, BTreeMap<String, u32>)> {
    let mut counts = BTreeMap::new();
    masked(text, policy.rules(), None, &mut counts).map(|text| (text, counts))
}

/// Whether anything is to be redacted in the value of `key`.
fn finds(node: &JsonbNode<'_>, policy: &Policy, rules: Rules, key: Option<&str>, level: usize) -> bool {
    if node.is_string() {
        return !rules.is_empty() && node.as_string().as_ref().is_some_and(|text| has_hit(text, rules, key));
    }
    if node.is_number() {
        return is_card(node, rules, key);
    }
    if let Some(object) = &node.as_object() {
        return level > DEEPEST || finds_in_object(object, policy, level);
    }
    if let Some(array) = &node.as_array() {
        return level > DEEPEST || array.elements().any(|element| finds(&element, policy, rules, key, level + 1));
    }
    false
}

fn finds_in_object<'a>(object: &impl Object<'a, Jsonb, Node = JsonbNode<'a>>, policy: &Policy, level: usize) -> bool {
    let mut members = object.members();
    loop {
        // Borrowed where it was put: to move it out costs more than to read a short key.
        let member = members.next();
        let Some((key, value)) = &member else {
            return false;
        };
        let key = key.as_ref();
        if level == 1 && !policy.allows(key) || has_hit(key, policy.rules(), None) {
            return true;
        }
        let decision = policy.decide(key);
        if decision.key_rule.is_some_and(|(rule, _)| rule_applies(rule, value))
            || finds(value, policy, decision.rules, Some(key), level + 1)
        {
            return true;
        }
    }
}

/// Whether a key rule changes the value: not null, not a boolean where the rule lets it be, not what is masked already.
fn rule_applies(rule: KeyRule, value: &JsonbNode<'_>) -> bool {
    let is_masked =
        |text: Cow<'_, str>| is_mask(&text) || (rule == KeyRule::KeepDomain && kept_domain(&text).is_some());
    match rule {
        KeyRule::Drop => true,
        _ if value.is_null() => false,
        KeyRule::MaskUnlessBoolean if value.as_boolean().is_some() => false,
        _ => !value.as_string().is_some_and(is_masked),
    }
}

/// The domain of a text that keep_domain wrote.
fn kept_domain(text: &str) -> Option<&str> {
    let domain = text.strip_prefix(DOMAIN_MASK)?;
    email_domain(&format!("a@{domain}")).is_some().then_some(domain)
}

fn is_card(node: &JsonbNode<'_>, rules: Rules, key: Option<&str>) -> bool {
    rules.has(Rule::Card)
        && node.as_number().and_then(|number| number.as_u64()).is_some_and(|number| is_card_number(number, key))
}

struct Writer<'a> {
    policy: &'a Policy,
    text: String,
    counts: BTreeMap<String, u32>,
}

impl Writer<'_> {
    fn value(&mut self, node: &JsonbNode<'_>, rules: Rules, key: Option<&str>, level: usize) {
        if let Some(text) = node.as_string() {
            match masked(&text, rules, key, &mut self.counts) {
                Some(text) => self.string(&text),
                None => self.string(&text),
            }
        } else if let Some(number) = node.as_number() {
            if is_card(node, rules, key) {
                self.count(Rule::Card.label());
                self.string(&mask(Rule::Card));
            } else {
                self.text.push_str(&number.as_str());
            }
        } else if let Some(boolean) = node.as_boolean() {
            self.text.push_str(if boolean { "true" } else { "false" });
        } else if node.is_null() {
            self.text.push_str("null");
        } else if level > DEEPEST {
            self.count("too_deep");
            self.string(TOO_DEEP);
        } else if let Some(array) = node.as_array() {
            self.text.push('[');
            for (place, element) in array.elements().enumerate() {
                self.comma(place);
                self.value(&element, rules, key, level + 1);
            }
            self.text.push(']');
        } else if let Some(object) = node.as_object() {
            self.object(&object, level);
        }
    }

    fn object<'a>(&mut self, object: &impl Object<'a, Jsonb, Node = JsonbNode<'a>>, level: usize) {
        let mut names = None;
        let mut place = 0;
        self.text.push('{');
        for (key, value) in object.members() {
            let key = key.as_ref();
            if level == 1 && !self.policy.allows(key) {
                self.count("allow_only");
                continue;
            }
            let policy = self.policy;
            let decision = policy.decide(key);
            let applied = decision.key_rule.filter(|(rule, _)| rule_applies(*rule, &value));
            if let Some((_, name)) = applied {
                self.count(&format!("key:{name}"));
            }
            if matches!(applied, Some((KeyRule::Drop, _))) {
                continue;
            }
            self.comma(place);
            place += 1;
            // What a key says of its value is read from the name that is written, so that a second run reads the same.
            let name = match masked(key, policy.rules(), None, &mut self.counts) {
                Some(masked) => Cow::Owned(names.get_or_insert_with(|| FreeNames::of(object)).free(masked)),
                None => Cow::Borrowed(key),
            };
            self.string(&name);
            self.text.push(':');
            match applied {
                Some((KeyRule::KeepDomain, _)) => self.string(&domain_only(&value)),
                Some(_) => self.string(KEY_MASK),
                None => self.value(&value, decision.rules, Some(&name), level + 1),
            }
        }
        self.text.push('}');
    }

    fn comma(&mut self, place: usize) {
        if place > 0 {
            self.text.push(',');
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push_str(&Value::from(text).to_string());
    }

    fn count(&mut self, label: &str) {
        match self.counts.get_mut(label) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(label.to_owned(), 1);
            }
        }
    }
}

fn domain_only(value: &JsonbNode<'_>) -> String {
    let text = value.as_string();
    match text.as_deref().and_then(email_domain) {
        Some(domain) => format!("{DOMAIN_MASK}{domain}"),
        None => KEY_MASK.to_owned(),
    }
}

/// Names for the masked keys of an object, so that no two of its keys become one and lose a value.
struct FreeNames {
    taken: HashSet<String>,
    /// The last number given to a name, so that many equal masks take linear time.
    last: HashMap<String, u32>,
}

impl FreeNames {
    fn of<'a>(object: &impl Object<'a, Jsonb, Node = JsonbNode<'a>>) -> FreeNames {
        let taken = object.members().map(|(key, _)| key.as_ref().to_owned()).collect();
        FreeNames { taken, last: HashMap::new() }
    }

    /// The name, or the name with the first number from 2 on that is free.
    fn free(&mut self, name: String) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        let last = self.last.entry(name.clone()).or_insert(1);
        loop {
            *last += 1;
            let numbered = format!("{name} {last}");
            if self.taken.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

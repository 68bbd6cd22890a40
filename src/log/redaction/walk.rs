//! Pure: walks a payload and writes the redacted one.
//!
//! It walks twice, because most payloads hold nothing to redact: [`finds`] reads the stored jsonb in place without
//! allocating, and only where it finds something does [`Writer`] write the payload anew. Both ask the same questions of
//! a value, in the same order: whether its key is allowed, what the rule of its key is, and whether its key or itself
//! is hit.

use super::words;
use crate::log::redaction::policy::{KeyRule, Policy};
use crate::log::redaction::values::{
    DOMAIN_MASK, Rule, Rules, email_domain, has_hit, is_card_number, is_mask, is_opaque, mask, masked,
};
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

/// A payload can be walked so deep without endangering the stack. What is deeper is masked unseen. That is deeper than
/// telemetry.payload_depth can allow, so no such payload is stored. The payload itself is the first level.
const DEEPEST: usize = 128;

const TOO_DEEP: &str = "[redacted:too_deep]";
const KEY_MASK: &str = "[redacted:key]";

/// Returns the payload without what the policy redacts; `container` is the jsonb value without its varlena header. It
/// returns None where nothing was found, so that the payload stays as it lies.
pub fn redact(container: &[u8], policy: &Policy) -> Option<Redacted> {
    let payload = Jsonb::root(container);
    if policy.is_off() || !finds(&payload, policy, policy.rules(), None, 1) {
        return None;
    }
    let mut writer = Writer { policy, text: String::with_capacity(container.len()), counts: BTreeMap::new() };
    writer.value(&payload, policy.rules(), None, 1);
    Some(Redacted { text: writer.text, counts: writer.counts })
}

/// Redacts only values within a text, for messages and fields of the envelope; None where nothing was found.
pub fn redact_text(text: &str, policy: &Policy) -> Option<(String, BTreeMap<String, u32>)> {
    let mut counts = BTreeMap::new();
    masked(text, policy.rules(), None, &mut counts).map(|text| (text, counts))
}

/// Says whether anything is to be redacted in the value of `key`.
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
        return level > DEEPEST || finds_in_array(array, policy, rules, key, level);
    }
    false
}

fn finds_in_array<'a>(
    array: &impl Array<'a, Jsonb, Node = JsonbNode<'a>>,
    policy: &Policy,
    rules: Rules,
    key: Option<&str>,
    level: usize,
) -> bool {
    let mut named = None;
    array.elements().any(|element| {
        if finds(&element, policy, rules, key, level + 1) {
            return true;
        }
        let Some(text) = element.as_string() else {
            named = None;
            return false;
        };
        if named.is_some_and(|(_, name)| is_value_of_name(name, &text)) {
            return true;
        }
        named = rule_of_name(&text, policy);
        false
    })
}

/// Returns the rule of a text that names the value beside it: a header, or a field of a form.
fn rule_of_name<'a>(text: &str, policy: &'a Policy) -> Option<(KeyRule, &'a str)> {
    let is_name = (3..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@');
    if is_name { policy.rule_of_name(text) } else { None }
}

/// Says whether the text is the value of the name before it. In an array a name may stand among names, but its value
/// looks like a value. A scheme may stand before it, `Token abc`.
fn is_value_of_name(name: &str, text: &str) -> bool {
    is_opaque(text)
        && !is_mask(text)
        && !words::is_harmless_value(name, text)
        && !words::is_field(text)
        && (text.contains(' ') || words::secret(text).is_none())
}

/// The keys of a pair: `{"name": "Authorization", "value": "..."}`.
const PAIR_NAMES: [&str; 7] = ["name", "key", "header", "field", "param", "Name", "Key"];
const PAIR_VALUES: [&str; 5] = ["value", "val", "content", "Value", "values"];

/// Says whether the member is the value of a pair, and what the name of the pair says of it.
fn pair_rule<'a, 'p>(
    object: &impl Object<'a, Jsonb, Node = JsonbNode<'a>>,
    key: &str,
    policy: &'p Policy,
) -> Option<(KeyRule, &'p str)> {
    if !PAIR_VALUES.contains(&key) {
        return None;
    }
    object.members().find_map(|(name, node)| {
        let text = if PAIR_NAMES.contains(&name.as_ref()) { node.as_string() } else { None }?;
        // What is written is what a second run reads.
        match masked(&text, policy.rules(), None, &mut BTreeMap::new()) {
            Some(masked) => rule_of_name(&masked, policy),
            None => rule_of_name(&text, policy),
        }
    })
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
        if decision.key_rule.is_some_and(|rule| rule_applies(rule, value, level + 1))
            || pair_rule(object, key, policy).is_some_and(|rule| rule_applies(rule, value, level + 1))
            || finds(value, policy, decision.rules, Some(key), level + 1)
        {
            return true;
        }
    }
}

/// Says whether a key rule changes the value: it is not null, not a boolean where the rule lets it be, and not masked
/// already.
fn rule_applies((rule, name): (KeyRule, &str), value: &JsonbNode<'_>, level: usize) -> bool {
    let is_masked =
        |text: Cow<'_, str>| is_mask(&text) || (rule == KeyRule::KeepDomain && kept_domain(&text).is_some());
    match rule {
        KeyRule::Drop => true,
        _ if value.is_null() => false,
        KeyRule::MaskUnlessBoolean if value.as_boolean().is_some() => false,
        KeyRule::MaskUnlessBoolean if value.as_string().is_some_and(|text| words::is_harmless_value(name, &text)) => {
            false
        }
        KeyRule::MaskSecret(secret) => holds_secret(secret, value, level),
        _ => !value.as_string().is_some_and(is_masked),
    }
}

/// Says whether the value of a name that says secret by a word is or holds anything that may be a secret.
fn holds_secret(secret: words::Secret, value: &JsonbNode<'_>, level: usize) -> bool {
    if let Some(text) = value.as_string() {
        let is_harmless = is_mask(&text) || words::is_harmless_value(secret.name, &text);
        return !is_harmless && (!secret.is_everyday || is_opaque(&text) && !text.contains(' '));
    }
    if value.is_number() {
        return !secret.is_plural && !secret.is_everyday;
    }
    if let Some(array) = value.as_array() {
        return level > DEEPEST || array.elements().any(|element| holds_secret(secret, &element, level + 1));
    }
    if let Some(object) = value.as_object() {
        return level > DEEPEST || object.members().any(|(_, member)| holds_secret(secret, &member, level + 1));
    }
    false
}

/// Returns the domain of a text that keep_domain wrote.
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
            let mut named: Option<(KeyRule, &str)> = None;
            for (place, element) in array.elements().enumerate() {
                self.comma(place);
                let start = self.text.len();
                let given = element.as_string();
                match named.filter(|(_, name)| given.as_deref().is_some_and(|text| is_value_of_name(name, text))) {
                    Some((_, name)) => {
                        self.count(&format!("key:{name}"));
                        self.string(KEY_MASK);
                    }
                    None => self.value(&element, rules, key, level + 1),
                }
                // By what is written, which is what a second run reads.
                named = given.and_then(|_| {
                    let written = self.text[start..].trim_matches('"');
                    rule_of_name(written, self.policy)
                });
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
            let mut decision = policy.decide(key);
            let masked = masked(key, policy.rules(), None, &mut self.counts);
            // What a key says of its value is read from the name that is written, so that a second run reads the same.
            if let (None, Some(masked)) = (decision.key_rule, &masked) {
                decision.key_rule = policy.decide(masked).key_rule;
            }
            let applied = [decision.key_rule, pair_rule(object, key, policy)]
                .into_iter()
                .flatten()
                .find(|rule| rule_applies(*rule, &value, level + 1));
            if let Some((_, name)) = applied {
                self.count(&format!("key:{name}"));
            }
            if matches!(applied, Some((KeyRule::Drop, _))) {
                continue;
            }
            self.comma(place);
            place += 1;
            let name = match masked {
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

    /// Returns the name, or the name with the first number from 2 on that is free.
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

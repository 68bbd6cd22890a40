//! Draws JSON, definitions and policies from bytes. A change of one byte is a small change of what is drawn, and no
//! bytes left means the smallest of everything, so that drawing ends.

use serde_json::{Map, Number, Value, json};

/// This character begins every long text of a payload that is not one of [`FORMATTED`]. No key and no definition has
/// it, so a message that has it has quoted a value.
pub const CANARY: char = '\u{1f424}';

const KEYS: [&str; 12] = ["a", "b", "c", "d", "", "ä", "id", "email", "ssn", "serial", "api_key", "a/b~0.c"];
const SHORT: [&str; 8] = ["", "a", "abc", "x", "ä字", "\u{1d11e}", "\u{0}\"\\", "abcdefgh"];
const FORMATTED: [&str; 6] = [
    "2026-01-02T03:04:05Z",
    "2026-01-02",
    "6f1c1c80-0a57-4a5c-9a52-0d6c3f2f8a11",
    "joe.doe@example.org",
    "https://example.org/path",
    "abcabcabcabc",
];

/// The things that the redactor looks for, whole and in pieces.
pub const PIECES: [&str; 45] = [
    "joe@x.org",
    "@",
    "%40",
    "a.b",
    ".de",
    "4111 1111 1111 1111",
    "4111111111111111",
    "5555-5555-5555-4444",
    "1111",
    "378282246310005",
    " ",
    "-",
    "+",
    "%2B",
    "4915123456789",
    "+49 151 23456789",
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "://",
    "user:",
    "pass@",
    "https://u:p@h/",
    "Bearer ",
    "basic ",
    "dXNlcjpwYXNz",
    "abcdefghij0123456789",
    "eyJhbGciOiJIUzI1NiJ9",
    ".eyJzdWIiOiIxIn0",
    ".c2ln",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-",
    "[redacted:email]",
    "[redacted]@",
    "[redacted:",
    "]",
    "字",
    "\n",
    "git",
    "_",
    "/",
    "0",
];

/// The kinds of texts that a value may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// Texts that are short, formatted or begin with the canary.
    Plain,
    /// Texts that are made of what the redactor looks for.
    Secret,
}

/// The bytes that everything is drawn from; they are used up from the front.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    pub fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }

    pub fn flag(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// Draws a number from 0 up to and without `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.next()) % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next())
    }

    fn chars(&mut self, most: usize) -> String {
        let count = self.below(most + 1).min(self.0.len());
        let (text, rest) = self.0.split_at(count);
        self.0 = rest;
        String::from_utf8_lossy(text).chars().filter(|c| *c != CANARY).collect()
    }
}

/// Draws a key; it is never one that JSON Schema gives a meaning across a schema (`$ref`).
pub fn key(bytes: &mut Bytes<'_>, texts: Texts) -> String {
    match (bytes.below(8), texts) {
        (0, Texts::Secret) => pieces(bytes),
        (1, _) => bytes.chars(100).replace('$', "_"),
        _ => bytes.one_of(&KEYS).into(),
    }
}

fn pieces(bytes: &mut Bytes<'_>) -> String {
    (0..bytes.below(8))
        .map(|_| if bytes.below(5) == 0 { bytes.chars(8) } else { bytes.one_of(&PIECES).into() })
        .collect()
}

fn text(bytes: &mut Bytes<'_>, texts: Texts) -> String {
    match (bytes.below(4), texts) {
        (0, _) => bytes.one_of(&SHORT).into(),
        (1, _) => bytes.one_of(&FORMATTED).into(),
        (_, Texts::Secret) => pieces(bytes),
        (_, Texts::Plain) => format!("{CANARY}{}", bytes.chars(60)),
    }
}

fn number(bytes: &mut Bytes<'_>) -> Number {
    match bytes.below(6) {
        0 => Number::from(bytes.below(8)),
        1 => Number::from(-i64::from(bytes.next())),
        2 => Number::from(i64::from_le_bytes(bytes.take())),
        3 => Number::from(u64::from_le_bytes(bytes.take())),
        4 => Number::from([4_111_111_111_111_111u64, 378_282_246_310_005, 1_790_000_000_000][bytes.below(3)]),
        _ => {
            let power = i32::from(bytes.next() as i8) / 4;
            let value = f64::from(i32::from_le_bytes(bytes.take())) * 10f64.powi(power);
            Number::from_f64(value).unwrap_or_else(|| Number::from(1))
        }
    }
}

/// Draws any value; `levels` bounds its nesting.
pub fn value(bytes: &mut Bytes<'_>, texts: Texts, levels: usize) -> Value {
    match bytes.below(if levels > 0 { 10 } else { 6 }) {
        0 => Value::Null,
        1 => Value::from(bytes.flag()),
        2 | 3 => Value::Number(number(bytes)),
        4 | 5 => Value::from(text(bytes, texts)),
        6 | 7 => Value::from(values(bytes, texts, levels)),
        _ => Value::Object(object(bytes, texts, levels)),
    }
}

pub fn object(bytes: &mut Bytes<'_>, texts: Texts, levels: usize) -> Map<String, Value> {
    (0..length(bytes)).map(|_| (key(bytes, texts), value(bytes, texts, levels - 1))).collect()
}

fn values(bytes: &mut Bytes<'_>, texts: Texts, levels: usize) -> Vec<Value> {
    (0..length(bytes)).map(|_| value(bytes, texts, levels - 1)).collect()
}

/// Draws a length: mostly few; sometimes more than the 32 entries after which jsonb stores an offset.
fn length(bytes: &mut Bytes<'_>) -> usize {
    if bytes.below(16) == 15 { 30 + bytes.below(40) } else { bytes.below(6) }
}

/// Puts a value within this many arrays.
pub fn nested(value: Value, levels: usize) -> Value {
    (0..levels).fold(value, |inner, _| Value::Array(vec![inner]))
}

/// Draws a JSON Schema without references, mostly a good one.
pub fn schema(bytes: &mut Bytes<'_>, levels: usize) -> Value {
    if bytes.below(16) == 15 {
        return value(bytes, Texts::Plain, 2);
    }
    let mut schema = Map::new();
    for _ in 0..bytes.below(4) {
        let types = ["null", "boolean", "integer", "number", "string", "array", "object"];
        let (keyword, rule) = match bytes.below(if levels > 0 { 22 } else { 14 }) {
            0..3 => ("type", json!(bytes.one_of(&types))),
            3 => ("type", json!([bytes.one_of(&types), "null"])),
            4 => ("enum", Value::from(options(bytes))),
            5 => ("const", option(bytes)),
            6 => ("minimum", Value::Number(number(bytes))),
            7 => ("maximum", Value::Number(number(bytes))),
            8 => ("minLength", json!(bytes.below(12))),
            9 => ("maxLength", json!(bytes.below(12))),
            10 => ("format", json!(bytes.one_of(&["date-time", "date", "uuid", "email", "uri", "unknown"]))),
            11 => ("pattern", json!(bytes.one_of(&["^a", "^(abc)+$", "^\\p{L}*$", "(", "^[^\\s@]+@[^\\s@]+$"]))),
            12 => ("maxItems", json!(bytes.below(4))),
            13 => ("multipleOf", Value::Number(number(bytes))),
            14 => ("not", self::schema(bytes, levels - 1)),
            15 => ("items", self::schema(bytes, levels - 1)),
            16 => ("uniqueItems", json!(bytes.flag())),
            17 => ("anyOf", json!([self::schema(bytes, levels - 1), self::schema(bytes, levels - 1)])),
            18 => ("contains", self::schema(bytes, levels - 1)),
            19 => ("required", json!([key(bytes, Texts::Plain)])),
            20 => ("properties", Value::Object(properties(bytes, levels - 1))),
            _ => ("additionalProperties", json!(bytes.flag())),
        };
        schema.insert(keyword.into(), rule);
    }
    Value::Object(schema)
}

fn properties(bytes: &mut Bytes<'_>, levels: usize) -> Map<String, Value> {
    (0..bytes.below(5)).map(|_| (key(bytes, Texts::Plain), schema(bytes, levels))).collect()
}

fn options(bytes: &mut Bytes<'_>) -> Vec<Value> {
    (0..1 + bytes.below(3)).map(|_| option(bytes)).collect()
}

/// Draws a value that a definition names.
fn option(bytes: &mut Bytes<'_>) -> Value {
    match bytes.below(4) {
        0 => Value::Null,
        1 => Value::from(bytes.one_of(&SHORT)),
        2 => Value::from(bytes.one_of(&FORMATTED)),
        _ => Value::Number(number(bytes)),
    }
}

/// Draws a row of telemetry.event_types.
pub fn definition(bytes: &mut Bytes<'_>) -> Value {
    let required: Vec<String> = (0..bytes.below(3)).map(|_| key(bytes, Texts::Plain)).collect();
    let arguments = ["payload", "user_id", "seq"];
    let required_arguments: &[&str] = if bytes.below(8) == 7 { &arguments[..bytes.below(4)] } else { &[] };
    json!({
        "event_name": "order_placed",
        "event_version": 1,
        "status": bytes.one_of(&["active", "active", "active", "superseded", "active", "active", "active", "deprecated"]),
        "required_keys": required,
        "properties": properties(bytes, 2),
        "additional_properties": !bytes.flag(),
        "json_schema": if bytes.below(4) == 3 { Some(Value::Object(whole(bytes))) } else { None },
        "required_arguments": required_arguments,
        "payload_limit": if bytes.below(8) == 7 { 2 + usize::from(bytes.next()) } else { 1_048_576 },
        "enforcement": null,
        "logged_by": if bytes.below(8) == 7 { "server" } else { "client" },
        "sampling_rate": 1.0,
        "daily_budget": null,
        "redaction": {},
        "replaced_by": null
    })
}

/// Draws a schema of the whole payload, sometimes with a reference within itself.
fn whole(bytes: &mut Bytes<'_>) -> Map<String, Value> {
    let mut whole = if let Value::Object(whole) = schema(bytes, 2) { whole } else { Map::new() };
    if bytes.flag() {
        whole.insert("$defs".into(), json!({"own": schema(bytes, 1)}));
        whole.insert("properties".into(), json!({"a": {"$ref": "#/$defs/own"}, "b": {"$ref": "#"}}));
    }
    whole
}

/// Draws a layer of a redaction policy. Its names are ordinary ones: that of a secret is not the name that is written.
pub fn policy(bytes: &mut Bytes<'_>) -> Value {
    let mut policy = Map::new();
    for _ in 0..bytes.below(4) {
        let (attribute, rule) = match bytes.below(5) {
            0 => (
                "values",
                [json!(true), json!(false), json!(["email"]), json!(["card", "iban", "phone"])][bytes.below(4)].clone(),
            ),
            1 if bytes.flag() => ("keys", json!(false)),
            1 | 2 => {
                let rules = ["drop", "mask", "keep_domain", "off"];
                let keys = (0..bytes.below(4)).map(|_| (bytes.one_of(&KEYS).into(), json!(bytes.one_of(&rules))));
                ("keys", Value::Object(keys.collect()))
            }
            3 => ("allow_only", names(bytes)),
            _ => ("except", names(bytes)),
        };
        policy.insert(attribute.into(), rule);
    }
    Value::Object(policy)
}

fn names(bytes: &mut Bytes<'_>) -> Value {
    Value::from((0..bytes.below(5)).map(|_| bytes.one_of(&KEYS)).collect::<Vec<_>>())
}

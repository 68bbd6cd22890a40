//! Pure: which values a JSON Schema accepts, as far as a type can say it.
//!
//! A shape is never narrower than its schema: what the database takes, a compiler lets pass. What no type can say (lengths,
//! patterns, conditions) makes a shape wider, and stands in the remark beside it.

use super::remark::remark;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Unknown,
    NotNull,
    Never,
    Null,
    Boolean,
    Integer,
    Number,
    Text,
    /// A text, a whole number or a boolean.
    Literal(Value),
    List(Box<Shape>),
    Object(Object),
    /// Two or more, none of them a union, none twice.
    AnyOf(Vec<Shape>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Those that must be there first, then by name.
    pub fields: Vec<Field>,
    /// The shape of the values of keys that are no fields; none where there must be no others.
    pub others: Option<Box<Shape>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub key: String,
    pub shape: Shape,
    pub is_required: bool,
    /// What the schema says of it to a reader; may be empty.
    pub remark: String,
}

impl Shape {
    pub fn of(schema: &Value) -> Shape {
        let Value::Object(rules) = schema else {
            return if *schema == Value::Bool(false) { Shape::Never } else { Shape::Unknown };
        };
        // What it refers to is not read; older drafts leave out what stands beside it.
        if rules.contains_key("$ref") {
            return Shape::Unknown;
        }
        let own = Shape::of_rules(rules);
        if own != Shape::Unknown {
            return own;
        }
        // Each of these must hold: any one of them is no narrower than all.
        let mut all = rules.get("allOf").and_then(Value::as_array).into_iter().flatten().map(Shape::of);
        all.find(|shape| *shape != Shape::Unknown).unwrap_or(Shape::Unknown)
    }

    fn of_rules(rules: &Map<String, Value>) -> Shape {
        let kinds = kinds(rules);
        if let Some(only) = rules.get("const") {
            return Shape::any_of(literals(std::slice::from_ref(only), &kinds));
        }
        if let Some(options) = rules.get("enum").and_then(Value::as_array) {
            return Shape::any_of(literals(options, &kinds));
        }
        if let Some(kinds) = kinds {
            return Shape::any_of(kinds.iter().map(|kind| Shape::of_kind(kind, rules)).collect());
        }
        match rules.get("anyOf").or_else(|| rules.get("oneOf")).and_then(Value::as_array) {
            Some(choices) => Shape::any_of(choices.iter().map(Shape::of).collect()),
            None => Shape::Unknown,
        }
    }

    fn of_kind(kind: &str, rules: &Map<String, Value>) -> Shape {
        match kind {
            "null" => Shape::Null,
            "boolean" => Shape::Boolean,
            "integer" => Shape::Integer,
            "number" => Shape::Number,
            "string" => Shape::Text,
            // The first elements may have schemas of their own.
            "array" if rules.contains_key("prefixItems") => Shape::List(Box::new(Shape::Unknown)),
            "array" => Shape::List(Box::new(rules.get("items").map_or(Shape::Unknown, Shape::of))),
            "object" => Shape::Object(Object::of(rules)),
            _ => Shape::Unknown,
        }
    }

    /// The union of shapes; without any it is Never.
    pub fn any_of(shapes: Vec<Shape>) -> Shape {
        let mut union: Vec<Shape> = Vec::new();
        let parts = shapes.into_iter().flat_map(|shape| match shape {
            Shape::AnyOf(parts) => parts,
            Shape::Never => Vec::new(),
            one => vec![one],
        });
        for part in parts {
            if !union.contains(&part) {
                union.push(part);
            }
        }
        if union.contains(&Shape::Unknown) {
            return Shape::Unknown;
        }
        match union.len() {
            0 => Shape::Never,
            1 => union.remove(0),
            _ => Shape::AnyOf(union),
        }
    }

    pub fn without_null(self) -> Shape {
        match self {
            Shape::Unknown => Shape::NotNull,
            Shape::Null => Shape::Never,
            Shape::AnyOf(parts) => Shape::any_of(parts.into_iter().map(Shape::without_null).collect()),
            other => other,
        }
    }
}

impl Object {
    /// What a schema says of objects.
    pub fn of(rules: &Map<String, Value>) -> Object {
        let mut object = Object { fields: Vec::new(), others: others(rules) };
        object.add_fields(rules);
        object.sort();
        object
    }

    /// Says which payloads a definition accepts. `whole` is its json_schema.
    pub fn of_payload(
        required: &[String],
        properties: &Map<String, Value>,
        has_others: bool,
        whole: Option<&Value>,
    ) -> Object {
        let mut object = Object { fields: Vec::new(), others: has_others.then(|| Box::new(Shape::Unknown)) };
        for (key, schema) in properties {
            object.put(key, schema);
        }
        for key in required {
            let field = object.field(key);
            field.is_required = true;
            // Required means there and not null.
            field.shape = std::mem::replace(&mut field.shape, Shape::Unknown).without_null();
        }
        if let Some(Value::Object(rules)) = whole {
            object.add_fields(rules);
            if others(rules).is_none() {
                object.others = None;
            }
        }
        object.sort();
        object
    }

    /// Fields that are there stay as they are: both schemas hold of them.
    fn add_fields(&mut self, rules: &Map<String, Value>) {
        for (key, schema) in rules.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if self.fields.iter().all(|field| field.key != *key) {
                self.put(key, schema);
            }
        }
        for key in rules.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            self.field(key).is_required = true;
        }
    }

    fn put(&mut self, key: &str, schema: &Value) {
        self.fields.push(Field {
            key: key.to_string(),
            shape: Shape::of(schema),
            is_required: false,
            remark: remark(schema),
        });
    }

    fn field(&mut self, key: &str) -> &mut Field {
        let place = self.fields.iter().position(|field| field.key == key).unwrap_or_else(|| {
            self.put(key, &Value::Bool(true));
            self.fields.len() - 1
        });
        &mut self.fields[place]
    }

    fn sort(&mut self) {
        self.fields.sort_by(|a, b| b.is_required.cmp(&a.is_required).then_with(|| a.key.cmp(&b.key)));
    }

    pub fn may_be_empty(&self) -> bool {
        self.fields.iter().all(|field| !field.is_required)
    }
}

/// Keys that match a pattern are others here, of any shape.
fn others(rules: &Map<String, Value>) -> Option<Box<Shape>> {
    let shape = rules.get("additionalProperties").map_or(Shape::Unknown, Shape::of);
    if rules.contains_key("patternProperties") {
        return Some(Box::new(Shape::Unknown));
    }
    (shape != Shape::Never).then(|| Box::new(shape))
}

fn kinds(rules: &Map<String, Value>) -> Option<Vec<&str>> {
    match rules.get("type")? {
        Value::String(kind) => Some(vec![kind]),
        Value::Array(kinds) => Some(kinds.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

/// Shapes of the values that are also of one of the kinds.
fn literals(values: &[Value], kinds: &Option<Vec<&str>>) -> Vec<Shape> {
    let is_of_kind = |value: &&Value| kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| is_of(value, kind)));
    values.iter().filter(is_of_kind).map(literal).collect()
}

/// The whole numbers that every language here reads exactly.
const EXACT: i64 = 1 << 53;

fn literal(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::Null,
        Value::Number(number) => match number.as_i64() {
            Some(whole) if (-EXACT..=EXACT).contains(&whole) => Shape::Literal(value.clone()),
            _ => Shape::Number,
        },
        Value::Array(_) => Shape::List(Box::new(Shape::Unknown)),
        Value::Object(_) => Shape::Object(Object { fields: Vec::new(), others: Some(Box::new(Shape::Unknown)) }),
        plain => Shape::Literal(plain.clone()),
    }
}

pub fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_number().is_some_and(|n| n.as_f64().is_none_or(|n| n.fract() == 0.0)),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

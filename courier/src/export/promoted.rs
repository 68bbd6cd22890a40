//! Pure: a promoted property out of a payload. A value is taken as it is and never cast: what does not fit the column is NULL
//! there, and still in the payload.

use serde_json::Value;

use super::chunk::Cell;
use super::columns::Kind;

/// The literal key where the payload has it, else the member of objects that a path such as `experiment.variant` leads to.
pub fn find<'a>(payload: &'a Value, key: &str) -> Option<&'a Value> {
    payload.get(key).or_else(|| key.split('.').try_fold(payload, |value, step| value.as_object()?.get(step)))
}

/// The cell of a column. `json` is where the text of a `json` column is kept.
pub fn cell<'a>(value: Option<&'a Value>, kind: Kind, json: &'a mut String) -> Cell<'a> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Cell::Null };
    match kind {
        Kind::Int2 | Kind::Int4 | Kind::Int8 => whole(value).map_or(Cell::Null, Cell::Integer),
        Kind::Float8 => value.as_f64().map_or(Cell::Null, Cell::Float8),
        Kind::Bool => value.as_bool().map_or(Cell::Null, Cell::Bool),
        Kind::Text => value.as_str().map_or(Cell::Null, Cell::Text),
        Kind::Json => {
            *json = value.to_string();
            Cell::Json(json)
        }
        Kind::Float4 | Kind::Uuid | Kind::Time => Cell::Null,
    }
}

/// A number that is whole and fits: 3 and 3.0, not 3.5 and not 1e30.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        let exact = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 53 bits")]
        (number.fract() == 0.0 && number.abs() <= exact && value.is_f64()).then_some(number as i64)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_or_the_literal_key() {
        let payload = json!({"a": {"b": 1}, "a.b": 2, "c": {"d": 3}});
        assert_eq!(find(&payload, "a.b"), Some(&json!(2)));
        assert_eq!(find(&payload, "c.d"), Some(&json!(3)));
        assert_eq!(find(&payload, "c.d.e"), None);
    }

    #[test]
    fn nothing_is_cast() {
        let cases = [
            (json!(3), Kind::Int8, Cell::Integer(3)),
            (json!(3.0), Kind::Int8, Cell::Integer(3)),
            (json!(3.5), Kind::Int8, Cell::Null),
            (json!("3"), Kind::Int8, Cell::Null),
            (json!(1e30), Kind::Int8, Cell::Null),
            (json!(u64::MAX), Kind::Int8, Cell::Null),
            (json!(3), Kind::Float8, Cell::Float8(3.0)),
            (json!("a"), Kind::Text, Cell::Text("a")),
            (json!(3), Kind::Text, Cell::Null),
            (json!(1), Kind::Bool, Cell::Null),
            (json!(null), Kind::Json, Cell::Null),
            (json!([1, "a"]), Kind::Json, Cell::Json("[1,\"a\"]")),
        ];
        for (value, kind, expected) in cases {
            assert_eq!(cell(Some(&value), kind, &mut String::new()), expected, "{value} {kind:?}");
        }
    }
}

//! Pure: the values that uniq() and uniq_exact() count, as keys that are equal exactly where the values are.

/// A value to count. The number of its kind is stored in states, so a released number keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Number(i64),
    Uuid([u8; 16]),
    /// A text, compared by its bytes whatever the collation.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    /// A date, in days.
    Date(i32),
    /// A time, in microseconds.
    Time(i64),
}

/// How long the keys of a kind are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Eight,
    Sixteen,
    Varied,
}

impl Value<'_> {
    pub fn kind(&self) -> u8 {
        match self {
            Value::Number(_) => 1,
            Value::Uuid(_) => 2,
            Value::Text(_) => 3,
            Value::Bytes(_) => 4,
            Value::Date(_) => 5,
            Value::Time(_) => 6,
        }
    }

    pub fn width(&self) -> Width {
        match self {
            Value::Number(_) | Value::Date(_) | Value::Time(_) => Width::Eight,
            Value::Uuid(_) => Width::Sixteen,
            Value::Text(_) | Value::Bytes(_) => Width::Varied,
        }
    }

    pub fn with_key<T>(&self, work: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Value::Number(number) | Value::Time(number) => work(&number.to_be_bytes()),
            Value::Date(days) => work(&i64::from(*days).to_be_bytes()),
            Value::Uuid(id) => work(id),
            Value::Text(bytes) | Value::Bytes(bytes) => work(bytes),
        }
    }
}

impl Width {
    /// Gives the width of the keys of a kind of value; None where there is no such kind.
    pub fn of(kind: u8) -> Option<Width> {
        match kind {
            1 | 5 | 6 => Some(Width::Eight),
            2 => Some(Width::Sixteen),
            3 | 4 => Some(Width::Varied),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_tells_the_width() {
        let values = [
            Value::Number(-1),
            Value::Uuid([7; 16]),
            Value::Text(b"a"),
            Value::Bytes(b"a"),
            Value::Date(-1),
            Value::Time(1),
        ];
        for (nth, value) in values.iter().enumerate() {
            assert_eq!(usize::from(value.kind()), nth + 1);
            assert_eq!(Width::of(value.kind()), Some(value.width()));
        }
        assert_eq!([0, 7].map(Width::of), [None, None]);
    }
}

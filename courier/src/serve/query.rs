//! Pure: the fields of a query or a form. Each field is one that the page knows, and stands there once.

use super::fault::Fault;

pub struct Fields {
    names: &'static [&'static str],
    values: Vec<String>,
}

impl Fields {
    /// A field that is not given is empty, as one that a form sends empty.
    pub fn read(text: &[u8], names: &'static [&'static str]) -> Result<Fields, Fault> {
        let mut values = vec![None; names.len()];
        for (name, value) in form_urlencoded::parse(text) {
            let Some(place) = names.iter().position(|known| **known == *name) else {
                return Err(Fault::Bad("The address has a field that this page does not know."));
            };
            if value.contains('\0') {
                return Err(Fault::Bad("The address has a field that is no text."));
            }
            if values[place].replace(value.into_owned()).is_some() {
                return Err(Fault::Bad("The address has a field twice."));
            }
        }
        Ok(Fields { names, values: values.into_iter().map(Option::unwrap_or_default).collect() })
    }

    pub fn get(&self, name: &str) -> &str {
        let place = self.names.iter().position(|known| *known == name);
        place.and_then(|place| self.values.get(place)).map_or("", String::as_str)
    }

    /// In the order of the names.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: &[&str] = &["name", "tz"];

    fn read(text: &str) -> Option<(String, String)> {
        Fields::read(text.as_bytes(), NAMES)
            .ok()
            .map(|fields| (fields.get("name").to_owned(), fields.get("tz").to_owned()))
    }

    #[test]
    fn known_fields_once() {
        assert_eq!(read(""), Some((String::new(), String::new())));
        assert_eq!(read("tz=Europe%2FBerlin&name=a+b"), Some(("a b".to_owned(), "Europe/Berlin".to_owned())));
        for wrong in ["name=a&name=b", "as_file=true", "Name=a", "name=%00", "name"] {
            assert_eq!(read(wrong).is_some(), wrong == "name", "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Fields::read(&bytes, NAMES);
        }

        #[test]
        fn what_was_written_is_read(name in "[^\0]{0,40}") {
            let text = form_urlencoded::Serializer::new(String::new()).append_pair("name", &name).finish();
            prop_assert_eq!(read(&text).unwrap().0, name);
        }
    }
}

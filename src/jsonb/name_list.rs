//! Pure: reads a list of names as PostgreSQL writes an array of texts: `{a,b}`, with quotes and backslashes where a name
//! needs them. None of the names that telemetry registers does, but drivers quote every one.

/// Gives the elements of a list, where NULL is None; None where the text is no such list.
pub fn parse(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.chars().peekable();
    let mut list = Vec::new();
    loop {
        while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        let is_quoted = rest.next_if_eq(&'"').is_some();
        let mut name = String::new();
        loop {
            match rest.peek() {
                Some('"') if is_quoted => {
                    rest.next();
                    break;
                }
                Some(',') | None if !is_quoted => break,
                Some('"' | '{' | '}') if !is_quoted => return None,
                None => return None,
                Some('\\') => {
                    rest.next();
                    name.push(rest.next()?);
                }
                Some(c) => {
                    name.push(*c);
                    rest.next();
                }
            }
        }
        while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        if !is_quoted {
            name.truncate(name.trim_ascii_end().len());
        }
        let is_last = match rest.next() {
            Some(',') => false,
            None => true,
            Some(_) => return None,
        };
        if name.is_empty() && !is_quoted {
            // `{}` is a list without a name; `{a,}` is none.
            return (is_last && list.is_empty()).then_some(list);
        }
        list.push((is_quoted || !name.eq_ignore_ascii_case("null")).then_some(name));
        if is_last {
            return Some(list);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;

    fn names(list: &[&str]) -> Option<Vec<Option<String>>> {
        Some(list.iter().map(|name| Some(name.to_string())).collect())
    }

    #[test]
    fn a_list_is_read_as_postgresql_reads_it() {
        assert_eq!(parse("{signed_up,paid}"), names(&["signed_up", "paid"]));
        assert_eq!(parse(" { signed_up , \"paid\" } "), names(&["signed_up", "paid"]));
        assert_eq!(parse(r#"{"a \"b\" \\","c,{d}"}"#), names(&[r#"a "b" \"#, "c,{d}"]));
        assert_eq!(parse("{a b}"), names(&["a b"]));
        assert_eq!(parse("{a,NULL,\"NULL\"}"), Some(vec![Some("a".into()), None, Some("NULL".into())]));
        assert_eq!(parse("{}"), names(&[]));
        assert_eq!(parse("{ }"), names(&[]));
        assert_eq!(parse("{\"\"}"), names(&[""]));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in [
            "", "a", "a,b", "[\"a\"]", "{", "}", "{a", "a}", "{a,}", "{,a}", "{,}", "{a\"b\"}", "{\"a\"b}", "{{a}}",
            "{\"a}", "{a\\}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(list in prop::collection::vec(".{0,8}", 0..5)) {
            let quoted: Vec<String> = list.iter().map(|name| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))).collect();
            let read = parse(&format!("{{{}}}", quoted.join(","))).unwrap();
            prop_assert_eq!(read, list.into_iter().map(Some).collect::<Vec<_>>());
        }

        #[test]
        fn anything_is_read_or_refused(text in ".{0,40}") {
            parse(&text);
        }
    }
}

//! Pure: how large a regular expression becomes when it is compiled, read from its syntax alone.
//!
//! A counted repetition repeats what it counts: `(a{1,99}){1,60}` has 15 characters and 6,000 parts. Each session
//! compiles a definition anew, 0.4 µs a part, so all patterns of one together are bounded.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, ClassSet, ClassSetItem, RepetitionKind, RepetitionRange};

/// The patterns of a definition have at most so many parts, which take 40 ms: one `^\p{L}{1,64}$` fits.
pub const MOST_PARTS: usize = 100_000;

/// A class of Unicode, such as `\p{L}`, counts for so many parts: it has some 650 ranges, each of several bytes.
const OF_UNICODE: usize = 1_500;

/// A pattern of another dialect, which cannot be read here, counts for so many parts: two fit.
const UNREADABLE: usize = MOST_PARTS / 2;

/// Returns how many parts a pattern has. One that is no regular expression at all is refused where it is compiled.
pub fn parts(pattern: &str) -> usize {
    Parser::new().parse(pattern).map_or(UNREADABLE, |ast| of(&ast))
}

/// The parser bounds how deep it nests.
fn of(ast: &Ast) -> usize {
    match ast {
        Ast::Empty(_) | Ast::Flags(_) => 0,
        Ast::Literal(_) | Ast::Assertion(_) => 1,
        Ast::Dot(_) | Ast::ClassPerl(_) => 10,
        Ast::ClassUnicode(_) => OF_UNICODE,
        Ast::ClassBracketed(class) => of_class(&class.kind),
        Ast::Group(group) => of(&group.ast).saturating_add(1),
        Ast::Alternation(list) => list.asts.iter().fold(0, |sum, ast| sum.saturating_add(of(ast))),
        Ast::Concat(list) => list.asts.iter().fold(0, |sum, ast| sum.saturating_add(of(ast))),
        Ast::Repetition(repetition) => {
            let times = match &repetition.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => 1,
                RepetitionKind::OneOrMore => 2,
                RepetitionKind::Range(RepetitionRange::Exactly(times)) => *times,
                RepetitionKind::Range(RepetitionRange::AtLeast(times)) => times.saturating_add(1),
                RepetitionKind::Range(RepetitionRange::Bounded(_, most)) => *most,
            };
            of(&repetition.ast).max(1).saturating_mul(times as usize)
        }
    }
}

fn of_class(set: &ClassSet) -> usize {
    match set {
        ClassSet::Item(item) => of_item(item),
        ClassSet::BinaryOp(op) => of_class(&op.lhs).saturating_add(of_class(&op.rhs)),
    }
}

fn of_item(item: &ClassSetItem) -> usize {
    match item {
        ClassSetItem::Empty(_) => 0,
        ClassSetItem::Literal(_) | ClassSetItem::Range(_) | ClassSetItem::Ascii(_) => 2,
        ClassSetItem::Perl(_) => 10,
        ClassSetItem::Unicode(_) => OF_UNICODE,
        ClassSetItem::Bracketed(class) => of_class(&class.kind),
        ClassSetItem::Union(union) => union.items.iter().fold(0, |sum, item| sum.saturating_add(of_item(item))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_repetitions_count() {
        for (pattern, expected) in [
            ("", 0),
            ("abc", 3),
            ("a{3}", 3),
            ("(a{1,99}){1,60}", 60 * 100),
            ("a+b*c?", 4),
            ("[a-z_]{1,50}", 200),
            ("(a|bc){2,}", 12),
            (r"^\p{L}{1,64}$", 96_002),
            ("a{4294967295}{4294967295}{9}", usize::MAX),
            (r"\cA{1,9}", UNREADABLE),
            ("a(?=b)", UNREADABLE),
        ] {
            assert_eq!(parts(pattern), expected, "{pattern}");
        }
    }
}

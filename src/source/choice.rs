//! Pure: chooses the source that answers a question.

use crate::access::visibility::Visibility;
use crate::derived::provenance::{Doubt, Standing};
use crate::source::question::{Actor, Question};

/// The wish of the setting telemetry.kpi_source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Auto,
    Raw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The timeline answers, with the raw rows above its cursor.
    Timeline,
    /// The timeline answers, with the raw rows above its cursor and the rows of the events of which it does not keep a
    /// key.
    Partly,
    /// The rows answer, read one by one.
    Raw(Reason),
}

/// A reason why the timeline cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Asked,
    NeverTicked,
    Doubted(Doubt),
    PartlyVisible,
    OtherActor,
    NestedCondition,
    NotPromoted,
}

/// Chooses the source. `standing`: how far the timeline is complete. That chunks do not hold a key
/// ([`Reason::NotPromoted`]) is found only when they are read.
pub fn choose(question: &Question, wish: Wish, visibility: Visibility, standing: Standing) -> Choice {
    if wish == Wish::Raw {
        Choice::Raw(Reason::Asked)
    } else if let Some(doubt) = standing.doubt {
        Choice::Raw(Reason::Doubted(doubt))
    } else if standing.position == 0 {
        Choice::Raw(Reason::NeverTicked)
    } else if visibility == Visibility::Rows {
        Choice::Raw(Reason::PartlyVisible)
    } else if question.needs_actors && question.actor != Actor::User {
        Choice::Raw(Reason::OtherActor)
    } else if question.conditions.iter().any(|condition| condition.tests.is_none()) {
        Choice::Raw(Reason::NestedCondition)
    } else {
        Choice::Timeline
    }
}

impl Choice {
    pub fn source(self) -> &'static str {
        match self {
            Choice::Timeline | Choice::Partly => "timeline",
            Choice::Raw(_) => "raw",
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            Choice::Timeline => "the timeline, and the rows above its cursor",
            Choice::Partly => {
                "the timeline, the rows above its cursor, and those of events whose names do not promote a key that is asked for: set promoted_properties, then call telemetry.rebuild_derived()"
            }
            Choice::Raw(Reason::Asked) => "telemetry.kpi_source is raw",
            Choice::Raw(Reason::NeverTicked) => "the timeline is empty: call telemetry.tick()",
            Choice::Raw(Reason::Doubted(doubt)) => doubt.reason(),
            Choice::Raw(Reason::PartlyVisible) => "row-level policies may hide rows of the tenant from the caller",
            Choice::Raw(Reason::OtherActor) => {
                "the actors of the timeline are users and tenants, not sessions or subjects"
            }
            Choice::Raw(Reason::NestedCondition) => "a filter holds an object or a list",
            Choice::Raw(Reason::NotPromoted) => {
                "a key that is asked for is not promoted in every event: set promoted_properties, then call telemetry.rebuild_derived()"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::question::{Class, Condition, Labels};

    fn question() -> Question {
        Question {
            needs_actors: true,
            labels: Labels::Classes { classes: vec![Class { names: None, conditions: vec![] }], keeps_others: false },
            ..Question::default()
        }
    }

    fn at(position: i64) -> Standing {
        Standing { position, doubt: None, has_tail: true }
    }

    #[test]
    fn rows_answer_where_derived_data_are_doubted() {
        let doubted = Standing { doubt: Some(Doubt::Elsewhere), ..at(9) };
        let choice = choose(&question(), Wish::Auto, Visibility::Everything, doubted);
        assert_eq!(choice, Choice::Raw(Reason::Doubted(Doubt::Elsewhere)));
        assert_eq!(choose(&question(), Wish::Raw, Visibility::Everything, doubted), Choice::Raw(Reason::Asked));
    }

    #[test]
    fn the_timeline_answers_who_sees_a_tenant_whole() {
        assert_eq!(choose(&question(), Wish::Auto, Visibility::Everything, at(9)), Choice::Timeline);
        assert_eq!(choose(&question(), Wish::Auto, Visibility::Tenant, at(9)), Choice::Timeline);
        assert_eq!(choose(&question(), Wish::Auto, Visibility::Rows, at(9)), Choice::Raw(Reason::PartlyVisible));
    }

    #[test]
    fn raw_rows_answer_what_the_timeline_does_not_hold() {
        assert_eq!(choose(&question(), Wish::Raw, Visibility::Everything, at(9)), Choice::Raw(Reason::Asked));
        assert_eq!(choose(&question(), Wish::Auto, Visibility::Everything, at(0)), Choice::Raw(Reason::NeverTicked));
        let sessions = Question { actor: Actor::Session, ..question() };
        assert_eq!(choose(&sessions, Wish::Auto, Visibility::Everything, at(9)), Choice::Raw(Reason::OtherActor));
        let counts = Question { needs_actors: false, ..sessions };
        assert_eq!(choose(&counts, Wish::Auto, Visibility::Everything, at(9)), Choice::Timeline);
        let condition = Condition { container: vec![], contained_at: vec![], path: None, tests: None, cohorts: vec![] };
        let nested = Question { conditions: vec![condition], ..question() };
        assert_eq!(choose(&nested, Wish::Auto, Visibility::Everything, at(9)), Choice::Raw(Reason::NestedCondition));
    }

    #[test]
    fn an_event_gets_the_bits_of_its_classes() {
        let class = |name: &str, conditions: &[usize]| Class {
            names: Some(vec![name.into()]),
            conditions: conditions.to_vec(),
        };
        let classes = vec![class("a", &[]), class("a", &[0, 1]), class("b", &[1])];
        let labels = Labels::Classes { classes: classes.clone(), keeps_others: false };
        let asked = Question { labels, ..question() };
        assert_eq!(asked.names(), Some(vec!["a", "b"]));
        let tests = asked.tests_of("a");
        assert_eq!((tests.label(0), tests.label(1), tests.label(3)), (Some(1), Some(1), Some(3)));
        assert_eq!((asked.tests_of("b").label(1), asked.tests_of("b").label(2)), (None, Some(4)));
        assert!(!asked.tests_of("c").is_read);
        let strict = Question { labels: Labels::Classes { classes, keeps_others: true }, ..question() };
        assert_eq!((strict.names(), strict.tests_of("c").label(0)), (None, Some(0)));
    }
}

//! Ownership checks are functions of the application that say whether a client's event may refer to what it refers to.
//! Twin: sql/log/ownership.sql, which registers them.
//!
//! A check is asked with the rights of the function's owner, in a subtransaction and within a time limit. An event is
//! refused where its check cannot answer. Each distinct question is asked once per call.

mod time_limit;

use crate::db::rights;
use crate::db::session::{self, Failure};
use crate::db::watch::Derived;
use crate::db::{self, Access, Statement, Value};
use crate::error::Error;
use crate::log::incoming::Event;
use crate::settings;
use crate::violation::{Reason, Violation};
use pgrx::prelude::*;
use std::collections::HashMap;
use std::rc::Rc;
use uuid::Uuid;

struct Check {
    check_name: String,
    function_name: String,
    /// The events that it is asked about; empty for all events.
    events: Vec<String>,
}

/// A check is asked about user, session, subject and tenant.
type Question = [Option<Uuid>; 4];

/// The type is qualified: a domain of that name in the caller's search_path must not redirect the question.
const UUID: &str = "pg_catalog.uuid";

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Owned,
    NotOwned,
    Missing,
    Failed,
    TimedOut,
}

/// The answers that one call has got so far.
#[derive(Default)]
pub struct Ownership {
    answers: HashMap<(String, Question), Answer>,
    functions: HashMap<String, Option<pg_sys::Oid>>,
}

thread_local! {
    static CHECKS: Derived<Vec<Check>> = const { Derived::new() };
}

impl Ownership {
    /// Returns why the event is not its caller's to log, if a check says so.
    pub fn violation(
        &mut self,
        event: &Event<'_>,
        tenant_id: Uuid,
        user_id: Option<Uuid>,
    ) -> Result<Option<Violation>, Error> {
        let checks: Rc<Vec<Check>> = CHECKS.with(|checks| checks.get(load))?;
        let question = [user_id, event.session_id, event.subject_id, Some(tenant_id)];
        for check in checks.iter() {
            if !check.events.is_empty() && !check.events.iter().any(|name| name == event.event_name) {
                continue;
            }
            let (name, check_name) = (event.event_name, &check.check_name);
            let said = match self.answer(check, question)? {
                Answer::Owned => continue,
                Answer::NotOwned => {
                    let message = format!("event \"{name}\" does not pass the ownership check \"{check_name}\"");
                    return Ok(Some(Violation::new(Reason::NotOwned, message)));
                }
                Answer::Missing => "its function does not exist",
                Answer::Failed => "its function raised an error",
                Answer::TimedOut => "its function took too long",
            };
            let message = format!("event \"{name}\": the ownership check \"{check_name}\" gave no answer: {said}");
            return Ok(Some(Violation::new(Reason::CheckFailed, message)));
        }
        Ok(None)
    }

    fn answer(&mut self, check: &Check, question: Question) -> Result<Answer, Error> {
        if let Some(answer) = self.answers.get(&(check.check_name.clone(), question)) {
            return Ok(*answer);
        }
        let function = match self.functions.get(&check.function_name) {
            Some(function) => *function,
            None => {
                let signature = format!("{}({UUID},{UUID},{UUID},{UUID})", check.function_name);
                let arguments = [Value::Text(&signature)];
                let found = db::run(Statement::FunctionNamed, &arguments, Access::ReadLatest, |row| row.get(1))?;
                let found = found.into_iter().flatten().next();
                self.functions.insert(check.function_name.clone(), found);
                found
            }
        };
        let answer = function.map_or(Answer::Missing, |function| ask(function, question));
        self.answers.insert((check.check_name.clone(), question), answer);
        Ok(answer)
    }
}

fn load() -> Result<Vec<Check>, Error> {
    let rows = db::run(Statement::OwnershipChecks, &[], Access::ReadLatest, |row| {
        (row.get::<String>(1), row.get::<String>(2), row.get::<Vec<String>>(3))
    })?;
    let checks = rows.into_iter().filter_map(|(check_name, function_name, events)| {
        Some(Check { check_name: check_name?, function_name: function_name?, events: events.unwrap_or_default() })
    });
    Ok(checks.collect())
}

fn ask(function: pg_sys::Oid, question: Question) -> Answer {
    let limit = time_limit::start(settings::OWNERSHIP_CHECK_TIMEOUT.get());
    let answer = session::in_subtransaction(|| Ok(rights::ask_as_owner(function, &question)));
    let timed_out = limit.stop();
    match answer {
        _ if timed_out => Answer::TimedOut,
        Ok(Some(true)) => Answer::Owned,
        Ok(_) => Answer::NotOwned,
        Err(Failure::Ours(_)) => Answer::Failed,
        Err(Failure::Raised(error)) => {
            session::sqlstate(error);
            Answer::Failed
        }
    }
}

//! What is refused where a log has some users of a tenant, and other logs the others.

use super::question::{Actor, Question};
use crate::error::Error;
use crate::parts;

/// Refuses to make a part of what may have events of several users, which would count in several parts.
pub fn refuse_others(question: &Question) -> Result<(), Error> {
    let counted = match question.actor {
        _ if !parts::is_of_some_users() => return Ok(()),
        _ if question.subjects.is_some() => "objects",
        Actor::User => return Ok(()),
        Actor::Session => "sessions",
        Actor::Subject => "subjects",
        Actor::Tenant => "tenants",
    };
    Err(Error::NotOfUsers(counted))
}

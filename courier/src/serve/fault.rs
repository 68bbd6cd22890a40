//! What went wrong, as a status and a sentence of our own: nothing that the database says is shown, since it may quote a value.

use std::time::Duration;

use hyper::StatusCode;
use tokio_postgres::error::SqlState;

use crate::database;
use crate::log;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Bad(&'static str),
    /// Nobody, or not by this password.
    Login,
    Forbidden(&'static str),
    NotFound(&'static str),
    /// With the methods that there are.
    Method(&'static str),
    /// What was to be changed is not as the page showed it.
    Changed(&'static str),
    NoLength,
    TooLarge,
    Misdirected,
    TooMany(Duration),
    /// The database, or a connection to it, is not to be had.
    Away,
    Slow,
    Broken,
}

impl Fault {
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::Bad(_) => StatusCode::BAD_REQUEST,
            Fault::Login => StatusCode::UNAUTHORIZED,
            Fault::Forbidden(_) => StatusCode::FORBIDDEN,
            Fault::NotFound(_) => StatusCode::NOT_FOUND,
            Fault::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Fault::Changed(_) => StatusCode::CONFLICT,
            Fault::NoLength => StatusCode::LENGTH_REQUIRED,
            Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Fault::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Fault::Away => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Slow => StatusCode::GATEWAY_TIMEOUT,
            Fault::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn sentence(&self) -> &'static str {
        match self {
            Fault::Bad(sentence)
            | Fault::Forbidden(sentence)
            | Fault::NotFound(sentence)
            | Fault::Changed(sentence) => sentence,
            Fault::Login => "A name and a password are asked for.",
            Fault::Method(_) => "This address is read, or it takes a form; not both.",
            Fault::NoLength => "A form says how long it is.",
            Fault::TooLarge => "This is longer than any form of these pages.",
            Fault::Misdirected => {
                "Without a login these pages answer to the names of this machine: localhost or 127.0.0.1."
            }
            Fault::TooMany(_) => "Too many wrong passwords came from this address. Wait some minutes.",
            Fault::Away => "The database does not answer at the moment. Try again in a moment.",
            Fault::Slow => "This takes longer than is allowed here. Ask for a shorter period.",
            Fault::Broken => "Something is wrong between this server and the database. Its log says what.",
        }
    }

    /// What an error of the database means for whoever asked. What nobody who asks can mend is told in the log.
    pub fn of(error: &tokio_postgres::Error) -> Fault {
        let Some(code) = error.code() else {
            log::warn("the database did not answer", &[("error", &database::describe(error))]);
            return Fault::Away;
        };
        let fault = Fault::of_code(code);
        if matches!(fault, Fault::Away | Fault::Broken) {
            log::warn("the database refused", &[("error", &database::describe(error))]);
        }
        fault
    }

    fn of_code(code: &SqlState) -> Fault {
        match (code.code(), code.code().get(..2).unwrap_or_default()) {
            ("57014", _) => Fault::Slow,
            ("42501", _) => Fault::Forbidden(
                "The role that asks for you may not do this; telemetry.grant_access() gives it the level that it needs.",
            ),
            ("25006", _) => {
                Fault::Forbidden("This database is a standby: it can be read, and nothing is changed in it.")
            }
            (_, "22") => Fault::Bad(
                "The database refuses what was asked. Look at the period, the grain, the time zone and the tenant.",
            ),
            // No connection, no login, no room, going down; a lock that was not to be had, a transaction to be tried again.
            ("55P03", _) | (_, "08" | "28" | "40" | "53" | "57") => Fault::Away,
            _ => Fault::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_the_databases_errors() {
        for (code, status) in [
            ("22023", 400),
            ("22007", 400),
            ("22P02", 400),
            ("42501", 403),
            ("25006", 403),
            ("57014", 504),
            ("57P01", 503),
            ("57P03", 503),
            ("53300", 503),
            ("08006", 503),
            ("28P01", 503),
            ("40001", 503),
            ("55P03", 503),
            ("42883", 500),
            ("XX000", 500),
        ] {
            assert_eq!(Fault::of_code(&SqlState::from_code(code)).status().as_u16(), status, "{code}");
        }
    }
}

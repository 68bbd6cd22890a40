//! Reads and checks the arguments that several KPIs have.

use crate::db::call::Call;
use crate::error::Error;
use crate::jsonb::key_path::KeyPath;
use crate::source;
use crate::source::question::{Actor, Condition, Question};
use crate::source::unknown_events::refuse_unknown;
use crate::spelling::shown;

/// The names of events in a list, without its NULLs. None: there is no list. Errors: 22023 an unknown event, a list
/// without a name: it asks for nothing, and is a slip of whoever made it more often than a question.
pub fn names(given: Option<Vec<Option<String>>>) -> Result<Option<Vec<String>>, Error> {
    let names: Option<Vec<String>> = given.map(|names| names.into_iter().flatten().collect());
    if names.as_ref().is_some_and(Vec::is_empty) {
        return Err(bad("a list of events has no name in it", "Leave it out, or give NULL, for every event."));
    }
    refuse_unknown(names.iter().flatten())?;
    Ok(names)
}

/// Reads events: the names that count. None: every event counts. Errors: those of [`names`].
pub fn asked_events(call: &Call<'_>) -> Result<Option<Vec<String>>, Error> {
    names(call.texts("events")?)
}

/// Reads exclude: the names of events that do not count; a list without any leaves every event. Error: 22023 an unknown
/// event.
pub fn asked_excluded(call: &Call<'_>) -> Result<Vec<String>, Error> {
    let names: Vec<String> = call.texts("exclude")?.into_iter().flatten().flatten().collect();
    refuse_unknown(names.iter())?;
    Ok(names)
}

/// Makes a list of one name. None: there is no name. Error: 22023 an unknown event.
pub fn name(given: Option<String>) -> Result<Option<Vec<String>>, Error> {
    names(given.map(|name| vec![Some(name)]))
}

/// Reads a name of an event, as a list. None: there is no name. Error: 22023 an unknown event.
pub fn asked_name(call: &Call<'_>, argument: &str) -> Result<Option<Vec<String>>, Error> {
    name(asked_text(call, argument)?)
}

/// Reads a text and copies it.
pub fn asked_text(call: &Call<'_>, argument: &str) -> Result<Option<String>, Error> {
    Ok(call.text(argument)?.map(str::to_string))
}

/// Reads actor, the kind of actor: user (default), session, subject or tenant; and object_key, the payload key that
/// says what an event is about: with such a key, the actor is a subject. Errors: 22023 another actor beside a key, a
/// key that is none.
pub fn asked_actor(call: &Call<'_>) -> Result<(Actor, Option<KeyPath>), Error> {
    let (given, object_key) = (call.text("actor")?, asked_text(call, "object_key")?);
    let known =
        [("user", Actor::User), ("session", Actor::Session), ("subject", Actor::Subject), ("tenant", Actor::Tenant)];
    let actor = word("actor", given.or(object_key.as_ref().map(|_| "subject")), &known)?;
    if object_key.is_some() && actor != Actor::Subject {
        return Err(bad(
            "object_key names subjects, and another actor is asked for",
            "Leave actor out, or say subject.",
        ));
    }
    Ok((actor, key(object_key)?))
}

/// Lets a question count the actors that the call asks for. Errors: those of [`asked_actor`].
pub fn of_asked_actors(call: &Call<'_>, question: Question) -> Result<Question, Error> {
    let (actor, object_key) = asked_actor(call)?;
    Ok(Question { actor, object_key, ..question })
}

/// Parses a payload key, which may be a path. Error: 22023 it is empty, or a part of it is.
pub fn key(given: Option<String>) -> Result<Option<KeyPath>, Error> {
    Ok(given.map(|text| KeyPath::parse(&text)).transpose()?)
}

/// Reads a payload key, which may be a path. Error: 22023 it is empty, or a part of it is.
pub fn asked_key(call: &Call<'_>, argument: &str) -> Result<Option<KeyPath>, Error> {
    key(asked_text(call, argument)?)
}

/// Reads match: the payload keys whose values events must have in common. Error: 22023 a list without a key, or with more
/// than eight.
pub fn asked_matches(call: &Call<'_>) -> Result<Vec<KeyPath>, Error> {
    let Some(given) = call.texts("match")? else { return Ok(Vec::new()) };
    let keys: Vec<String> = given.into_iter().flatten().collect();
    if !(1..=8).contains(&keys.len()) {
        let problem = if keys.is_empty() { "match has no key in it" } else { "match has more than 8 keys" };
        return Err(bad(problem, "Give it payload keys, as in match => '{lesson}', or leave it out."));
    }
    keys.iter().map(|text| Ok(KeyPath::parse(text)?)).collect()
}

/// Reads what a payload must contain. Error: 22023 it is no object, or one that no payload can contain.
pub fn asked_condition(call: &Call<'_>, argument: &str) -> Result<Option<Condition>, Error> {
    call.jsonb(argument)?.map(|filter| source::condition(filter.container())).transpose()
}

/// Reads one of the known words, of which the first is the default.
pub fn asked_word<T: Copy>(call: &Call<'_>, argument: &'static str, known: &[(&str, T)]) -> Result<T, Error> {
    word(argument, call.text(argument)?, known)
}

/// Finds the meaning of one of the known words, of which the first is the default.
pub fn word<T: Copy>(argument: &'static str, given: Option<&str>, known: &[(&str, T)]) -> Result<T, Error> {
    let given = given.unwrap_or(known[0].0);
    known.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning).ok_or_else(|| Error::UnknownWord {
        argument,
        word: shown(given),
        known: known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "),
    })
}

/// Checks an argument that must lie between two numbers.
pub fn between(argument: &str, given: Option<i32>, default: i32, least: i32, most: i32) -> Result<usize, Error> {
    let given = given.unwrap_or(default);
    if (least..=most).contains(&given) {
        return Ok(given as usize);
    }
    Err(Error::BadArgument {
        problem: format!("{argument} must be between {least} and {most}"),
        hint: format!("Leave it out for {default}."),
    })
}

/// Reads confidence_level, whose default is 0.95. Error: 22023 not between 0 and 1.
pub fn asked_confidence(call: &Call<'_>) -> Result<f64, Error> {
    let confidence = call.number("confidence_level")?.unwrap_or(0.95);
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(confidence);
    }
    Err(bad("confidence_level must be between 0 and 1", "For an interval of 95 %: confidence_level => 0.95."))
}

/// Makes the error of a value that an argument cannot have.
pub fn bad(problem: &str, hint: &str) -> Error {
    Error::BadArgument { problem: problem.into(), hint: hint.into() }
}

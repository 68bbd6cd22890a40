//! What the forms of the page of alerts do. The database changes what the caller sees, and nothing else; the name of whoever did it
//! stands before the note, since the database keeps an id of it that nobody can read.

use super::alerts::address;
use super::answer::{self, Answer};
use super::fault::Fault;
use super::query::Fields;
use super::routes::Site;
use super::users::Caller;
use crate::log;

pub const ACKNOWLEDGE: &[&str] = &["token", "tz", "tenant", "fingerprint", "note"];
pub const SILENCE: &[&str] = &["token", "tz", "tenant", "fingerprint", "alert", "length", "until", "reason"];
pub const END_SILENCE: &[&str] = &["token", "tz", "tenant", "silence_id"];

/// In bytes, with the name before it.
const LONGEST_NOTE: usize = 1000;

pub async fn acknowledge(site: &Site, caller: &Caller, fields: &Fields) -> Result<Answer, Fault> {
    let note = signed(caller, fields.get("note"))?;
    let parameters = [fields.get("fingerprint"), &note];
    change(site, caller, include_str!("changes/acknowledge.sql"), &parameters).await?;
    log::info("acknowledged", &[("fingerprint", &fields.get("fingerprint")), ("by", &by(caller))]);
    Ok(answer::see(&format!("../{}", address(fields, "acknowledged"))))
}

pub async fn silence(site: &Site, caller: &Caller, fields: &Fields) -> Result<Answer, Fault> {
    // A time of one's own goes before the length, which the form always sends.
    let length = if fields.get("until").is_empty() { fields.get("length") } else { "own" };
    if !["1h", "4h", "tomorrow", "own"].contains(&length) {
        return Err(Fault::Bad("Say how long it is to be silent: 1h, 4h or tomorrow, or a day and a time."));
    }
    let reason = signed(caller, fields.get("reason"))?;
    let parameters =
        [fields.get("fingerprint"), fields.get("alert"), length, fields.get("until"), &reason, fields.get("tz")];
    change(site, caller, include_str!("changes/silence.sql"), &parameters).await?;
    log::info(
        "silenced",
        &[("alert", &fields.get("alert")), ("fingerprint", &fields.get("fingerprint")), ("by", &by(caller))],
    );
    Ok(answer::see(&format!("../{}", address(fields, "silenced"))))
}

pub async fn end_silence(site: &Site, caller: &Caller, fields: &Fields) -> Result<Answer, Fault> {
    change(site, caller, include_str!("changes/end_silence.sql"), &[fields.get("silence_id")]).await?;
    log::info("ended a silence", &[("silence", &fields.get("silence_id")), ("by", &by(caller))]);
    Ok(answer::see(&format!("../{}", address(fields, "ended"))))
}

async fn change(site: &Site, caller: &Caller, statement: &str, parameters: &[&str]) -> Result<(), Fault> {
    let transaction = site.database.change(caller).await?;
    let changed = transaction.rows(statement, parameters).await.map_err(|fault| match fault {
        Fault::Bad(_) => Fault::Bad("The database refuses this: a silence ends in the future and within 90 days."),
        fault => fault,
    })?;
    transaction.end().await?;
    if changed.is_empty() {
        return Err(Fault::Changed("This is over by now, or it is not yours to change. Load the page of alerts anew."));
    }
    Ok(())
}

/// "ada: we roll back"; "ada" where nothing was said.
fn signed(caller: &Caller, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let note = match &caller.name {
        Some(name) if text.is_empty() => name.clone(),
        Some(name) => format!("{name}: {text}"),
        None => text.to_owned(),
    };
    if note.len() > LONGEST_NOTE {
        return Err(Fault::Bad("What you say is longer than a kilobyte. Say it in a sentence."));
    }
    Ok(note)
}

fn by(caller: &Caller) -> &str {
    caller.name.as_deref().unwrap_or("nobody in particular")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_who() {
        let ada = Caller { name: Some("ada".to_owned()), ..Caller::default() };
        assert_eq!(signed(&ada, " we roll back \n").unwrap(), "ada: we roll back");
        assert_eq!(signed(&ada, " ").unwrap(), "ada");
        assert_eq!(signed(&Caller::default(), "x").unwrap(), "x");
        assert_eq!(signed(&ada, &"x".repeat(995)).unwrap().len(), 1000);
        assert_eq!(signed(&ada, &"x".repeat(996)).unwrap_err().status().as_u16(), 400);
    }
}

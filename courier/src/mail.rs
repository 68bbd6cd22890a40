//! Pure: a mail out of what the database says of it: from, to, subject, text and the same as HTML. Every attempt is the same mail, by
//! the id of the notification, with a date of its own.

use std::time::SystemTime;

use lettre::Address;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use serde_json::Value;

pub struct Mail {
    pub sender: Address,
    pub recipients: Vec<Address>,
    pub bytes: Vec<u8>,
}

/// None: the body is no mail, or an address in it is none.
pub fn mail(delivery_id: &str, body: &str, now: SystemTime) -> Option<Mail> {
    let said: Value = serde_json::from_str(body).ok()?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let sender: Mailbox = text("from")?.parse().ok()?;
    let recipients: Option<Vec<Mailbox>> =
        said.get("to")?.as_array()?.iter().map(|to| to.as_str()?.parse().ok()).collect();
    let recipients = recipients.filter(|all| !all.is_empty())?;
    let mut builder = Message::builder()
        .from(sender.clone())
        .subject(one_line(text("subject")?))
        .message_id(Some(format!("<{delivery_id}@{}>", sender.email.domain())))
        .date(now)
        // Nobody's absence is answered, and no loop begins.
        .header(AutoSubmitted);
    for recipient in &recipients {
        builder = builder.to(recipient.clone());
    }
    // The boundary is the message's, so that attempts differ in their date alone.
    let parts = MultiPart::alternative()
        .boundary(format!("={delivery_id}="))
        .singlepart(part(ContentType::TEXT_PLAIN, text("text")?))
        .singlepart(part(ContentType::TEXT_HTML, text("html")?));
    let message = builder.multipart(parts).ok()?;
    Some(Mail {
        sender: sender.email,
        recipients: recipients.into_iter().map(|mailbox| mailbox.email).collect(),
        bytes: message.formatted(),
    })
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder().header(kind).body(text.to_owned())
}

/// A line end in a subject would begin another header.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join(" ")
}

/// RFC 3834: the mail of a program.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    fn body(subject: &str, from: &str, to: &[&str]) -> String {
        serde_json::json!({"from": from, "to": to, "subject": subject, "text": "it fails\n", "html": "<p>it fails</p>"})
            .to_string()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_text_and_the_same_as_html() {
        let mail =
            mail("ntf_1", &body("20 % of 90", "Telemetry <t@example.com>", &["a@example.com", "b@example.com"]), at(0))
                .unwrap();
        let text = String::from_utf8(mail.bytes).unwrap();
        for line in [
            "From: Telemetry <t@example.com>\r\n",
            "To: a@example.com, b@example.com\r\n",
            "Subject: 20 % of 90\r\n",
            "Message-ID: <ntf_1@example.com>\r\n",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: multipart/alternative;",
            "it fails\r\n",
            "<p>it fails</p>",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert_eq!(mail.recipients.len(), 2);
    }

    #[test]
    fn attempts_differ_in_their_date_alone() {
        let body = body("s", "t@example.com", &["a@example.com"]);
        let attempts = [at(0), at(60)].map(|now| String::from_utf8(mail("ntf_1", &body, now).unwrap().bytes).unwrap());
        let without_date = |text: &String| {
            text.lines().filter(|line| !line.starts_with("Date:")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_ne!(attempts[0], attempts[1]);
        assert_eq!(without_date(&attempts[0]), without_date(&attempts[1]));
    }

    #[test]
    fn what_is_no_mail() {
        for (body, why) in [
            ("[]".to_owned(), "no object"),
            ("{}".to_owned(), "no sender"),
            (body("s", "nobody", &["a@example.com"]), "a sender without a domain"),
            (body("s", "t@example.com", &[]), "no recipient"),
            (body("s", "t@example.com", &["a@example.com\r\nRCPT TO:<x@example.com>"]), "two lines"),
        ] {
            assert!(mail("ntf_1", &body, at(0)).is_none(), "{why}");
        }
    }

    proptest! {
        /// Whatever a subject holds, there is one Subject and no header that was not there.
        #[test]
        fn a_subject_adds_no_header(subject in "[a-zä\u{1F600}\r\n:\t ]{0,200}") {
            let bytes = mail("ntf_1", &body(&format!("{subject}\r\nBcc: x@example.com"), "t@example.com", &["a@example.com"]), at(0)).unwrap().bytes;
            let text = String::from_utf8(bytes).unwrap();
            let head = text.split("\r\n\r\n").next().unwrap();
            let names: Vec<&str> = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).filter_map(|line| line.split(':').next()).collect();
            prop_assert!(!names.contains(&"Bcc"), "{}", head);
            prop_assert_eq!(names.iter().filter(|name| **name == "Subject").count(), 1);
        }
    }
}

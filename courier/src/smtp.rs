//! One mail over SMTP: to an address that was judged, over TLS whose certificate is that of the name, within the time of the
//! delivery. Nothing is kept of what the server says but its code.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};

use crate::mail::Mail;
use crate::mail_server::{MailServer, Tls};
use crate::outcome::{Failure, Outcome};
use crate::secret::Token;
use crate::{log, resolver};

/// Saying goodbye is not waited for longer: the mail is taken by then.
const GOODBYE: Duration = Duration::from_secs(2);

/// What was not tried any more, with the words of `settle_delivery()`.
enum Trouble {
    Failure(Failure),
    /// The server said so, of this destination: its code.
    Code(u16),
}

/// `destination` is for the log, where some recipients are refused.
pub fn send(
    destination: &str,
    server: &MailServer,
    allow_private: bool,
    token: Option<&Token>,
    mail: &Mail,
    timeout: Duration,
) -> Outcome {
    match converse(destination, server, allow_private, token, mail, Instant::now() + timeout) {
        Ok(code) => Outcome::status(code, None),
        Err(Trouble::Code(code)) => Outcome::status(code, None),
        Err(Trouble::Failure(failure)) => Outcome::failed(failure),
    }
}

fn converse(
    destination: &str,
    server: &MailServer,
    allow_private: bool,
    token: Option<&Token>,
    mail: &Mail,
    until: Instant,
) -> Result<u16, Trouble> {
    let credentials = token.map(credentials).transpose()?;
    // A password is never sent in the clear.
    if credentials.is_some() && server.tls == Tls::None {
        return Err(Trouble::Failure(Failure::Tls));
    }
    let hello = ClientId::Domain(mail.sender.domain().to_owned());
    let tls = match server.tls {
        Tls::None => None,
        Tls::Upgraded | Tls::FromTheStart => Some(tls_to(&server.host)?),
    };
    let mut connection = connect(server, allow_private, &hello, tls.as_ref(), until)?;
    let troubled = |error: Error| trouble(&error, Failure::Reset);
    if let (Tls::Upgraded, Some(tls)) = (server.tls, &tls) {
        if !connection.can_starttls() {
            connection.abort();
            return Err(Trouble::Failure(Failure::Tls));
        }
        within(&mut connection, until)?;
        connection.starttls(tls, &hello).map_err(troubled)?;
    }
    if let Some(credentials) = &credentials {
        within(&mut connection, until)?;
        connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).map_err(|error| {
            // The server takes no password, or not in a way that is spoken here.
            if error.is_client() { Trouble::Failure(Failure::NoSecret) } else { troubled(error) }
        })?;
    }
    within(&mut connection, until)?;
    let is_ascii = std::iter::once(&mail.sender).chain(&mail.recipients).all(|address| address.to_string().is_ascii());
    let parameters = match connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        true if !is_ascii => vec![MailParameter::SmtpUtfEight],
        _ => Vec::new(),
    };
    connection.command(MailFrom::new(Some(mail.sender.clone()), parameters)).map_err(troubled)?;
    recipients(destination, &mut connection, mail, until)?;
    within(&mut connection, until)?;
    connection.command(Data).map_err(troubled)?;
    within(&mut connection, until)?;
    let answer = connection.message(&mail.bytes).map_err(|error| match trouble(&error, Failure::Reset) {
        // The one refusal that is about this mail: every other would be of any mail.
        Trouble::Code(500..) => Trouble::Failure(Failure::Rejected),
        other => other,
    })?;
    let _ = connection.set_timeout(Some(GOODBYE));
    let _ = connection.quit();
    Ok(answer.code().into())
}

/// Tells the server who is to get it. It goes to those that it takes; the others are logged, by their number alone.
fn recipients(destination: &str, connection: &mut SmtpConnection, mail: &Mail, until: Instant) -> Result<(), Trouble> {
    let mut refused: Vec<u16> = Vec::new();
    for recipient in &mail.recipients {
        within(connection, until)?;
        if let Err(error) = connection.command(Rcpt::new(recipient.clone(), Vec::new())) {
            match trouble(&error, Failure::Reset) {
                Trouble::Code(code) => refused.push(code),
                other => return Err(other),
            }
        }
    }
    match refused.first() {
        Some(&code) if refused.len() == mail.recipients.len() => {
            connection.abort();
            Err(Trouble::Code(code))
        }
        Some(code) => {
            log::warn(
                "the mail server refuses some recipients; the others get the mail",
                &[("destination", &destination), ("refused", &refused.len()), ("code", code)],
            );
            Ok(())
        }
        None => Ok(()),
    }
}

fn connect(
    server: &MailServer,
    allow_private: bool,
    hello: &ClientId,
    tls: Option<&TlsParameters>,
    until: Instant,
) -> Result<SmtpConnection, Trouble> {
    let from_the_start = tls.filter(|_| server.tls == Tls::FromTheStart);
    let addresses =
        resolver::judged(&server.host, server.port, allow_private, left(until)?).map_err(Trouble::Failure)?;
    let mut last = Trouble::Failure(Failure::Connect);
    for address in addresses {
        // The connection goes to an address that was judged; the name is what the certificate has to be of.
        match SmtpConnection::connect(address, Some(left(until)?), hello, from_the_start, None) {
            Ok(connection) => return Ok(connection),
            Err(error) => last = trouble(&error, Failure::Connect),
        }
    }
    Err(last)
}

/// TLS by the roots of the system, for a certificate of this name.
fn tls_to(host: &str) -> Result<TlsParameters, Trouble> {
    TlsParameters::builder(host.to_owned()).build_rustls().map_err(|_| Trouble::Failure(Failure::Tls))
}

fn credentials(token: &Token) -> Result<Credentials, Trouble> {
    let (user, password) = token.text().split_once(':').ok_or(Trouble::Failure(Failure::NoSecret))?;
    Ok(Credentials::new(user.to_owned(), password.to_owned()))
}

fn left(until: Instant) -> Result<Duration, Trouble> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(Trouble::Failure(Failure::Timeout)) } else { Ok(left) }
}

fn within(connection: &mut SmtpConnection, until: Instant) -> Result<(), Trouble> {
    let left = left(until)?;
    connection.set_timeout(Some(left)).map_err(|_| Trouble::Failure(Failure::Reset))
}

/// `otherwise`: what it is where the connection says no more.
fn trouble(error: &Error, otherwise: Failure) -> Trouble {
    if let Some(code) = error.status() {
        return Trouble::Code(code.into());
    }
    if error.is_tls() {
        return Trouble::Failure(Failure::Tls);
    }
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<rustls::Error>() {
            return Trouble::Failure(Failure::Tls);
        }
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return Trouble::Failure(match error.kind() {
                _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Failure::Tls,
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::Timeout,
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                    Failure::Reset
                }
                _ => otherwise,
            });
        }
        source = inner.source();
    }
    // The answer was none that SMTP knows, or it ended.
    Trouble::Failure(if error.is_response() { Failure::Reset } else { otherwise })
}

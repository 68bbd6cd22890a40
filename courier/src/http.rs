//! One POST: the bytes as they are, no redirect, no proxy, and nothing kept of what the receiver answers but status and `Retry-After`.

use std::io;
use std::time::{Duration, SystemTime};

use ureq::Agent;
use ureq::http::{HeaderMap, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::DefaultConnector;

use crate::outcome::{Failure, Outcome};
use crate::resolver::{BlockedAddress, GuardedResolver};
use crate::{retry_after, roots};

/// What is read of an answer's body, to use the connection again. A longer one costs the connection.
const MOST_OF_A_BODY: u64 = 16 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than servers keep a silent connection (gunicorn 2 s, node 5 s), so that none is used that is just being closed.
const IDLE: Duration = Duration::from_millis(1500);

pub fn agent(allow_private: bool) -> Agent {
    let roots: Vec<Certificate<'static>> =
        roots::of_the_system().iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(concat!("telemetry-courier/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
        .max_idle_connections(256)
        .max_idle_connections_per_host(32)
        .max_idle_age(IDLE)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_body(Some(BODY_TIMEOUT))
        .tls_config(
            TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(RootCerts::new_with_certs(&roots)).build(),
        )
        .build();
    Agent::with_parts(config, DefaultConnector::default(), GuardedResolver::new(allow_private))
}

pub fn post(agent: &Agent, uri: &Uri, headers: &[(String, String)], body: &[u8], timeout: Duration) -> Outcome {
    let mut request = agent.post(uri);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match request.config().timeout_global(Some(timeout)).build().send(body) {
        Ok(mut response) => {
            let outcome = Outcome::status(response.status().as_u16(), asked_to_wait(response.headers()));
            // The status stands, whatever becomes of the body.
            let _ = io::copy(&mut response.body_mut().with_config().limit(MOST_OF_A_BODY).reader(), &mut io::sink());
            outcome
        }
        Err(error) => Outcome::failed(failure(&error)),
    }
}

/// One POST whose answer is read: its status and its text.
pub fn exchange(agent: &Agent, uri: &Uri, body: &[u8], timeout: Duration) -> Result<(u16, String), Failure> {
    let request = agent.post(uri).config().timeout_global(Some(timeout)).build();
    let mut response = request.send(body).map_err(|error| failure(&error))?;
    let text = response.body_mut().with_config().limit(MOST_OF_A_BODY).read_to_string();
    Ok((response.status().as_u16(), text.map_err(|error| failure(&error))?))
}

fn asked_to_wait(headers: &HeaderMap) -> Option<i32> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    retry_after::seconds(text("retry-after")?, text("date"), SystemTime::now())
}

fn failure(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => Failure::Connect,
        ureq::Error::Tls(_) | ureq::Error::TlsRequired | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => Failure::Tls,
        ureq::Error::Io(error) => failure_of_io(error),
        ureq::Error::Other(error) if error.is::<BlockedAddress>() => Failure::BlockedAddress,
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Failure::Rejected,
        _ => Failure::Reset,
    }
}

fn failure_of_io(error: &io::Error) -> Failure {
    use io::ErrorKind;
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return Failure::Tls;
    }
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Failure::Timeout,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::InvalidData => Failure::Reset,
        // Refused, unreachable, no such name (which has no kind of its own).
        _ => Failure::Connect,
    }
}

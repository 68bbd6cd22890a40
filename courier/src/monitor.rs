//! `--metrics`: answers `/metrics` and `/health` on the address that it was given.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tiny_http::{Header, Method, Response, Server};

/// What is monitored.
pub trait Monitored: Send + Sync {
    /// In Prometheus' text format.
    fn text(&self) -> Result<String, prometheus::Error>;

    /// What is wrong; None where nothing is.
    fn ailment(&self) -> Option<&'static str>;
}

pub fn start(address: SocketAddr, monitored: Arc<dyn Monitored>) -> Result<(), String> {
    let server = Server::http(address).map_err(|error| format!("metrics cannot be served at {address}: {error}"))?;
    std::thread::spawn(move || {
        for request in server.incoming_requests() {
            let (status, text) = match (request.method(), request.url()) {
                (Method::Get | Method::Head, "/metrics") => match monitored.text() {
                    Ok(text) => (200, text),
                    Err(error) => (500, format!("{error}\n")),
                },
                (Method::Get | Method::Head, "/health") => match monitored.ailment() {
                    None => (200, "ok\n".to_owned()),
                    Some(ailment) => (503, format!("{ailment}\n")),
                },
                _ => (404, "there are /metrics and /health\n".to_owned()),
            };
            let mut response = Response::from_string(text).with_status_code(status);
            if let Ok(header) = Header::from_bytes("content-type", "text/plain; version=0.0.4; charset=utf-8") {
                response.add_header(header);
            }
            // A client that went away is not waited for.
            let _ = request.respond(response);
        }
    });
    Ok(())
}

pub fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

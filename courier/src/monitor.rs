//! `--metrics`: answers `/metrics` and `/health` on the address that it was given. Health is that the database answered within the
//! last minute.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tiny_http::{Header, Method, Response, Server};

use crate::metrics::Metrics;

const HEALTHY_FOR: i64 = 60;

pub fn start(address: SocketAddr, metrics: Arc<Metrics>) -> Result<(), String> {
    let server = Server::http(address).map_err(|error| format!("metrics cannot be served at {address}: {error}"))?;
    std::thread::spawn(move || {
        for request in server.incoming_requests() {
            let (status, text) = match (request.method(), request.url()) {
                (Method::Get | Method::Head, "/metrics") => match metrics.text() {
                    Ok(text) => (200, text),
                    Err(error) => (500, format!("{error}\n")),
                },
                (Method::Get | Method::Head, "/health") => health(&metrics),
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

fn health(metrics: &Metrics) -> (u16, String) {
    let age = unix_now() - metrics.last_claim.get();
    if age <= HEALTHY_FOR {
        (200, "ok\n".to_owned())
    } else {
        (503, "the database has not answered for a minute\n".to_owned())
    }
}

pub fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

//! Answers and their headers: none may be stored, framed or guessed at, and a page may load nothing.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{Response, StatusCode};
use telemetry_pictures::page;

use super::fault::Fault;
use super::layout;

pub type Answer = Response<Full<Bytes>>;

const HTML: &str = "text/html; charset=utf-8";
const SVG: &str = "image/svg+xml; charset=utf-8";
const AWAY_FOR: Duration = Duration::from_secs(5);

pub fn html(text: impl Into<Bytes>) -> Answer {
    answer(StatusCode::OK, HTML, text.into())
}

pub fn svg(picture: Vec<u8>) -> Answer {
    answer(StatusCode::OK, SVG, picture.into())
}

pub fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = answer(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        set(&mut answer, RETRY_AFTER, &AWAY_FOR.as_secs().to_string());
    }
    answer
}

/// To a page that is read, so that loading it anew sends nothing twice. The address is relative: a proxy may have put a path before it.
pub fn see(address: &str) -> Answer {
    let mut answer = answer(StatusCode::SEE_OTHER, HTML, Bytes::new());
    set(&mut answer, LOCATION, address);
    answer
}

/// `path` is where it went wrong.
pub fn fault(fault: &Fault, path: &str) -> Answer {
    let mut answer = answer(fault.status(), HTML, layout::fault(fault, &layout::home_from(path)).into());
    match fault {
        Fault::Login => set(&mut answer, WWW_AUTHENTICATE, "Basic realm=\"telemetry\", charset=\"UTF-8\""),
        Fault::Method(allowed) => set(&mut answer, ALLOW, allowed),
        Fault::TooMany(wait) => set(&mut answer, RETRY_AFTER, &wait.as_secs().to_string()),
        Fault::Away => set(&mut answer, RETRY_AFTER, &AWAY_FOR.as_secs().to_string()),
        _ => {}
    }
    answer
}

fn answer(status: StatusCode, content_type: &str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, content_type);
    set(&mut answer, CONTENT_SECURITY_POLICY, &format!("{}; frame-ancestors 'none'", page::POLICY));
    set(&mut answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut answer, X_FRAME_OPTIONS, "DENY");
    set(&mut answer, CACHE_CONTROL, "no-store");
    // With no-referrer a browser would send forms with the origin "null".
    set(&mut answer, REFERRER_POLICY, "same-origin");
    set(&mut answer, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(&mut answer, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(&mut answer, VARY, "authorization");
    answer
}

/// Values are our own, and can all be sent.
fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

//! Which page is asked for. In this order: the host, who asks, the address, the method, and of a form where it comes from.

use std::net::IpAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, TRANSFER_ENCODING};
use hyper::{Method, Request, StatusCode};
use tokio::time::timeout;

use super::answer::{self, Answer};
use super::database::Asker;
use super::fault::Fault;
use super::login::Login;
use super::token::Seal;
use super::users::{Caller, Users};
use super::{alerts, changes, dashboards, origin};

/// No form is longer: a note has a kilobyte, and escaped three.
pub const LARGEST_FORM: usize = 16 * 1024;
/// Longer than a statement and the waits before it may take together.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
const FORM_WITHIN: Duration = Duration::from_secs(10);

/// What is served, and to whom.
pub struct Site {
    pub login: Login,
    pub users: Users,
    pub seal: Seal,
    pub database: Asker,
    /// Nobody is asked who they are, so that the name of this machine is all that tells its pages from those of others.
    pub is_loopback: bool,
}

pub async fn answer(site: &Site, peer: IpAddr, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    match timeout(ANSWER_WITHIN, answer_or_fault(site, peer, request)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) => answer::fault(&fault, &path),
        Err(_) => answer::fault(&Fault::Slow, &path),
    }
}

async fn answer_or_fault(site: &Site, peer: IpAddr, request: Request<Incoming>) -> Result<Answer, Fault> {
    if request.uri().path() == "/health" {
        return health(site, request.method()).await;
    }
    if site.is_loopback && !origin::is_this_machine(request.headers()) {
        return Err(Fault::Misdirected);
    }
    let user = site.login.user(peer, request.headers()).await?;
    let caller =
        site.users.caller(user.as_deref()).ok_or(Fault::Forbidden("Nobody has said what this user may see."))?;
    let path = request.uri().path().to_owned();
    match path.as_str() {
        "/" | "/dashboard" | "/chart" | "/alerts" => {
            reads(request.method())?;
            let query = request.uri().query().unwrap_or_default().as_bytes();
            match path.as_str() {
                "/" => dashboards::index(&site.database, &caller, query).await,
                "/dashboard" => dashboards::page(&site.database, &caller, query).await,
                "/chart" => dashboards::chart(&site.database, &caller, query).await,
                _ => alerts::page(&site.database, &caller, &site.seal, query).await,
            }
        }
        "/alerts/acknowledge" => {
            changes::acknowledge(site, &caller, &form(site, &caller, request, changes::ACKNOWLEDGE).await?).await
        }
        "/alerts/silence" => {
            changes::silence(site, &caller, &form(site, &caller, request, changes::SILENCE).await?).await
        }
        "/alerts/end-silence" => {
            changes::end_silence(site, &caller, &form(site, &caller, request, changes::END_SILENCE).await?).await
        }
        _ => Err(Fault::NotFound("There is no page at this address.")),
    }
}

fn reads(method: &Method) -> Result<(), Fault> {
    if matches!(*method, Method::GET | Method::HEAD) { Ok(()) } else { Err(Fault::Method("GET, HEAD")) }
}

/// For whoever watches over the server: it has no login and says nothing but this.
async fn health(site: &Site, method: &Method) -> Result<Answer, Fault> {
    reads(method)?;
    Ok(if site.database.is_there().await {
        answer::plain(StatusCode::OK, "ok\n")
    } else {
        answer::plain(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
    })
}

/// A form that was sent from a page of ours, to this very user.
async fn form(
    site: &Site,
    caller: &Caller,
    request: Request<Incoming>,
    names: &'static [&'static str],
) -> Result<super::query::Fields, Fault> {
    if request.method() != Method::POST {
        return Err(Fault::Method("POST"));
    }
    let (head, body) = request.into_parts();
    if !origin::is_own(&head.headers) {
        return Err(Fault::Forbidden("This form was not sent from a page of this server."));
    }
    // What has both a length and an encoding is read by the encoding, and by a proxy perhaps by the length.
    if head.headers.contains_key(TRANSFER_ENCODING) {
        return Err(Fault::NoLength);
    }
    let is_form = |value: &hyper::header::HeaderValue| {
        value.to_str().is_ok_and(|value| {
            value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
    };
    if !head.headers.get(CONTENT_TYPE).is_some_and(is_form) {
        return Err(Fault::Bad("This is not what a form sends."));
    }
    if body.size_hint().lower() > LARGEST_FORM as u64 {
        return Err(Fault::TooLarge);
    }
    let text = timeout(FORM_WITHIN, Limited::new(body, LARGEST_FORM).collect())
        .await
        .map_err(|_| Fault::Bad("The form did not arrive within ten seconds."))?
        .map_err(|_| Fault::Bad("The form did not arrive as a whole."))?
        .to_bytes();
    let fields = super::query::Fields::read(&text, names)?;
    if !site.seal.is_valid(caller.name.as_deref(), fields.get("token")) {
        return Err(Fault::Forbidden(
            "The page that this form stands on is older than a day's work, or than this server. Load it anew.",
        ));
    }
    Ok(fields)
}

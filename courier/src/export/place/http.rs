//! The requests of object_store, sent by the HTTP client that the courier has anyway. Each blocks: a courier sends one at a time.
//!
//! Addresses are not guarded here: who starts the courier says where the bucket is, and roles of machines are asked for at
//! addresses of their own network.

use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::roots;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Larger files are fetched in pieces.
const LARGEST_ANSWER: u64 = 64 * 1024 * 1024;

#[derive(Debug)]
pub struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let roots: Vec<Certificate<'static>> =
            roots::of_the_system().iter().map(|root| Certificate::from_der(root).to_owned()).collect();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_recv_body(Some(ANSWER_TIMEOUT))
            .tls_config(
                TlsConfig::builder()
                    .provider(TlsProvider::Rustls)
                    .root_certs(RootCerts::new_with_certs(&roots))
                    .build(),
            )
            .build();
        Ok(HttpClient::new(Service(Agent::new_with_config(config))))
    }
}

#[derive(Debug)]
struct Service(Agent);

#[async_trait::async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let length = body.content_length();
        let mut request =
            ureq::http::Request::from_parts(parts, ureq::SendBody::from_owned_reader(Pieces::of(body).await?));
        if length == 0 && matches!(request.method().as_str(), "GET" | "HEAD" | "DELETE") {
            let (parts, _) = request.into_parts();
            return answer(self.0.run(ureq::http::Request::from_parts(parts, ())));
        }
        // Without it the body would go out in chunks, which S3 does not take.
        request.headers_mut().insert("content-length", length.into());
        answer(self.0.run(request))
    }
}

fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<HttpResponse, HttpError> {
    let (parts, mut body) = answer.map_err(failed)?.into_parts();
    let bytes = body.with_config().limit(LARGEST_ANSWER).read_to_vec().map_err(failed)?;
    Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(Bytes::from(bytes))))
}

fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}

/// A body as a reader, without a copy of it.
struct Pieces {
    pieces: std::vec::IntoIter<Bytes>,
    current: Bytes,
}

impl Pieces {
    async fn of(body: object_store::client::HttpRequestBody) -> Result<Pieces, HttpError> {
        use http_body_util::BodyExt as _;
        let mut body = body;
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            pieces.extend(frame?.into_data().ok());
        }
        Ok(Pieces { pieces: pieces.into_iter(), current: Bytes::new() })
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.next() {
                Some(piece) => self.current = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        buffer[..length].copy_from_slice(&self.current.split_to(length));
        Ok(length)
    }
}

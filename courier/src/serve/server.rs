//! The socket: how many may be connected, how long a request may take to arrive and to be answered, and how it ends.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::routes::{self, Site};
use crate::log;

/// Connections at once; who comes then waits until one ends.
const MOST: usize = 256;
/// For a request's headers to arrive, and for the next request of a connection to begin.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
const MOST_HEADERS: usize = 64;
/// Of a request's first line and headers.
const LARGEST_HEAD: usize = 16 * 1024;
/// A connection that lasts longer is not used for another request, and is closed soon after: nobody reads so slowly.
const OLD_AFTER: Duration = Duration::from_secs(120);
const CLOSED_AFTER: Duration = Duration::from_secs(90);
/// What is being answered has this long; systemd and Docker are told 20 seconds.
const END_WITHIN: Duration = Duration::from_secs(18);

pub async fn run(address: SocketAddr, site: Arc<Site>) -> Result<(), String> {
    let unheard = |error| format!("signals cannot be listened to: {error}");
    let mut terminate = signal(SignalKind::terminate()).map_err(unheard)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
    let listener =
        TcpListener::bind(address).await.map_err(|error| format!("pages cannot be served at {address}: {error}"))?;
    let address = listener.local_addr().unwrap_or(address);
    log::info("serves pages", &[("at", &format!("http://{address}/")), ("version", &env!("CARGO_PKG_VERSION"))]);
    let places = Arc::new(Semaphore::new(MOST));
    let (stop, stopping) = watch::channel(false);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        match first_of(accepted, first_of(terminate.recv(), interrupt.recv())).await {
            First::One((Ok(place), Ok((stream, peer)))) => {
                let (site, stopping) = (Arc::clone(&site), stopping.clone());
                tokio::spawn(async move {
                    serve(stream, peer.ip(), site, stopping).await;
                    drop(place);
                });
            }
            // No more files, for instance: it gets better when others have ended.
            First::One((_, accepted)) => {
                if let Err(error) = accepted {
                    log::warn("a connection could not be accepted", &[("error", &error)]);
                }
                sleep(Duration::from_millis(50)).await;
            }
            First::Other(_) => break,
        }
    }
    drop(listener);
    log::info("stopping", &[]);
    let _ = stop.send(true);
    let all = u32::try_from(MOST).unwrap_or(u32::MAX);
    if timeout(END_WITHIN, places.acquire_many(all)).await.is_err() {
        log::warn("stopped before everything was answered", &[]);
    }
    Ok(())
}

/// Requests of one connection, until it ends, is old, or the server is being stopped.
async fn serve(stream: TcpStream, peer: IpAddr, site: Arc<Site>, mut stopping: watch::Receiver<bool>) {
    let service = service_fn(move |request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(routes::answer(&site, peer, request).await) }
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let stopped = async move { drop(stopping.wait_for(|is_stopping| *is_stopping).await) };
    let end = first_of(stopped, sleep(OLD_AFTER));
    // That a client went away is no news.
    if let First::Other(_) = first_of(connection.as_mut(), end).await {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(CLOSED_AFTER, connection).await;
    }
}

enum First<A, B> {
    One(A),
    Other(B),
}

/// The one that is ready first; the other is dropped.
async fn first_of<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> First<A, B> {
    use std::task::Poll;
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    std::future::poll_fn(move |context| {
        if let Poll::Ready(value) = one.as_mut().poll(context) {
            return Poll::Ready(First::One(value));
        }
        other.as_mut().poll(context).map(First::Other)
    })
    .await
}

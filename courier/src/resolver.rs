//! The guard of addresses: a name is resolved, every address of it is judged, and the connection goes to those very addresses, so
//! that a name that resolves to something else a moment later changes nothing.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::address::{Reach, reach};
use crate::outcome::Failure;

/// A name is asked for again after this long. Each request would ask otherwise, those over an open connection too.
const FRESH: Duration = Duration::from_secs(5);
/// Before it is emptied. Far more names than an installation has destinations.
const MOST_NAMES: usize = 10_000;

#[derive(Debug)]
pub struct GuardedResolver {
    allow_private: bool,
    inner: DefaultResolver,
    judged: Mutex<HashMap<(String, u16), (Instant, Vec<SocketAddr>)>>,
}

/// One of the addresses is none that a courier sends to.
#[derive(Debug)]
pub struct BlockedAddress;

impl GuardedResolver {
    pub fn new(allow_private: bool) -> GuardedResolver {
        GuardedResolver { allow_private, inner: DefaultResolver::default(), judged: Mutex::default() }
    }

    fn remembered(&self, key: &(String, u16)) -> Option<Vec<SocketAddr>> {
        let judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        judged.get(key).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, addresses)| addresses.clone())
    }

    fn remember(&self, key: (String, u16), addresses: &[SocketAddr]) {
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if judged.len() >= MOST_NAMES {
            judged.clear();
        }
        judged.insert(key, (Instant::now(), addresses.to_vec()));
    }
}

impl Resolver for GuardedResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        let key = (uri.host().unwrap_or_default().to_owned(), port);
        let mut answer = self.empty();
        if let Some(addresses) = self.remembered(&key) {
            addresses.into_iter().for_each(|address| answer.push(address));
            return Ok(answer);
        }
        let resolved = self.inner.resolve(uri, config, timeout)?;
        // One bad address among good ones is no receiver that one wants to try.
        if !resolved.iter().all(|address| is_allowed(address, self.allow_private)) {
            return Err(ureq::Error::Other(Box::new(BlockedAddress)));
        }
        self.remember(key, &resolved);
        Ok(resolved)
    }
}

/// The addresses of a host, each of which may be sent to. A name server that does not answer is not waited for longer than `timeout`.
pub fn judged(host: &str, port: u16, allow_private: bool, timeout: Duration) -> Result<Vec<SocketAddr>, Failure> {
    let (found, answer) = mpsc::channel();
    let name = host.to_owned();
    std::thread::spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = found.send((name.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    });
    let addresses = answer.recv_timeout(timeout).map_err(|_| Failure::Timeout)?.map_err(|_| Failure::Connect)?;
    if addresses.iter().all(|address| is_allowed(address, allow_private)) {
        Ok(addresses)
    } else {
        Err(Failure::BlockedAddress)
    }
}

fn is_allowed(address: &SocketAddr, allow_private: bool) -> bool {
    match reach(address.ip()) {
        Reach::Public => true,
        Reach::Private => allow_private,
        Reach::Never => false,
    }
}

impl std::error::Error for BlockedAddress {}

impl std::fmt::Display for BlockedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an address of the host is none that a courier sends to")
    }
}

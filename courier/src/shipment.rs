//! The rows of one destination that were claimed together: sent in their order, or at once where they have none, and settled.
//!
//! A failure is settled last: it gives the destination back, and what is still out would be sent a second time. So does a lease that
//! ran out, for which reason nothing is begun that might not end within it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::chains::chains;
use crate::courier::Courier;
use crate::delivery::{Delivery, Tried};
use crate::outcome::{Failure, Outcome};
use crate::secret::Secret;
use crate::{http, log, mail, mail_server, request, settlement, smtp, target};

/// What is delivered is settled together, at least this often: a settlement renews the lease.
const SETTLE_EVERY: Duration = Duration::from_secs(1);
const SETTLE_MANY: usize = 500;
/// Each settlement moves the end of the lease to this from then.
const LEASE: Duration = Duration::from_secs(60);
/// For the settlement itself.
const MARGIN: Duration = Duration::from_secs(3);

/// Settlement and lease of one shipment.
struct Ledger<'a> {
    courier: &'a Courier,
    rows: &'a [Delivery],
    /// Shared with the threads that send.
    lease_ends: &'a Mutex<Instant>,
    delivered: Vec<(usize, Outcome)>,
    failed: Vec<(usize, Outcome)>,
    settled_at: Instant,
}

/// `asked_at` is when the rows were asked for: leases are counted from before the answer.
pub fn run(courier: &Courier, rows: &[Delivery], asked_at: Instant) {
    let Some(first) = rows.first() else { return };
    let lease_ends = Mutex::new(asked_at + rows.iter().map(|row| row.lease).min().unwrap_or_default().min(LEASE));
    let mut ledger = Ledger {
        courier,
        rows,
        lease_ends: &lease_ends,
        delivered: Vec::new(),
        failed: Vec::new(),
        settled_at: Instant::now(),
    };
    let chains = chains(rows.iter().map(|row| row.order_key.as_deref()));
    if chains.len() == 1 || courier.in_flight == 1 {
        for chain in &chains {
            send_chain(courier, rows, chain, &lease_ends, |row, outcome| ledger.add(row, outcome));
        }
    } else {
        send_at_once(courier, rows, &chains, &lease_ends, &mut ledger);
    }
    ledger.finish();
    log::info(
        "shipment came back",
        &[
            ("destination", &first.destination),
            ("rows", &rows.len()),
            ("milliseconds", &asked_at.elapsed().as_millis()),
        ],
    );
}

fn send_at_once(
    courier: &Courier,
    rows: &[Delivery],
    chains: &[Vec<usize>],
    lease_ends: &Mutex<Instant>,
    ledger: &mut Ledger,
) {
    let next = AtomicUsize::new(0);
    let (came_back, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..courier.in_flight.min(chains.len()) {
            let (next, came_back) = (&next, came_back.clone());
            scope.spawn(move || {
                while let Some(chain) = chains.get(next.fetch_add(1, Ordering::Relaxed)) {
                    send_chain(courier, rows, chain, lease_ends, |row, outcome| {
                        // The other end is there until every sender is gone.
                        let _ = came_back.send((row, outcome));
                    });
                }
            });
        }
        drop(came_back);
        for (row, outcome) in results {
            ledger.add(row, outcome);
        }
    });
}

/// Sends rows one after the other until one is not delivered. What is behind it is given back, and so is what is not begun because the
/// courier is being stopped or the lease ends.
fn send_chain(
    courier: &Courier,
    rows: &[Delivery],
    chain: &[usize],
    lease_ends: &Mutex<Instant>,
    mut came_back: impl FnMut(usize, Outcome),
) {
    let mut goes_on = true;
    for &row in chain {
        let delivery = &rows[row];
        let lease_ends = *lease_ends.lock().unwrap_or_else(PoisonError::into_inner);
        goes_on = goes_on && !courier.bell.is_stopping() && Instant::now() + delivery.timeout + MARGIN <= lease_ends;
        let outcome = if goes_on { send(courier, delivery) } else { Outcome::failed(Failure::Unsent) };
        goes_on = goes_on && outcome.is_delivered();
        came_back(row, outcome);
    }
}

fn send(courier: &Courier, delivery: &Delivery) -> Outcome {
    let began = Instant::now();
    courier.metrics.in_flight.inc();
    let outcome = attempt(courier, delivery);
    courier.metrics.in_flight.dec();
    courier.metrics.seconds.observe(began.elapsed().as_secs_f64());
    courier.metrics.requests.with_label_values(&[&delivery.destination, outcome.word()]).inc();
    outcome
}

fn attempt(courier: &Courier, delivery: &Delivery) -> Outcome {
    let secret = delivery.secret_name.as_deref().and_then(|name| courier.vault.secret(name));
    if delivery.kind == "email" {
        return mail_attempt(courier, delivery, secret.as_ref());
    }
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    match request::request(delivery, secret.as_ref(), timestamp) {
        Ok(request) => match target::read(&request.url, courier.allow_private) {
            Ok(uri) => http::post(&courier.agent, &uri, &request.headers, &request.body, delivery.timeout),
            Err(_) => Outcome::failed(Failure::BlockedAddress),
        },
        Err(failure) => Outcome::failed(failure),
    }
}

fn mail_attempt(courier: &Courier, delivery: &Delivery, secret: Option<&Secret>) -> Outcome {
    let Ok(server) = mail_server::read(&delivery.url, courier.allow_private) else {
        return Outcome::failed(Failure::BlockedAddress);
    };
    let token = match (&delivery.secret_name, secret) {
        (None, _) => None,
        (Some(_), Some(Secret::Token(token))) => Some(token),
        (Some(_), _) => return Outcome::failed(Failure::NoSecret),
    };
    match mail::mail(&delivery.delivery_id, &delivery.body, SystemTime::now()) {
        Some(mail) => smtp::send(&delivery.destination, &server, courier.allow_private, token, &mail, delivery.timeout),
        None => Outcome::failed(Failure::Rejected),
    }
}

impl Ledger<'_> {
    fn add(&mut self, row: usize, outcome: Outcome) {
        if outcome.is_delivered() {
            self.delivered.push((row, outcome));
        } else {
            if outcome.result != Err(Failure::Unsent) {
                self.tell(row, outcome);
            }
            self.failed.push((row, outcome));
        }
        if self.delivered.len() >= SETTLE_MANY || self.settled_at.elapsed() >= SETTLE_EVERY {
            self.settle_delivered();
        }
    }

    fn settle_delivered(&mut self) {
        let mut results = std::mem::take(&mut self.delivered);
        results.sort_unstable_by_key(|(row, _)| *row);
        self.settle(&results);
    }

    fn finish(mut self) {
        let mut results = std::mem::take(&mut self.delivered);
        results.sort_unstable_by_key(|(row, _)| *row);
        self.failed.sort_unstable_by_key(|(row, _)| *row);
        results.append(&mut self.failed);
        self.settle(&results);
    }

    fn settle(&mut self, results: &[(usize, Outcome)]) {
        if results.is_empty() {
            return;
        }
        let tried: Vec<Tried> =
            results.iter().map(|&(row, outcome)| Tried { ticket: self.rows[row].ticket.clone(), outcome }).collect();
        let asked_at = Instant::now();
        let lease_ends = *self.lease_ends.lock().unwrap_or_else(PoisonError::into_inner);
        let outcomes = settlement::settle(self.courier, &self.rows[0].destination, &tried, lease_ends);
        self.settled_at = Instant::now();
        let Some(outcomes) = outcomes else { return };
        let mut is_held = true;
        for &(row, outcome) in results {
            let delivery = &self.rows[row];
            let became = outcomes.get(&delivery.ticket).map_or("stale", String::as_str);
            is_held = is_held && (became != "stale" || !outcome.is_delivered());
            self.courier.note(&delivery.delivery_id, format!("{}: {became}", said(outcome)));
        }
        // Somebody else has the destination: nothing more is sent, or it would arrive twice and out of order.
        let lease_ends = if is_held { asked_at + LEASE } else { asked_at };
        *self.lease_ends.lock().unwrap_or_else(PoisonError::into_inner) = lease_ends;
        if !is_held {
            log::warn("the lease was lost; another courier goes on", &[("destination", &self.rows[0].destination)]);
        }
    }

    fn tell(&self, row: usize, outcome: Outcome) {
        let delivery = &self.rows[row];
        log::warn(
            "not delivered",
            &[
                ("destination", &delivery.destination),
                ("delivery", &delivery.delivery_id),
                ("attempt", &delivery.attempt),
                ("result", &said(outcome)),
            ],
        );
    }
}

/// The status, or the word of what went wrong.
fn said(outcome: Outcome) -> String {
    outcome.result.map_or_else(|failure| failure.word().to_owned(), |status| status.to_string())
}

//! A courier at work: it claims what is due, hands the rows of each destination to a thread, and sees that all of them come back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Agent;

use crate::connections::Connections;
use crate::database::{self, Database};
use crate::delivery::Delivery;
use crate::metrics::Metrics;
use crate::monitor::unix_now;
use crate::pace::Pace;
use crate::stop::Bell;
use crate::vault::Vault;
use crate::{log, request, shipment};

/// Rows of one claim: enough for one round trip to be small beside them, few enough to be sent within a lease.
const MOST_ROWS: i32 = 500;
/// Destinations under way; more are not claimed before some came back.
const MOST_SHIPMENTS: usize = 128;
/// A thread waits for sockets and holds no deep stack.
const STACK: usize = 512 * 1024;
/// Of the database, while it does not answer.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(10);

pub struct Courier {
    pub agent: Agent,
    pub vault: Vault,
    pub connections: Connections,
    pub metrics: Arc<Metrics>,
    pub bell: Arc<Bell>,
    /// The name that leases are held under.
    pub worker: String,
    pub in_flight: usize,
    pub allow_private: bool,
    out: AtomicUsize,
    /// What became of single deliveries, by id, where somebody asks: the command `test`.
    pub watched: Mutex<HashMap<String, Option<String>>>,
}

pub struct Settings {
    pub database: Database,
    pub vault: Vault,
    pub allow_private: bool,
    pub in_flight: u16,
    pub connections: u16,
}

impl Courier {
    pub fn new(settings: Settings, bell: Arc<Bell>) -> Result<Arc<Courier>, String> {
        Ok(Arc::new(Courier {
            agent: crate::http::agent(settings.allow_private),
            vault: settings.vault,
            connections: Connections::new(settings.database, settings.connections.into()),
            metrics: Arc::new(Metrics::new().map_err(|error| error.to_string())?),
            bell,
            worker: worker(),
            in_flight: settings.in_flight.into(),
            allow_private: settings.allow_private,
            out: AtomicUsize::new(0),
            watched: Mutex::default(),
        }))
    }

    /// Delivers until it is told to stop.
    pub fn run(self: &Arc<Self>, mut pace: Pace) {
        let mut retry = Pace::new(FIRST_RETRY, LONGEST_RETRY);
        while !self.bell.is_stopping() {
            if self.out.load(Ordering::Acquire) >= MOST_SHIPMENTS {
                self.bell.wait(Duration::from_secs(1));
                continue;
            }
            match self.claim() {
                Ok(0) => {
                    retry.begin_anew();
                    if self.bell.wait(pace.wait()) {
                        pace.begin_anew();
                    }
                }
                Ok(_) => {
                    retry.begin_anew();
                    pace.begin_anew();
                }
                Err(error) => {
                    log::warn("the database did not answer a claim", &[("error", &database::describe(&error))]);
                    let until = Instant::now() + retry.wait();
                    while !self.bell.is_stopping() && Instant::now() < until {
                        self.bell.wait(until.saturating_duration_since(Instant::now()));
                    }
                }
            }
        }
        self.come_back();
    }

    /// Delivers what is due and ends. What waits for its next attempt stays where it is.
    pub fn once(self: &Arc<Self>) -> Result<(), String> {
        while !self.bell.is_stopping() {
            let claimed = self.claim().map_err(|error| database::describe(&error))?;
            if claimed > 0 {
                continue;
            }
            if self.out.load(Ordering::Acquire) == 0 {
                break;
            }
            self.bell.wait(Duration::from_secs(1));
            // What came back between the claim and the wait rang already; what is claimed next is due.
        }
        self.come_back();
        Ok(())
    }

    /// How many rows were claimed. They are under way when this returns.
    pub fn claim(self: &Arc<Self>) -> Result<usize, postgres::Error> {
        let asked_at = Instant::now();
        self.metrics.claims.inc();
        let rows = self
            .connections
            .run(|client| database::claim(client, &self.worker, MOST_ROWS, &request::KINDS))
            .inspect_err(|_| self.metrics.database_errors.inc())?;
        self.metrics.last_claim.set(unix_now());
        let claimed = rows.len();
        for rows in by_destination(rows) {
            self.dispatch(rows, asked_at);
        }
        Ok(claimed)
    }

    fn dispatch(self: &Arc<Self>, rows: Vec<Delivery>, asked_at: Instant) {
        self.out.fetch_add(1, Ordering::AcqRel);
        let courier = Arc::clone(self);
        let started = std::thread::Builder::new().stack_size(STACK).spawn(move || {
            shipment::run(&courier, &rows, asked_at);
            courier.out.fetch_sub(1, Ordering::AcqRel);
            courier.bell.ring();
        });
        if let Err(error) = started {
            self.out.fetch_sub(1, Ordering::AcqRel);
            log::warn(
                "a thread could not be started; its deliveries wait until their lease ends",
                &[("error", &error)],
            );
        }
    }

    pub fn is_idle(&self) -> bool {
        self.out.load(Ordering::Acquire) == 0
    }

    fn come_back(&self) {
        while !self.is_idle() {
            // The bell does not wait any more once it is being stopped.
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Notes what became of a delivery where somebody waits for it.
    pub fn note(&self, delivery_id: &str, what: String) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = watched.get_mut(delivery_id) {
            *slot = Some(what);
        }
    }
}

/// Rows of one destination together, in the order in which they came.
fn by_destination(rows: Vec<Delivery>) -> Vec<Vec<Delivery>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Vec<Delivery>> = Vec::new();
    for row in rows {
        let place = *places.entry(row.destination.clone()).or_insert_with(|| {
            all.push(Vec::new());
            all.len() - 1
        });
        all[place].push(row);
    }
    all
}

/// Host, process and time of start: no other process has the same.
fn worker() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.trim().chars().filter(|letter| letter.is_ascii_graphic()).take(100).collect();
    let started =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{host}/{}/{started}", std::process::id())
}

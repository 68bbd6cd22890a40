//! What a monitor may ask of a running courier. Labels are destinations and words of a closed list: no url, tenant or id.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

use crate::monitor::{Monitored, unix_now};

/// A courier is well where the database answered within so many seconds.
const HEALTHY_FOR: i64 = 60;

pub struct Metrics {
    registry: Registry,
    pub requests: IntCounterVec,
    pub settled: IntCounterVec,
    pub seconds: Histogram,
    pub in_flight: IntGauge,
    pub claims: IntCounter,
    pub database_errors: IntCounter,
    /// Unix time of the last claim that the database answered.
    pub last_claim: IntGauge,
}

impl Metrics {
    pub fn new() -> Result<Metrics, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Metrics {
            requests: IntCounterVec::new(
                Opts::new("telemetry_courier_requests_total", "Attempts by destination and what they came to."),
                &["destination", "result"],
            )?,
            settled: IntCounterVec::new(
                Opts::new(
                    "telemetry_courier_settled_total",
                    "Deliveries by destination and what the database made of them.",
                ),
                &["destination", "outcome"],
            )?,
            seconds: Histogram::with_opts(
                HistogramOpts::new("telemetry_courier_request_seconds", "How long attempts took.")
                    .buckets(vec![0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 45.0]),
            )?,
            in_flight: IntGauge::new("telemetry_courier_in_flight", "Attempts that are out now.")?,
            claims: IntCounter::new(
                "telemetry_courier_claims_total",
                "Times that the database was asked for deliveries.",
            )?,
            database_errors: IntCounter::new(
                "telemetry_courier_database_errors_total",
                "Calls that the database did not answer.",
            )?,
            last_claim: IntGauge::new(
                "telemetry_courier_last_claim_timestamp_seconds",
                "When the database last answered what is due, as Unix time.",
            )?,
            registry,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.settled.clone()))?;
        metrics.registry.register(Box::new(metrics.seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.in_flight.clone()))?;
        metrics.registry.register(Box::new(metrics.claims.clone()))?;
        metrics.registry.register(Box::new(metrics.database_errors.clone()))?;
        metrics.registry.register(Box::new(metrics.last_claim.clone()))?;
        Ok(metrics)
    }
}

impl Monitored for Metrics {
    fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    fn ailment(&self) -> Option<&'static str> {
        let age = unix_now() - self.last_claim.get();
        (age > HEALTHY_FOR).then_some("the database has not answered for a minute")
    }
}

//! What a monitor may ask of a witness that runs for ever. Labels are logs and names of witnesses.

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::monitor::{Monitored, unix_now};

pub struct Measures {
    registry: Registry,
    pub size: IntGaugeVec,
    pub signed: IntCounterVec,
    pub refused: IntGaugeVec,
    pub cosigned: IntCounterVec,
    pub last: IntGauge,
    /// So many seconds without an answer are too many.
    patience: i64,
}

impl Measures {
    pub fn new(patience: i64) -> Result<Measures, prometheus::Error> {
        let measures = Measures {
            size: IntGaugeVec::new(
                Opts::new("telemetry_witness_size", "Entries of the head that was signed last."),
                &["log"],
            )?,
            signed: IntCounterVec::new(
                Opts::new("telemetry_witness_signed_total", "Heads that were signed."),
                &["log"],
            )?,
            refused: IntGaugeVec::new(
                Opts::new("telemetry_witness_refused", "1 where the log is not what was signed before, else 0."),
                &["log"],
            )?,
            cosigned: IntCounterVec::new(
                Opts::new("telemetry_witness_cosigned_total", "What other witnesses answered."),
                &["witness", "result"],
            )?,
            last: IntGauge::new(
                "telemetry_witness_last_check_timestamp_seconds",
                "When every log was last compared with what was signed, as Unix time.",
            )?,
            patience,
            registry: Registry::new(),
        };
        for counted in [&measures.signed, &measures.cosigned] {
            measures.registry.register(Box::new(counted.clone()))?;
        }
        for measured in [&measures.size, &measures.refused] {
            measures.registry.register(Box::new(measured.clone()))?;
        }
        measures.registry.register(Box::new(measures.last.clone()))?;
        Ok(measures)
    }
}

impl Monitored for Measures {
    fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    fn ailment(&self) -> Option<&'static str> {
        let age = unix_now() - self.last.get();
        (age > self.patience).then_some("the log was not compared with what was signed for too long")
    }
}

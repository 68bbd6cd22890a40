//! Pure: what an alert's rule makes of a series of numbers: when it waits, fires and is over.
//!
//! A judgement takes one point of the grid and the state that the points before it left. So a series may be cut anywhere, and the
//! same transitions come out.

use crate::time::{HOUR, of_rfc3339, to_rfc3339};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// A rule, with every default filled in; durations in microseconds.
#[derive(Debug, Clone, Deserialize)]
pub struct Rule {
    pub fires: Side,
    pub threshold: f64,
    /// At or beyond this, on the good side, the number is clear; between it and the threshold it is neither.
    pub recovers_at: f64,
    pub fires_after: i64,
    pub recovers_after: i64,
    /// With a smaller n nothing is known.
    pub min_count: Option<f64>,
    /// How sure it must be that a share is beyond the threshold.
    pub confidence: Option<f64>,
    pub no_data: NoData,
    /// What a breach is put down to: that an event came, not how many.
    #[serde(default)]
    pub is_event: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Above,
    Below,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    Keep,
    Fire,
    Recover,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Quiet,
    Pending,
    Firing,
}

/// Why a status changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Threshold,
    NoData,
    Event,
}

/// What the points so far left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub status: Status,
    /// When the status began.
    pub since: Option<i64>,
    /// The first point of the breach that goes on.
    pub breached_since: Option<i64>,
    /// While it fires, the first point of the clear stretch that goes on.
    pub cleared_since: Option<i64>,
    /// When it began to fire, each time within the hour before the last one; the latest few.
    pub firings: Vec<i64>,
    /// It fires so often that it is told once an hour.
    pub is_flapping: bool,
    /// When a firing was told last.
    pub told_at: Option<i64>,
    /// Whether the firing that goes on was told.
    pub was_told: bool,
}

/// A number of the grid.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub at: i64,
    pub value: Option<f64>,
    pub n: Option<f64>,
    /// Whether the instance occurs in the range at all. Where it does not, only an open one is judged.
    pub is_there: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    pub at: i64,
    pub from: Status,
    pub to: Status,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub cause: Cause,
    /// Whether somebody is to be told.
    pub notifies: bool,
}

/// Numbers that differ by less than this, relatively, are the same: 1 - 0.95 is 0.05000000000000004 in doubles.
const SAME: f64 = 1e-9;

/// More firings than this within an hour are told once an hour.
const FLAPPING: usize = 5;

/// What a point says.
enum Said {
    Breach(Cause),
    Clear(Cause),
    Between,
    Nothing,
}

impl Rule {
    /// Judges a point, which must be later than those before it.
    pub fn judge(&self, state: &mut State, point: &Point) -> Option<Transition> {
        if !point.is_there && state.status == Status::Quiet {
            return None;
        }
        let (to, cause) = match self.said(point) {
            Said::Nothing => return None,
            Said::Breach(cause) => {
                state.cleared_since = None;
                if state.status == Status::Firing {
                    return None;
                }
                let since = *state.breached_since.get_or_insert(point.at);
                (if point.at - since >= self.fires_after { Status::Firing } else { Status::Pending }, cause)
            }
            Said::Clear(cause) if state.status == Status::Firing => {
                let since = *state.cleared_since.get_or_insert(point.at);
                if point.at - since < self.recovers_after {
                    return None;
                }
                (Status::Quiet, cause)
            }
            Said::Between if state.status == Status::Firing => {
                state.cleared_since = None;
                return None;
            }
            Said::Clear(cause) => (Status::Quiet, cause),
            Said::Between => (Status::Quiet, self.cause()),
        };
        if to == Status::Quiet {
            state.breached_since = None;
            state.cleared_since = None;
        }
        (to != state.status).then(|| state.turn(to, point, cause))
    }

    fn said(&self, point: &Point) -> Said {
        let Some(value) = point.value.filter(|value| value.is_finite()) else {
            return match self.no_data {
                NoData::Keep => Said::Nothing,
                NoData::Fire => Said::Breach(Cause::NoData),
                NoData::Recover => Said::Clear(Cause::NoData),
            };
        };
        if self.min_count.is_some_and(|least| point.n.is_none_or(|n| n < least)) {
            return Said::Nothing;
        }
        let surely = match self.confidence {
            None => value,
            Some(confidence) => self.bound(value, point.n.unwrap_or(0.0), confidence),
        };
        // The end of an interval may be off by rounding: what is at the threshold is not beyond it, however sure that is.
        if self.is_beyond(value, self.threshold) && self.is_beyond(surely, self.threshold) {
            Said::Breach(self.cause())
        } else if !self.is_beyond(value, self.recovers_at) {
            Said::Clear(self.cause())
        } else {
            Said::Between
        }
    }

    fn cause(&self) -> Cause {
        if self.is_event { Cause::Event } else { Cause::Threshold }
    }

    fn is_beyond(&self, value: f64, limit: f64) -> bool {
        let is_same = (value - limit).abs() <= SAME * value.abs().max(limit.abs());
        !is_same
            && match self.fires {
                Side::Above => value > limit,
                Side::Below => value < limit,
            }
    }

    /// The end of Wilson's (1927) interval of a share that lies towards the good side: the true share is beyond it with this
    /// confidence.
    fn bound(&self, share: f64, n: f64, confidence: f64) -> f64 {
        let good = match self.fires {
            Side::Above => 0.0,
            Side::Below => 1.0,
        };
        if n <= 0.0 {
            return good;
        }
        let quantile = Normal::standard().inverse_cdf(confidence);
        let (share, square) = (share.clamp(0.0, 1.0), quantile * quantile);
        let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
        let reach = quantile / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
        match self.fires {
            Side::Above => (middle - reach).max(0.0),
            Side::Below => (middle + reach).min(1.0),
        }
    }
}

impl State {
    fn turn(&mut self, to: Status, point: &Point, cause: Cause) -> Transition {
        let from = std::mem::replace(&mut self.status, to);
        self.since = Some(point.at);
        let notifies = match to {
            Status::Firing => self.fire(point.at),
            Status::Quiet => from == Status::Firing && std::mem::take(&mut self.was_told),
            Status::Pending => false,
        };
        Transition { at: point.at, from, to, value: point.value, n: point.n, cause, notifies }
    }

    /// Notes a firing; tells whether it is told.
    fn fire(&mut self, at: i64) -> bool {
        self.firings.retain(|firing| at - firing < HOUR);
        if self.firings.is_empty() {
            self.is_flapping = false;
        }
        self.firings.push(at);
        if self.firings.len() > FLAPPING {
            self.is_flapping = true;
            self.firings.remove(0);
        }
        self.was_told = !self.is_flapping || self.told_at.is_none_or(|told| at - told >= HOUR);
        if self.was_told {
            self.told_at = Some(at);
        }
        self.was_told
    }
}

/// A state as telemetry.alert_states keeps it: times as RFC 3339.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    pub status: Status,
    pub since: Option<String>,
    pub breached_since: Option<String>,
    pub cleared_since: Option<String>,
    pub firings: Vec<String>,
    pub is_flapping: bool,
    pub told_at: Option<String>,
    pub was_told: bool,
}

impl State {
    pub fn to_stored(&self) -> Stored {
        let text = |time: Option<i64>| time.and_then(to_rfc3339);
        Stored {
            status: self.status,
            since: text(self.since),
            breached_since: text(self.breached_since),
            cleared_since: text(self.cleared_since),
            firings: self.firings.iter().copied().filter_map(to_rfc3339).collect(),
            is_flapping: self.is_flapping,
            told_at: text(self.told_at),
            was_told: self.was_told,
        }
    }

    /// Reads what was stored; None where a time is none.
    pub fn from_stored(stored: &Stored) -> Option<State> {
        let time = |text: &Option<String>| text.as_deref().map_or(Some(None), |text| of_rfc3339(text).map(Some));
        Some(State {
            status: stored.status,
            since: time(&stored.since)?,
            breached_since: time(&stored.breached_since)?,
            cleared_since: time(&stored.cleared_since)?,
            firings: stored.firings.iter().map(|text| of_rfc3339(text)).collect::<Option<_>>()?,
            is_flapping: stored.is_flapping,
            told_at: time(&stored.told_at)?,
            was_told: stored.was_told,
        })
    }
}

#[cfg(test)]
mod tests;

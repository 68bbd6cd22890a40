//! One row of `claim_deliveries()`.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Delivery {
    pub ticket: String,
    pub delivery_id: String,
    pub destination: String,
    pub kind: String,
    pub url: String,
    pub secret_name: Option<String>,
    pub order_key: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub attempt: i32,
    pub timeout: Duration,
    /// How long the lease had left when the row was read.
    pub lease: Duration,
}

/// A delivery that was tried, and what it came to.
#[derive(Debug, Clone)]
pub struct Tried {
    pub ticket: String,
    pub outcome: crate::outcome::Outcome,
}

//! Pure: what one attempt came to, in the words of `settle_delivery()`. No text of a receiver or of a library is among them.

/// The closed list of what goes wrong before there is a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection: refused, unreachable, or a name that does not resolve.
    Connect,
    Tls,
    Timeout,
    /// The connection ended before the answer did, or what came was no HTTP.
    Reset,
    /// The guard of addresses refused it.
    BlockedAddress,
    /// The secret is missing, or of another kind than the destination needs.
    NoSecret,
    /// It cannot be sent as it is: a header that is none, a mail that the server refuses for good.
    Rejected,
    /// Given back without being sent.
    Unsent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub result: Result<u16, Failure>,
    pub retry_after: Option<i32>,
}

impl Outcome {
    pub fn status(status: u16, retry_after: Option<i32>) -> Outcome {
        Outcome { result: Ok(status), retry_after }
    }

    pub fn failed(failure: Failure) -> Outcome {
        Outcome { result: Err(failure), retry_after: None }
    }

    pub fn is_delivered(&self) -> bool {
        matches!(self.result, Ok(200..=299))
    }

    /// One word for logs and metrics: the class of the status, or the failure.
    pub fn word(&self) -> &'static str {
        match self.result {
            Ok(200..=299) => "delivered",
            Ok(300..=399) => "redirected",
            Ok(400..=499) => "refused",
            Ok(_) => "server_error",
            Err(failure) => failure.word(),
        }
    }
}

impl Failure {
    pub fn word(self) -> &'static str {
        match self {
            Failure::Connect => "connect",
            Failure::Tls => "tls",
            Failure::Timeout => "timeout",
            Failure::Reset => "reset",
            Failure::BlockedAddress => "blocked_address",
            Failure::NoSecret => "no_secret",
            Failure::Rejected => "rejected",
            Failure::Unsent => "unsent",
        }
    }
}

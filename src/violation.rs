//! Pure: tells why an event is refused. One kind of fault serves every way in: log_event() raises it, log_events()
//! keeps it.
//!
//! A message names the event, the argument and the key, never a value of a payload.

/// The reason of a refusal: a label of telemetry.rejection_reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    UnknownEvent,
    UnknownVersion,
    DeprecatedEvent,
    MissingArgument,
    MissingKey,
    WrongType,
    WrongValue,
    UnexpectedKey,
    PayloadNotObject,
    PayloadTooLarge,
    PayloadTooDeep,
    UnknownSource,
    NotAllowed,
    InvalidDefinition,
    NotAnObject,
    UnreadableArgument,
    UnknownArgument,
    AmbiguousArgument,
    OutOfRange,
    NotYours,
    NotOwned,
    CheckFailed,
    ConflictingId,
    SensitiveValue,
    StorageError,
    TenantSuspended,
    DailyLimit,
    NotABatch,
    BatchTooLarge,
}

/// The kind of error that a reason is where it is raised; `error.rs` knows the SQLSTATE of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    InvalidParameter,
    Null,
    Check,
    Privilege,
    Unreadable,
    Unique,
}

impl Reason {
    pub fn label(self) -> &'static str {
        match self {
            Reason::UnknownEvent => "unknown_event",
            Reason::UnknownVersion => "unknown_version",
            Reason::DeprecatedEvent => "deprecated_event",
            Reason::MissingArgument => "missing_argument",
            Reason::MissingKey => "missing_key",
            Reason::WrongType => "wrong_type",
            Reason::WrongValue => "wrong_value",
            Reason::UnexpectedKey => "unexpected_key",
            Reason::PayloadNotObject => "payload_not_object",
            Reason::PayloadTooLarge => "payload_too_large",
            Reason::PayloadTooDeep => "payload_too_deep",
            Reason::UnknownSource => "unknown_source",
            Reason::NotAllowed => "not_allowed",
            Reason::InvalidDefinition => "invalid_definition",
            Reason::NotAnObject => "not_an_object",
            Reason::UnreadableArgument => "unreadable_argument",
            Reason::UnknownArgument => "unknown_argument",
            Reason::AmbiguousArgument => "ambiguous_argument",
            Reason::OutOfRange => "out_of_range",
            Reason::NotYours => "not_yours",
            Reason::NotOwned => "not_owned",
            Reason::CheckFailed => "check_failed",
            Reason::ConflictingId => "conflicting_id",
            Reason::SensitiveValue => "sensitive_value",
            Reason::StorageError => "storage_error",
            Reason::TenantSuspended => "tenant_suspended",
            Reason::DailyLimit => "daily_limit",
            Reason::NotABatch => "not_a_batch",
            Reason::BatchTooLarge => "batch_too_large",
        }
    }

    pub fn class(self) -> Class {
        match self {
            Reason::MissingKey
            | Reason::WrongType
            | Reason::WrongValue
            | Reason::UnexpectedKey
            | Reason::SensitiveValue => Class::Check,
            Reason::MissingArgument => Class::Null,
            Reason::NotAllowed
            | Reason::NotYours
            | Reason::NotOwned
            | Reason::CheckFailed
            | Reason::TenantSuspended
            | Reason::DailyLimit => Class::Privilege,
            Reason::UnreadableArgument => Class::Unreadable,
            Reason::ConflictingId => Class::Unique,
            _ => Class::InvalidParameter,
        }
    }

    /// Tells whether the enforcement mode decides what becomes of the event. The other faults are not about its
    /// content: who may log it, what cannot be read, what was stored before.
    pub fn is_enforceable(self) -> bool {
        matches!(
            self,
            Reason::UnknownEvent
                | Reason::UnknownVersion
                | Reason::DeprecatedEvent
                | Reason::MissingArgument
                | Reason::MissingKey
                | Reason::WrongType
                | Reason::WrongValue
                | Reason::UnexpectedKey
                | Reason::PayloadNotObject
                | Reason::PayloadTooLarge
                | Reason::PayloadTooDeep
                | Reason::UnknownSource
        )
    }
}

/// Says why one event is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub reason: Reason,
    pub message: String,
    /// Further faults of the same payload, at most four of them.
    pub others: Vec<String>,
    /// The event to log instead of a deprecated one.
    pub replaced_by: Option<String>,
    /// The advice to give where the next step is another than the reason's.
    advice: Option<&'static str>,
}

impl Violation {
    pub fn new(reason: Reason, message: impl Into<String>) -> Violation {
        Violation { reason, message: message.into(), others: Vec::new(), replaced_by: None, advice: None }
    }

    /// Changes every text of the violation in the same way.
    pub fn with_message(mut self, change: impl Fn(String) -> String) -> Violation {
        self.message = change(self.message);
        self.others = self.others.into_iter().map(change).collect();
        self
    }

    pub fn with_advice(self, advice: &'static str) -> Violation {
        Violation { advice: Some(advice), ..self }
    }

    /// Tells the next step.
    pub fn hint(&self) -> String {
        if let Some(advice) = self.advice {
            return advice.into();
        }
        match self.reason {
            Reason::UnknownEvent => {
                "Register it with telemetry.register_event(), or install its pack with telemetry.install_pack()."
            }
            Reason::DeprecatedEvent => {
                return match &self.replaced_by {
                    Some(name) => format!("Log \"{name}\" instead, or revive it with telemetry.update_event()."),
                    None => "Revive it with telemetry.update_event().".into(),
                };
            }
            Reason::UnknownSource => "The sources are: select enum_range(null::telemetry.event_source).",
            Reason::NotAllowed => {
                "Log it from the server, or open it with telemetry.update_event(..., '{\"logged_by\": \"client\"}')."
            }
            Reason::PayloadTooLarge => {
                "Send references instead of content, or raise payload_limit with telemetry.update_event()."
            }
            Reason::PayloadTooDeep => "Flatten the payload; the setting telemetry.payload_depth is the limit.",
            Reason::PayloadNotObject => "Call telemetry.log_event('name', '{\"key\": \"value\"}').",
            Reason::InvalidDefinition => {
                "properties maps a key to a JSON Schema, json_schema is one (2020-12); mend it with telemetry.update_event()."
            }
            Reason::NotAnObject
            | Reason::UnreadableArgument
            | Reason::UnknownArgument
            | Reason::AmbiguousArgument
            | Reason::OutOfRange => {
                "An event of a batch is an object with the names of log_event()'s arguments or their aliases (telemetry.event_aliases); import_events() takes event_ts and sample_rate besides."
            }
            Reason::NotYours => "Leave the argument out: the JWT says who calls. A server role may set it.",
            Reason::NotOwned => "An ownership check of the application said no: see telemetry.ownership_checks.",
            Reason::CheckFailed => {
                "Mend the function that telemetry.ownership_checks names, then telemetry.replay_rejections()."
            }
            Reason::ConflictingId => "Give every event an id of its own; a retry sends the same event again.",
            Reason::SensitiveValue => {
                "Leave it out; telemetry.redact() shows what was found, the event's redaction attribute decides."
            }
            Reason::TenantSuspended => "telemetry.set_tenant(..., status => 'active') lets it log again.",
            Reason::DailyLimit => {
                "The day ends at midnight UTC; telemetry.set_tenant(..., events_per_day => ...) raises the limit, telemetry.replay_rejections() stores what was kept."
            }
            Reason::NotABatch => {
                "Call telemetry.log_events('[{\"event_name\": ...}]'), through PostgREST with the body {\"events\": [...]}."
            }
            Reason::BatchTooLarge => {
                "Send it in several batches, or raise telemetry.batch_limit (client roles) or telemetry.server_batch_limit."
            }
            Reason::StorageError => "See the server's log for the error; telemetry.replay_rejections() tries again.",
            Reason::MissingArgument
            | Reason::MissingKey
            | Reason::WrongType
            | Reason::WrongValue
            | Reason::UnexpectedKey
            | Reason::UnknownVersion => {
                "See its definition in telemetry.event_catalog(); change that with telemetry.update_event()."
            }
        }
        .into()
    }
}

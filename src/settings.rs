//! Every setting of the extension. SQL reads them through `telemetry_private.setting()`, because without preload a
//! setting exists only once the library is loaded.

mod choices;
pub mod threads;

pub use choices::{CreateTables, Enforcement, KpiSource, PartitionInterval, UnknownEvents};
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::prelude::*;
use std::ffi::CString;

pub static ENFORCEMENT: GucSetting<Enforcement> = GucSetting::<Enforcement>::new(Enforcement::Reject);
pub static PAYLOAD_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(4096);
pub static PAYLOAD_DEPTH: GucSetting<i32> = GucSetting::<i32>::new(32);
pub static PARTITION_INTERVAL: GucSetting<PartitionInterval> =
    GucSetting::<PartitionInterval>::new(PartitionInterval::Month);
pub static PARTITIONS_AHEAD: GucSetting<i32> = GucSetting::<i32>::new(3);
pub static PARTITIONS_BACK: GucSetting<i32> = GucSetting::<i32>::new(100);
pub static SERVER_ROLES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(Some(c"service_role"));
pub static MULTI_TENANT: GucSetting<bool> = GucSetting::<bool>::new(false);
pub static TENANT_CLAIM: GucSetting<Option<CString>> =
    GucSetting::<Option<CString>>::new(Some(c"app_metadata.tenant_id"));
pub static TENANT_ID: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
pub static ENABLED: GucSetting<bool> = GucSetting::<bool>::new(true);
pub static BATCH_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(50);
pub static SERVER_BATCH_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(10_000);
pub static REDACTION: GucSetting<bool> = GucSetting::<bool>::new(true);
pub static OWNERSHIP_CHECK_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(1_000);
pub static EVENT_ID_MEMORY: GucSetting<i32> = GucSetting::<i32>::new(7);
pub static REJECTION_MEMORY: GucSetting<i32> = GucSetting::<i32>::new(90);
pub static INGESTION_MEMORY: GucSetting<i32> = GucSetting::<i32>::new(90);
pub static CREATE_TABLES: GucSetting<CreateTables> = GucSetting::<CreateTables>::new(CreateTables::Auto);

pub static KPI_SOURCE: GucSetting<KpiSource> = GucSetting::<KpiSource>::new(KpiSource::Auto);
pub static UNKNOWN_EVENTS: GucSetting<UnknownEvents> = GucSetting::<UnknownEvents>::new(UnknownEvents::Error);
pub static KPI_MEMORY: GucSetting<i32> = GucSetting::<i32>::new(256);
pub static RELATION_OWNERS: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
pub static SEALS: GucSetting<bool> = GucSetting::<bool>::new(false);
pub static TICK_PATIENCE: GucSetting<i32> = GucSetting::<i32>::new(1_000);
pub static RETRY_JITTER: GucSetting<i32> = GucSetting::<i32>::new(20);
pub static EXPIRY: GucSetting<bool> = GucSetting::<bool>::new(false);
pub static HOLD_PARTITIONS: GucSetting<bool> = GucSetting::<bool>::new(true);

pub static TICK_DATABASE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
pub static TICK_PAUSE: GucSetting<i32> = GucSetting::<i32>::new(60);

/// Registers the settings; it is called once, when the library is loaded.
pub fn register() {
    register_rules();
    register_tables();
    register_callers();
    register_ingestion();
    register_memories();
    register_reading();
    threads::register();
    register_outbox();
    register_seals();
    crate::db::session::reserve_settings_prefix(c"telemetry");
}

fn register_rules() {
    GucRegistry::define_enum_guc(
        c"telemetry.enforcement",
        c"What happens to an event that breaks its rules, where its definition does not say.",
        c"reject: error; quarantine: kept in telemetry.rejections; warn: stored with a WARNING; accept: stored.",
        &ENFORCEMENT,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.payload_limit",
        c"Largest payload in bytes that a new definition allows by default.",
        c"Counted on the uncompressed jsonb value, a number at least as long as it prints.",
        &PAYLOAD_LIMIT,
        2,
        1_048_576,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.payload_depth",
        c"How deep a payload may nest.",
        c"The payload itself is level 1.",
        &PAYLOAD_DEPTH,
        1,
        100,
        GucContext::Suset,
        GucFlags::default(),
    );
}

fn register_tables() {
    GucRegistry::define_enum_guc(
        c"telemetry.create_tables",
        c"Whether CREATE EXTENSION makes the tables.",
        c"auto: unless a pg_dump script is being restored.",
        &CREATE_TABLES,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"telemetry.partition_interval",
        c"Width of the partitions of telemetry.events that are made from now on.",
        c"day, week or month.",
        &PARTITION_INTERVAL,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.partitions_ahead",
        c"How many partitions create_partitions() keeps ready beyond the present one.",
        c"",
        &PARTITIONS_AHEAD,
        0,
        120,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.partitions_back",
        c"How many intervals back new partitions are of telemetry.partition_interval.",
        c"Older history that is imported gets partitions of a month, or of a year beyond as many months.",
        &PARTITIONS_BACK,
        0,
        10_000,
        GucContext::Suset,
        GucFlags::default(),
    );
}

fn register_callers() {
    GucRegistry::define_string_guc(
        c"telemetry.server_roles",
        c"Roles of JWT claims that may log for every user and tenant, separated by commas.",
        c"A request with any other role is a client's: it logs only for its own user and tenant, and no event that is marked server.",
        &SERVER_ROLES,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"telemetry.multi_tenant",
        c"Whether every event must belong to a tenant.",
        c"Off: without a tenant the nil UUID is meant.",
        &MULTI_TENANT,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"telemetry.tenant_claim",
        c"Where the JWT claims hold the tenant: paths with dots, separated by commas, names with dots or commas in double quotes; the first that holds a uuid counts.",
        c"A path through user_metadata is passed over: its user can edit it.",
        &TENANT_CLAIM,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_string_guc(
        c"telemetry.tenant_id",
        c"The tenant of a session that has no JWT claims.",
        c"",
        &TENANT_ID,
        GucContext::Userset,
        GucFlags::default(),
    );
}

fn register_ingestion() {
    GucRegistry::define_bool_guc(
        c"telemetry.enabled",
        c"Whether events are logged at all.",
        c"Off: log_event() and try_log_event() return NULL, log_events() counts nothing, nothing is stored or checked.",
        &ENABLED,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.batch_limit",
        c"Most events that a client role may send in one call of log_events().",
        c"",
        &BATCH_LIMIT,
        1,
        10_000,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.server_batch_limit",
        c"Most events that a server role may send in one call of log_events().",
        c"",
        &SERVER_BATCH_LIMIT,
        1,
        1_000_000,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"telemetry.redaction",
        c"Whether payloads are redacted before they are stored.",
        c"Off: not even what an event's or tenant's own policy names.",
        &REDACTION,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.ownership_check_timeout",
        c"How long one ownership check may take.",
        c"",
        &OWNERSHIP_CHECK_TIMEOUT,
        1,
        60_000,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
}

fn register_memories() {
    GucRegistry::define_int_guc(
        c"telemetry.event_id_memory",
        c"For how many days the event_ids that callers gave are remembered.",
        c"forget_expired() forgets older ones.",
        &EVENT_ID_MEMORY,
        1,
        3_650,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.rejection_memory",
        c"For how many days telemetry.rejections keeps what was refused.",
        c"forget_expired() forgets older ones.",
        &REJECTION_MEMORY,
        1,
        3_650,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.ingestion_memory",
        c"For how many days telemetry.ingestion_calls keeps what ingestion_stats() reads.",
        c"forget_expired() forgets older ones.",
        &INGESTION_MEMORY,
        1,
        3_650,
        GucContext::Suset,
        GucFlags::default(),
    );
    // Off, because nobody expects that installing or updating something deletes events.
    GucRegistry::define_bool_guc(
        c"telemetry.expiry",
        c"Whether ticks take away the events whose time is up.",
        c"On: as expire_events() does, by the classes of telemetry.retention_classes. Off: events stay until that is called.",
        &EXPIRY,
        GucContext::Suset,
        GucFlags::default(),
    );
}

fn register_reading() {
    GucRegistry::define_enum_guc(
        c"telemetry.kpi_source",
        c"What KPIs read.",
        c"auto: the timeline and the rows above its cursor, raw rows where it cannot answer; raw: always the rows.",
        &KPI_SOURCE,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"telemetry.unknown_events",
        c"What a KPI makes of an event that is neither registered nor in the log.",
        c"error: 22023 with the nearest names; empty: an event that never happened.",
        &UNKNOWN_EVENTS,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.kpi_memory",
        c"Most memory that one KPI call may take.",
        c"Beyond it the call fails with 53200.",
        &KPI_MEMORY,
        1,
        1_048_576,
        GucContext::Userset,
        GucFlags::UNIT_MB,
    );
    GucRegistry::define_string_guc(
        c"telemetry.relation_owners",
        c"Roles, separated by commas, whose tables and views KPIs and cohorts read for everybody, superusers among them.",
        c"Whoever reads a relation runs its owner's code: name only roles that are trusted like a superuser.",
        &RELATION_OWNERS,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.tick_patience",
        c"How long tick() waits for writers that hold a cursor back, before it leaves the new events to the next tick.",
        c"Nobody waits for tick().",
        &TICK_PATIENCE,
        0,
        3_600_000,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
}

fn register_seals() {
    // A seal proves something once somebody outside keeps checkpoints; until then it would cost a row for each user.
    GucRegistry::define_bool_guc(
        c"telemetry.seals",
        c"Whether tick() seals the log, so that checkpoint() and verify_seals() prove that nobody changed it.",
        c"off: nothing is sealed; what was sealed stays so, and once it is on again ticks seal what came meanwhile.",
        &SEALS,
        GucContext::Suset,
        GucFlags::default(),
    );
}

fn register_outbox() {
    GucRegistry::define_int_guc(
        c"telemetry.retry_jitter",
        c"By how many percent at most a delivery's next attempt comes later than its schedule says.",
        c"Drawn anew each time, so that retries do not come all at once.",
        &RETRY_JITTER,
        0,
        100,
        GucContext::Userset,
        GucFlags::default(),
    );
    // Whoever may drop a partition may set it: it keeps from a mistake, not from a right.
    GucRegistry::define_bool_guc(
        c"telemetry.hold_partitions",
        c"Whether a partition stays that something has still to be sent of.",
        c"on: dropping or detaching it is an error that names what holds it; off: what was not sent is lost.",
        &HOLD_PARTITIONS,
        GucContext::Userset,
        GucFlags::default(),
    );
}

/// Registers what only a server that preloads the library can know.
pub fn register_preloaded() {
    GucRegistry::define_string_guc(
        c"telemetry.tick_database",
        c"The databases that background workers tick, separated by commas.",
        c"Empty: none but those where schedule_tick() was called. Needs telemetry in shared_preload_libraries.",
        &TICK_DATABASE,
        GucContext::Postmaster,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.tick_pause",
        c"How long those workers rest between two ticks.",
        c"",
        &TICK_PAUSE,
        1,
        86_400,
        GucContext::Sighup,
        GucFlags::UNIT_S,
    );
}

/// Gives the text of a setting; none where it has none.
pub fn text(setting: &GucSetting<Option<CString>>) -> Option<String> {
    setting.get().map(|text| text.to_string_lossy().into_owned())
}

/// Gives the value of a setting as text; NULL for one that does not exist. It serves SQL that may run before the
/// library is loaded, because calling it loads the library.
#[pg_extern(stable, strict, parallel_safe)]
fn setting(name: &str) -> Option<String> {
    crate::db::session::setting(name)
}

//! The settings of threads: how many a KPI call may have.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

pub static KPI_THREADS: GucSetting<i32> = GucSetting::<i32>::new(0);
pub static KPI_THREADS_TOTAL: GucSetting<i32> = GucSetting::<i32>::new(-1);
pub static KPI_THREADS_EVENTS: GucSetting<i32> = GucSetting::<i32>::new(500_000);

pub(super) fn register() {
    GucRegistry::define_int_guc(
        c"telemetry.kpi_threads",
        c"Most threads that work on one KPI call, the session's own among them.",
        c"1: that alone; 0: a quarter of the cores, at least 1 and at most 4.",
        &KPI_THREADS,
        0,
        64,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"telemetry.kpi_threads_total",
        c"Most threads that work on the KPI calls of the whole server, beside those of the sessions themselves.",
        c"-1: as many as there are cores; 0: none. A call that gets none works alone, with the same answer.",
        &KPI_THREADS_TOTAL,
        -1,
        1_024,
        GucContext::Suset,
        GucFlags::default(),
    );
    // 10 ms of work: an event is gathered in some 20 ns.
    GucRegistry::define_int_guc(
        c"telemetry.kpi_threads_events",
        c"The number of events from which on a KPI call asks for threads.",
        c"To start a thread takes about as long as to follow the actors of 3,000 events.",
        &KPI_THREADS_EVENTS,
        0,
        i32::MAX,
        GucContext::Userset,
        GucFlags::default(),
    );
}

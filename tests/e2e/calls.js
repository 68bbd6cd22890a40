// One call of every read function that a client may make. The functions and their arguments come from the catalog; here
// stands what an argument of that name is given. So a new function needs no line, a new kind of argument needs one, and
// reading.test.js fails for a function that answers nothing with what it is given.

const START = Date.UTC(2025, 2, 3);
const DAYS = Array.from({ length: 14 }, (_, day) => new Date(START + day * 86_400_000).toISOString());

/** By the name of an argument. What is not here is left to its default. '@x': api.js puts what setup.sql made there. */
const GIVEN = {
    since: '2025-03-03', until: '2025-04-12', grain: 'week', day: '2025-03-03',
    steps: ['signed_up', 'viewed', 'paid'], sequence: ['viewed'], pattern: '(?1)(?2)', direction: 'forward', base: 'head',
    numerator: 'paid', denominator: 'viewed', feature_event: 'paid', error_events: ['failed'], opened: 'opened', closed: 'closed',
    start_event: 'signed_up', return_event: 'viewed', max_steps: 3, periods: 3, show: 'both', count_as: 'at_least',
    first_event: 'viewed', next_event: 'paid', anchor: 'signed_up', target: 'paid', percentiles: [0.5],
    payload_key: 'ms', fractions: [0.5, 0.9], breakdown: 'plan', timeout: '30 minutes',
    experiment: 'button', metric_event: 'paid', exposure_event: 'exposed', control: 'a', variants: ['a', 'b'], weights: [0.5, 0.5],
    event_name: 'viewed', horizon: 3, times: DAYS, numbers: [3, 4, 5, 4, 3, 9, 9, 3, 4, 5, 4, 30, 9, 9],
    language: 'typescript', value: 0.42063, unit: 'ratio', n: 126, actors: '@actors', actor_id: '@actor',
    match: ['plan'], count: 'entries',
    alert: 'few_views', definition: { kpi: 'volume', within: '1 day', every: '6 hours', fires: 'above', threshold: 0 }, as_of: '2025-03-17',
    baseline: 0.2, minimum_effect: 0.1, control_actors: 3000, treatment_actors: 3000, at: '2025-03-17', width: '7 days', reaches: 100, expected_actors: 2000,
    session: '@session', correlation_id: 'request-1', opened_events: ['opened'], closed_events: ['failed'], questions: 20, fewest_answers: 10, state: '@sequence', cohort: 'payers', id: 'user 1', kept: 125, daily_budget: 100,
};

/** Where a function means another thing by that name, or its other options are to be seen through HTTP. undefined: left out. */
const OTHERWISE = {
    active_users: { actor: 'user' },
    alert_history: { since: undefined, until: undefined },
    notification_history: { since: undefined, until: undefined, alert: undefined, destination: undefined },
    anomalies: { grain: 'day' },
    anomalies_of: { grain: 'day' },
    assign_variant: { actor: '@actor' },
    correlation_of: { payload: { correlation_id: 'request-1' } },
    dashboard: { name: 'board' },
    experiment_actors: { control: undefined },
    explain_kpi: { kpi: 'event_volume', arguments: { since: '2025-03-03', until: '2025-04-12' } },
    kpi_of_parts: { kpi: 'event_volume', arguments: { since: '2025-03-03', until: '2025-04-12' }, parts: [] },
    forecast: { grain: 'day', target: undefined },
    grafana_dashboard: { name: 'board' },
    forecast_of: { grain: 'day', target: undefined },
    funnel: { within: '30 days', breakdown: undefined },
    funnel_actors: { within: '30 days', breakdown: undefined },
    funnel_times: { within: '30 days', breakdown: undefined },
    funnel_times_actors: { within: '30 days', breakdown: undefined },
    funnel_trend: { within: '30 days', breakdown: undefined },
    funnel_trend_actors: { within: '30 days', breakdown: undefined },
    item_statistics: { table_name: 'public.questions' },
    compare_periods: { name: 'volume' },
    forecast_kpi: { name: 'volume' },
    kpi: { name: 'volume' },
    kpi_details: { name: 'volume' },
    metric_samples: { since: undefined, until: undefined },
    next_events: { base: undefined, direction: undefined },
    next_events_actors: { base: undefined, direction: undefined },
    object_ratio: { numerator: 'closed', denominator: 'opened', within: '2 days', breakdown: undefined, due_key: 'due_at', due_events: ['viewed'], object_key: 'ticket' },
    object_ratio_objects: { numerator: 'closed', denominator: 'opened', within: '2 days', breakdown: undefined, due_key: 'due_at' },
    payload_keys: { payload: { experiment: { name: 'button', variant: 'b' }, tags: ['new'] } },
    rate_of_errors: { numerator_filter: { ms: { $gte: 0 } } },
    help: { name: 'funnel' },
    redact: { payload: { to: 'joe@example.org' }, event_name: undefined },
    rejection_summary: { since: undefined, until: undefined },
    retention_flags_of: { state: '@retention_flags' },
    student_report: { table_name: 'public.questions' },
    show: { name: 'board', width: 100 },
    sequence_next_node_of: { state: '@sequence_next_node' },
    time_between_actors: { object_key: 'ticket' },
    time_buckets: { first_event: undefined },
    time_to_fill: { event: 'closed' },
    top_values: { payload_key: 'plan' },
    top_values_actors: { payload_key: 'plan' },
    uniq_exact_of: { state: '@uniq_exact' },
    uniq_of: { state: '@uniq' },
    user_engagement: { weights: undefined },
    window_funnel_of: { within: '7 days' },
};

/** The arguments of a call of a function, as readFunctions() describes it. */
export function callOf({ name, args }) {
    const asked = args.filter((arg) => arg.name in GIVEN).map((arg) => [arg.name, GIVEN[arg.name]]);
    const all = Object.entries({ ...Object.fromEntries(asked), ...OTHERWISE[name] });
    return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

// What a client role must not call: about the whole installation, as seals are, not about a tenant; or about the files of an export, which are one tenant's; or what a router asks.
export const FOR_OWNERS = ['verify_derived', 'export_manifest', 'verify_export', 'checkpoint', 'consistency_proof', 'inclusion_proof', 'verify_seals', 'audit_secrets', 'routing_script', 'placed_tenants', 'registry_digest', 'was_erased', 'erasure_receipts', 'may_commit', 'health', 'health_summary', 'expiry_report', 'reads_only'];

// Not JSON: metrics.test.js, pages.test.js. A part says when it was made.
export const AS_TEXT = ['metrics', 'kpi_parts', 'prometheus_rules', 'dashboard_page', 'kpi_chart', 'user_data', 'tenant_data'];

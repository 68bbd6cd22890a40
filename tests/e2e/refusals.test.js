// What clients get wrong: a status of 4xx and {code, message, details, hint}, never 5xx, never a value of a payload.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CANARY, TENANT, pool, post, readFunctions, request, resolved, together } from './api.js';
import { FOR_OWNERS, callOf } from './calls.js';

after(() => pool.end());
const nested = (depth) => JSON.parse(`${'{"a":'.repeat(depth)}${JSON.stringify(CANARY)}${'}'.repeat(depth)}`);
const payload = (value) => ({ event_name: 'clicked', payload: value });

// caller, function, body, status, code
const REFUSED = [
    ['a', 'log_event', {}, 404, 'PGRST202'],
    ['a', 'log_event', { event_name: null }, 400, '22004'],
    ['a', 'log_event', { event_name: 'clicked', payloads: {} }, 404, 'PGRST202'],
    ['a', 'log_event', { event_name: 'unheard_of', payload: { label: CANARY } }, 400, '22023'],
    ['a', 'log_event', payload({ label: CANARY }), 400, '23514'],
    ['a', 'log_event', payload({ position: CANARY }), 400, '23514'],
    ['a', 'log_event', payload({ position: -1, label: CANARY }), 400, '23514'],
    ['a', 'log_event', payload([CANARY]), 400, '22023'],
    ['a', 'log_event', payload(CANARY), 400, '22023'],
    ['a', 'log_event', payload({ position: 1, label: CANARY.repeat(1000) }), 400, '22023'],
    ['a', 'log_event', payload({ position: 1, deep: nested(200) }), 400, '22023'],
    ['a', 'log_event', payload({ position: 1, deep: nested(3000) }), 400, '22023'],
    ['a', 'log_event', { ...payload({ position: 1 }), event_version: 99 }, 400, '22023'],
    ['a', 'log_event', { ...payload({ position: 1 }), event_version: 2 ** 31 }, 400, '22003'],
    ['a', 'log_event', { ...payload({ position: 1 }), user_id: 'nobody' }, 400, '22P02'],
    ['a', 'log_event', { ...payload({ position: 1 }), client_ts: 'noon' }, 400, '22007'],
    ['a', 'log_event', { ...payload({ position: 1 }), tenant_id: TENANT.b }, 403, '42501'],
    ['a', 'log_event', { ...payload({ position: 1 }), user_id: '00000000-0000-4000-8000-0000000000b1' }, 403, '42501'],
    ['a', 'log_event', { event_name: 'billed', payload: { label: CANARY } }, 403, '42501'],
    ['anon', 'log_event', { event_name: 'billed', payload: { label: CANARY } }, 401, '42501'],
    ['a', 'log_events', {}, 404, 'PGRST202'],
    ['a', 'import_events', { events: [payload({ label: CANARY })] }, 403, '42501'],
    ['anon', 'import_events', { events: [] }, 401, '42501'],
    ['a', 'register_event', { event_name: 'mine' }, 403, '42501'],
    ['service', 'import_events', { events: [{ event_name: 'clicked', event_ts: '2025-03-03T08:00:00Z', payload: { position: CANARY } }] }, 400, '23514'],
    ['service', 'import_events', { events: [{ event_name: 'viewed', event_ts: '2999-01-01T00:00:00Z', payload: { label: CANARY } }] }, 400, '22023'],
    ['a', 'event_volume', { grain: 'fortnight' }, 400, '22023'],
    ['a', 'event_volume', { tz: 'Mars/Olympus' }, 400, '22023'],
    ['a', 'event_volume', { since: '2025-03-03', until: '2025-03-03' }, 400, '22023'],
    ['a', 'event_volume', { since: 'yesterday-ish' }, 400, '22007'],
    ['a', 'event_volume', { since: 'infinity' }, 400, '22023'],
    ['a', 'event_volume', { since: '2000-01-01', until: '2100-01-01', grain: 'hour' }, 400, '22023'],
    ['a', 'funnel', { steps: [] }, 400, '22023'],
    ['a', 'market_supply', { table_name: 'public.nowhere' }, 404, '42P01'],
    ['a', 'market_supply', { table_name: 'telemetry.event_ids' }, 400, '22023'],
    ['a', 'nothing_of_the_kind', {}, 404, 'PGRST202'],
];

async function refused(caller, name, body) {
    const answer = await post(caller, name, body);
    const what = `${caller} ${name}(${JSON.stringify(body)?.slice(0, 120)}): ${answer.status} ${answer.text.slice(0, 300)}`;
    assert.ok(answer.status < 500, what);
    assert.ok(!answer.text.includes(CANARY), what);
    return { ...answer, what };
}

test('each mistake has its status and its code', async (t) => {
    for (const [caller, name, body, status, code] of REFUSED) {
        const answer = await refused(caller, name, body);
        assert.deepEqual([answer.status, answer.json.code], [status, code], answer.what);
        assert.deepEqual(Object.keys(answer.json).sort(), ['code', 'details', 'hint', 'message'], answer.what);
        // What telemetry itself refuses says what to do next; PostgreSQL's own reading of arguments does not always.
        assert.ok(!['22023', '23514', '22004'].includes(code) || answer.json.hint, answer.what);
    }
    t.diagnostic(`${REFUSED.length} mistakes`);
});

// A batch as a whole is not answered with an error, which would take its trace along: it is one rejection.
const REJECTED = [
    [CANARY, 'not_a_batch'],
    [{ label: CANARY }, 'not_a_batch'],
    [Array.from({ length: 51 }, () => payload({ position: 1, label: CANARY })), 'batch_too_large'],
];

test('a batch that is none, or too large, is counted and kept without a value', async () => {
    for (const [events, reason] of REJECTED) {
        const answer = await refused('a', 'log_events', { events });
        assert.equal(answer.status, 200, answer.what);
        assert.equal(answer.json.accepted, 0, answer.what);
        assert.equal(answer.json.rejected, Array.isArray(events) ? events.length : 1, answer.what);
        assert.deepEqual(answer.json.rejected_reasons_sample.map((sample) => sample.reason), [reason], answer.what);
        assert.ok(answer.json.rejected_reasons_sample[0].hint, answer.what);
    }
});

test('bodies that are no JSON, or not of this world', async () => {
    const bodies = ['', '{', '[]', 'null', '7', '"x"', '{"event_name": "clicked", "payload": {"position": 1}', '{"event_name": "a\\u0000b"}',
        '{"event_name": "\\ud800"}', '{"event_name": "clicked", "payload": {"position": 1e999999}}', '{"event_name": "clicked", "event_name": "viewed"}'];
    for (const body of bodies) {
        const { status, text } = await request('a', 'rpc/log_event', { method: 'POST', body });
        assert.ok(status < 500, `${body.slice(0, 100)}: ${status} ${text}`);
    }
});

test('JSON so deep that PostgreSQL gives up reading it: before any function is called', async () => {
    const { status, json } = await request('a', 'rpc/log_event', {
        method: 'POST', body: `{"event_name": "clicked", "payload": ${'['.repeat(100000)}${']'.repeat(100000)}}` });
    assert.deepEqual([status, json.code], [413, '54001']);
});

// One value of each kind that the type of an argument does not like, and some that it does.
const HOSTILE = {
    text: ['', 'nonsense', "'; drop table telemetry.events; --", 'x'.repeat(10000), '%s%n', '\u{1F600}'],
    jsonb: [[], {}, 7, 'x', [[]], [null], { a: null }, [{ event: 7 }], nested(3000), Array(2000).fill({})],
    'timestamp with time zone': ['infinity', '-infinity', '4713-01-01 BC', '294276-12-31', 'soon'],
    interval: ['-1 day', '0', '100000 years', '1 month -30 days', 'soon'],
    integer: [-1, 0, 1, 2147483647, -2147483648, 2147483648, 'x'],
    bigint: [-1, 0, 9223372036854775807n, 'x'],
    'double precision': [-1, 0, 1, 1e308, 'NaN', 'Infinity', 'x'],
    real: [-1, 'NaN'],
    boolean: [true, false, 'x'],
    uuid: ['00000000-0000-0000-0000-000000000000', 'x'],
    date: ['infinity', '5874897-12-31', '4713-01-01 BC', 'x'],
    bytea: ['\\x', '\\x00', '\\xdeadbeef', 'x'],
    'bytea[]': [[], [null], ['\\x'], ['\\x01' + '00'.repeat(100)], ['\\xdeadbeef', '\\xdeadbeef'], 'x'],
    regclass: ['nonsense', 'telemetry.events', 'pg_catalog.pg_authid', '0', "'; drop table telemetry.events; --"],
    'text[]': [[], [null], [''], ['nonsense'], Array(1000).fill('viewed'), [['a'], ['b']], 'x'],
    'uuid[]': [[], [null], ['00000000-0000-0000-0000-000000000000'], ['x'], [['00000000-0000-0000-0000-000000000000']], 'x'],
    'double precision[]': [[], [null], [-1], [2], ['NaN'], ['Infinity'], Array(1000).fill(0.5), [[0.5]]],
    'timestamp with time zone[]': [[], [null], ['infinity'], ['2025-03-03'], ['2025-03-03', '2025-03-03']],
};

test('hostile values in every argument of every read function', async (t) => {
    const raw = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v));
    const functions = (await readFunctions()).filter(({ name }) => !FOR_OWNERS.includes(name));
    const faults = [];
    const calls = [];
    for (const one of functions) {
        const values = await resolved(callOf(one));
        for (const { name, type } of one.args) {
            assert.ok(HOSTILE[type], `no hostile values of type ${type}`);
            for (const value of HOSTILE[type]) calls.push([one.name, name, value, values]);
        }
    }
    await together(4, calls.length, async (n) => {
        const [called, name, value, values] = calls[n];
        const { status, text } = await post('a', called, raw({ ...values, [name]: value }));
        if (status >= 500) faults.push(`${called}(${name} := ${raw(value).slice(0, 60)}): ${status} ${text.slice(0, 200)}`);
    });
    t.diagnostic(`${calls.length} calls`);
    assert.deepEqual(faults, []);
});

test('hostile payloads', async () => {
    const hostile = [...HOSTILE.jsonb, { position: 1, label: '\u0001\u{10FFFF}' }, { position: 1e300 }, { '': 1, position: 1 }, { position: 1, ['k'.repeat(5000)]: CANARY },
        { position: '1; drop table', label: CANARY }, { __proto__: null, position: 1 }, { position: Number.MAX_SAFE_INTEGER + 1 }, { position: 1.5, label: CANARY }];
    for (const value of hostile) {
        await refused('a', 'log_event', payload(value));
        await refused('a', 'try_log_event', payload(value));
        await refused('a', 'log_events', { events: [payload(value), value, [value]] });
    }
});

test('tokens that are not ours: 401, and no role that was not given', async () => {
    for (const Authorization of ['Bearer x', 'Bearer x.y.z', 'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.']) {
        assert.equal((await request('anon', 'rpc/current_tenant', { headers: { Authorization } })).status, 401, Authorization);
    }
});

// Every read function, by POST and by GET, as a tenant: its answer is that of SQL under the same role and claims.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CALLERS, TENANT, expectedOf, pathOf, pool, post, readFunctions, request, resolved } from './api.js';
import { AS_TEXT, FOR_OWNERS, callOf } from './calls.js';

after(() => pool.end());
const functions = (await readFunctions()).filter(({ name }) => !FOR_OWNERS.includes(name) && !AS_TEXT.includes(name));
// A set of JSON documents has no column to order by or to name.
const tables = functions.filter(({ isSet, results }) => isSet && results.length);
const byName = Object.fromEntries(functions.map((one) => [one.name, one]));
// Every role may call these: they say nothing about events.
const FOR_EVERYBODY = ['current_tenant', 'as_id', 'kpi_kinds', 'log_visibility', 'current_user_id'];
const MAY_BE_EMPTY = ['item_statistics', 'alert_history', 'notification_history', 'destination_status', 'export_status', 'import_progress', 'tracked_tables', 'student_report', 'rejection_summary', 'sampling_rates', 'ingestion_alerts', 'drift_report', 'tenant_usage'];
// Any JSON is a payload to them, a string too.
const OF_ANY_JSON = ['redact', 'correlation_of'];
const isJson = (args, values) => args.some(({ name, type }) => type === 'jsonb' && name in values);

/** An answer without what changes from one moment to the next: rates per second up to now, and how long items have waited. */
const still = (answer) => JSON.parse(JSON.stringify(answer ?? null, (key, value) => {
    if (key.endsWith('_per_second') || key === 'seconds_open') return undefined;
    return value && typeof value === 'object' && 'oldest_seconds' in value ? { ...value, oldest_seconds: 0, median_seconds: 0 } : value;
}));

for (const caller of ['a', 'b']) {
    test(`POST answers what SQL answers, as tenant ${caller}`, async (t) => {
        for (const one of functions) {
            const values = await resolved(callOf(one));
            const { status, json, text } = await post(caller, one.name, values);
            assert.equal(status, 200, `${one.name}: ${text}`);
            assert.deepEqual(json, await expectedOf(caller, one, values), one.name);
            assert.ok(caller === 'b' || !one.isSet || json.length || MAY_BE_EMPTY.includes(one.name), `${one.name} answers nothing`);
        }
        t.diagnostic(`${functions.length} functions`);
    });
}

test('GET answers what POST answers', async () => {
    for (const one of functions) {
        const values = await resolved(callOf(one));
        const { status, json, text } = await request('a', pathOf(one.name, values));
        if (isJson(one.args, values) && !OF_ANY_JSON.includes(one.name)) {
            // PostgREST 12 hands a jsonb argument of a GET over as a JSON string: refused, never misunderstood.
            assert.equal(status, 400, `${one.name}: ${text}`);
        } else {
            assert.equal(status, 200, `${one.name}: ${text}`);
            if (OF_ANY_JSON.includes(one.name)) continue;
            assert.deepEqual(json, await expectedOf('a', one, values), one.name);
        }
    }
});

test('order, limit, offset and count=exact', async () => {
    for (const one of tables) {
        const values = await resolved(callOf(one));
        const columns = one.results.map(({ name }) => name);
        const order = columns.map((column) => `${column}.desc.nullslast`).join(',');
        const path = `rpc/${one.name}?${new URLSearchParams({ order, limit: '2', offset: '1' })}`;
        const { status, json, text, headers } = await request('a', path, { body: values, headers: { Prefer: 'count=exact' } });
        const all = await expectedOf('a', one, values);
        assert.ok(all.length <= 1 || [200, 206].includes(status), `${one.name}: ${status} ${text}`);
        assert.ok(status < 500, `${one.name}: ${text}`);
        if (status >= 400) continue; // an offset beyond the last row
        const tail = `order by ${columns.map((column) => `"${column}" desc nulls last`)} limit 2 offset 1`;
        assert.deepEqual(json, await expectedOf('a', one, values, tail), one.name);
        assert.equal(headers.get('content-range').split('/')[1], String(all.length), one.name);
    }
});

test('pages put together are the whole', async () => {
    const whole = (await post('a', 'user_sessions', callOf(byName.user_sessions))).json;
    const pages = [];
    for (let offset = 0; offset < whole.length; offset += 7) {
        const query = new URLSearchParams({ order: 'tenant_id,actor_id,started_at', limit: '7', offset: String(offset) });
        pages.push(...(await request('a', `rpc/user_sessions?${query}`, { body: callOf(byName.user_sessions) })).json);
    }
    const key = (row) => `${row.tenant_id} ${row.actor_id} ${row.started_at}`;
    assert.deepEqual(pages, whole.sort((x, y) => (key(x) < key(y) ? -1 : 1)));
});

test('CSV has the columns, and a line for each row', async () => {
    for (const one of tables) {
        const values = await resolved(callOf(one));
        const { status, text } = await request('a', `rpc/${one.name}`, { body: values, headers: { Accept: 'text/csv' } });
        const rows = await expectedOf('a', one, values);
        assert.equal(status, 200, `${one.name}: ${text}`);
        if (!rows.length) continue; // PostgreSQL has no columns for no rows
        assert.equal(text.split('\n')[0], one.results.map(({ name }) => name).join(','), one.name);
        assert.ok(text.trimEnd().split('\n').length >= rows.length + 1, one.name);
    }
});

test('columns can be chosen and filtered', async () => {
    const { status, json } = await request('a', 'rpc/event_volume?select=bucket,event_name,events&event_name=eq.paid&events=gt.0', {
        body: callOf(byName.event_volume) });
    assert.equal(status, 200, JSON.stringify(json));
    const all = (await post('a', 'event_volume', callOf(byName.event_volume))).json;
    assert.deepEqual(json, all.filter((row) => row.event_name === 'paid' && row.events > 0).map(({ bucket, event_name, events }) => ({ bucket, event_name, events })));
});

test('an explicit null is an argument left out', async (t) => {
    let compared = 0;
    for (const one of functions) {
        const values = await resolved(callOf(one));
        for (const { name, has_default: hasDefault } of one.args) {
            const { [name]: _, ...without } = values;
            const asNull = await post('a', one.name, { ...without, [name]: null });
            assert.ok(asNull.status < 500, `${one.name}(${name} := null): ${asNull.status} ${asNull.text}`);
            if (!hasDefault) continue; // PostgREST looks for a function without this argument: 404
            const leftOut = await post('a', one.name, without);
            assert.deepEqual([asNull.status, still(asNull.json)], [leftOut.status, still(leftOut.json)], `${one.name}: ${name}`);
            compared += 1;
        }
    }
    t.diagnostic(`${compared} arguments`);
});

test('a tenant cannot ask for another, nor for nobody', async () => {
    for (const one of functions.filter(({ args }) => args.some(({ name }) => name === 'tenant'))) {
        const values = await resolved(callOf(one));
        const answer = await post('b', one.name, { ...values, tenant: TENANT.a });
        assert.deepEqual(answer.json, await expectedOf('b', one, { ...values, tenant: TENANT.a }), one.name);
        const text = JSON.stringify(answer.json);
        assert.ok(!text.includes(TENANT.a), `${one.name}: ${text.slice(0, 200)}`);
    }
    const stranger = { role: 'authenticated', sub: 'x', user_metadata: { tenant_id: TENANT.a } };
    CALLERS.stranger = stranger;
    const { json } = await post('stranger', 'event_volume', { since: '2025-03-03', until: '2025-04-12' });
    assert.equal(json.reduce((sum, { events }) => sum + events, 0), 0);
});

test('service_role sees both tenants together', async () => {
    const total = async (caller) => (await post(caller, 'event_volume', callOf(byName.event_volume))).json.reduce((sum, row) => sum + row.events, 0);
    const [all, a, b] = [await total('service'), await total('a'), await total('b')];
    assert.equal(all, a + b);
    assert.ok(a > b && b > 0);
});

test('anon reads nothing', async () => {
    for (const one of functions.filter(({ name }) => !FOR_EVERYBODY.includes(name))) {
        const { status, json } = await post('anon', one.name, await resolved(callOf(one)));
        assert.deepEqual([status, json.code], [401, '42501'], one.name);
    }
});

test('the log itself: a tenant reads its own events, anon none, and nobody writes', async () => {
    const own = await request('a', 'events?select=tenant_id', {});
    assert.deepEqual([...new Set(own.json.map((row) => row.tenant_id))], [TENANT.a]);
    assert.equal((await request('anon', 'events')).status, 401);
    for (const caller of ['anon', 'a', 'service']) {
        for (const [method, path] of [['POST', 'events'], ['PATCH', 'events?event_name=eq.viewed'], ['DELETE', 'events?event_name=eq.viewed']]) {
            const { status, json } = await request(caller, path, { method, body: { event_name: 'viewed' } });
            assert.deepEqual([status, json.code], [caller === 'anon' ? 401 : 403, '42501'], `${caller} ${method}`);
        }
    }
});

// What clients log arrives as it should: through @supabase/postgrest-js, as each of the callers.
import { PostgrestClient } from '@supabase/postgrest-js';
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CALLERS, CANARY, SCHEMA, TENANT, URL_OF_API, headersOf, pool, post, request } from './api.js';

after(() => pool.end());
const clientOf = (caller) => new PostgrestClient(URL_OF_API, { headers: headersOf(caller), schema: SCHEMA });
const NIL = '00000000-0000-0000-0000-000000000000';

async function stored(eventId) {
    const { rows } = await pool.query('select tenant_id, user_id, event_name, payload, source, seq from telemetry.events where event_id = $1', [eventId]);
    return rows;
}

test('log_event: the event is the tenant\'s and the user\'s of the token', async () => {
    for (const caller of ['a', 'b']) {
        const { data, error, status } = await clientOf(caller).rpc('log_event', {
            event_name: 'clicked', payload: { position: 3, label: CANARY }, source: 'web', seq: 7 });
        assert.deepEqual([error, status], [null, 200]);
        assert.deepEqual(await stored(data), [{
            tenant_id: TENANT[caller], user_id: CALLERS[caller].sub, event_name: 'clicked',
            payload: { position: 3, label: CANARY }, source: 'web', seq: 7 }]);
    }
});

test('log_event: anon logs for the only tenant and for no user, service_role for whom it says', async () => {
    const anon = await clientOf('anon').rpc('log_event', { event_name: 'viewed' });
    const [{ tenant_id, user_id }] = await stored(anon.data);
    assert.deepEqual([tenant_id, user_id], [NIL, null]);
    const service = await clientOf('service').rpc('log_event', { event_name: 'billed', tenant_id: TENANT.b, user_id: CALLERS.b.sub });
    assert.deepEqual([service.error, (await stored(service.data))[0].tenant_id], [null, TENANT.b]);
});

test('log_event: an explicit null is an argument left out', async () => {
    const names = ['payload', 'user_id', 'session_id', 'subject_id', 'tenant_id', 'source', 'client_ts', 'seq', 'event_version', 'event_id'];
    const { data, error } = await clientOf('a').rpc('log_event', { event_name: 'viewed', ...Object.fromEntries(names.map((name) => [name, null])) });
    assert.equal(error, null);
    assert.deepEqual((await stored(data))[0], { tenant_id: TENANT.a, user_id: CALLERS.a.sub, event_name: 'viewed', payload: {}, source: null, seq: null });
});

test('log_event: a retry under the same id is stored once', async () => {
    const call = { event_name: 'viewed', event_id: '3c7d2a52-6f3e-4f0e-9d55-6a1f6c2b8e01', payload: { n: 1 } };
    for (let attempt = 0; attempt < 3; attempt += 1) {
        const { data, error } = await clientOf('a').rpc('log_event', call);
        assert.deepEqual([data, error], [call.event_id, null]);
    }
    assert.equal((await stored(call.event_id)).length, 1);
    const other = await clientOf('a').rpc('log_event', { ...call, payload: { n: 2 } });
    assert.deepEqual([other.status, other.error.code], [409, '23505']);
});

test('log_events: elements with differing keys, good beside bad', async () => {
    const events = [
        { event_name: 'clicked', payload: { position: 1 } },
        { event_name: 'viewed', session_id: '00000000-0000-4000-8000-00000000005e', seq: 1, client_ts: '2025-01-01T00:00:00Z' },
        { event_name: 'clicked', payload: { position: -1, label: CANARY }, source: 'web' },
        { event_name: 'nowhere', payload: { label: CANARY } },
        { event_id: '3c7d2a52-6f3e-4f0e-9d55-6a1f6c2b8e01', event_name: 'viewed', payload: { n: 1 } },
    ];
    const { data, error, status } = await clientOf('a').rpc('log_events', { events });
    assert.deepEqual([error, status], [null, 200]);
    assert.deepEqual([data.accepted, data.rejected, data.duplicates], [2, 2, 1]);
    assert.deepEqual(data.rejected_reasons_sample.map(({ reason, element }) => [reason, element]), [['wrong_value', 3], ['unknown_event', 4]]);
    assert.ok(!JSON.stringify(data).includes(CANARY));
});

test('log_events: a clock and a source that cannot be read cost no event; a batch that is too large leaves a trace', async () => {
    const kept = async () => (await pool.query(`select count(*)::int as n from telemetry.rejections where reason = 'batch_too_large'`)).rows[0].n;
    const doubtful = [{ event_name: 'viewed', client_ts: 'noon' }, { event_name: 'viewed', source: 'moon' }, { event_name: 'viewed', client_ts: 1772413200000 }];
    const { data } = await clientOf('a').rpc('log_events', { events: doubtful });
    assert.deepEqual([data.accepted, data.warnings_sample.map(({ reason, element, count }) => [reason, element, count])],
        [3, [['unreadable_argument', 1, 2], ['unknown_source', 2, 1]]]);
    const before = await kept();
    const many = await clientOf('a').rpc('log_events', { events: Array(51).fill({ event_name: 'viewed' }) });
    assert.deepEqual([many.data.accepted, many.data.rejected, many.data.rejected_reasons_sample[0].reason], [0, 51, 'batch_too_large']);
    assert.equal(await kept(), before + 1);
});

test('log_events: nothing, and null, are zeros', async () => {
    for (const events of [[], null]) {
        const { data, error } = await clientOf('a').rpc('log_events', { events });
        assert.deepEqual([data, error], [{ accepted: 0, rejected: 0, duplicates: 0, rejected_reasons_sample: [], warnings_sample: [] }, null]);
    }
});

test('try_log_event: null for what is refused, which is kept', async () => {
    const kept = async () => (await pool.query(`select count(*)::int as n from telemetry.rejections where event_name = 'unheard_of'`)).rows[0].n;
    const before = await kept();
    const { data, error, status } = await clientOf('a').rpc('try_log_event', { event_name: 'unheard_of', payload: { label: CANARY } });
    assert.deepEqual([data, error], [null, null]);
    assert.ok(status < 300);
    assert.equal(await kept(), before + 1);
});

test('a suspended tenant, and one at its daily limit, are told so', async () => {
    const tenant = '00000000-0000-4000-8000-00000000000c';
    CALLERS.c = { ...CALLERS.a, app_metadata: { tenant_id: tenant } };
    const ordered = await clientOf('service').rpc('set_tenant', { tenant_id: tenant, events_per_day: 1 });
    assert.equal(ordered.error, null);
    assert.equal((await clientOf('c').rpc('log_event', { event_name: 'viewed' })).error, null);
    const more = await clientOf('c').rpc('log_event', { event_name: 'viewed' });
    await clientOf('service').rpc('set_tenant', { tenant_id: tenant, status: 'suspended' });
    const suspended = await clientOf('c').rpc('log_event', { event_name: 'viewed' });
    assert.deepEqual([more, suspended].map(({ status, error }) => [status, error.code]), [[403, '42501'], [403, '42501']]);
    assert.ok(more.error.hint && suspended.error.hint);
    assert.equal((await clientOf('a').rpc('set_tenant', { tenant_id: tenant, status: 'active' })).status, 403);
});

test('the trap of a bare array: a batch is never taken for one event in silence', async () => {
    const events = [{ event_name: 'viewed' }, { event_name: 'viewed' }];
    const batch = await post('a', 'log_events', events);
    assert.deepEqual([batch.status, batch.json.code], [404, 'PGRST202']);
    // PostgREST itself keeps the first alone, and says 200: docs/supabase.md warns.
    const count = async () => (await pool.query('select count(*)::int as n from telemetry.events')).rows[0].n;
    const before = await count();
    assert.equal((await post('a', 'log_event', events)).status, 200);
    assert.equal(await count(), before + 1);
});

test('a GET runs read only: log_event refuses it, try_log_event says null and stores nothing', async () => {
    const refused = await request('a', 'rpc/log_event?event_name=viewed');
    assert.deepEqual([refused.status, refused.json.code], [405, '25006']);
    const tried = await request('a', 'rpc/try_log_event?event_name=viewed');
    assert.deepEqual([tried.status, tried.json], [200, null]);
});

test('a text argument that begins with an operator is a filter on GET, and text on POST', async () => {
    const asFilter = await request('a', 'rpc/top_values?payload_key=eq.plan');
    assert.ok(asFilter.status >= 400 && asFilter.status < 500, asFilter.text);
    const asText = await post('a', 'top_values', { payload_key: 'eq.plan' });
    assert.deepEqual([asText.status, asText.json], [200, []]);
});

test('Prefer: return=minimal answers without a body', async () => {
    const { status, text } = await post('a', 'log_event', { event_name: 'viewed' }, { Prefer: 'return=minimal' });
    assert.ok(status < 300, `${status} ${text}`);
});

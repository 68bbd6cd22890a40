// Sixteen clients at once: every event that was answered is in the log, once, and nothing answers 5xx.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TENANT, pool, post, together } from './api.js';

after(() => pool.end());
const CLIENTS = 16;

async function stored(kind) {
    const { rows } = await pool.query(
        `select tenant_id, count(*)::int as events, count(distinct payload ->> 'n')::int as numbers, count(distinct event_id)::int as ids
           from telemetry.events where event_name = 'loaded' and payload ->> 'kind' = $1 group by 1 order by 1`, [kind]);
    return rows.map((row) => [row.tenant_id, row.events, row.numbers, row.ids]);
}

test('2,000 log_event calls from 16 clients of two tenants', async () => {
    await together(CLIENTS, 2000, async (n) => {
        const { status, text } = await post(n % 2 ? 'b' : 'a', 'log_event', { event_name: 'loaded', payload: { kind: 'single', n } });
        assert.equal(status, 200, text);
    });
    assert.deepEqual(await stored('single'), [[TENANT.a, 1000, 1000, 1000], [TENANT.b, 1000, 1000, 1000]]);
});

test('200 batches of 50 from 16 clients, one of fifty invalid', async () => {
    await together(CLIENTS, 200, async (batch) => {
        const events = Array.from({ length: 50 }, (_, place) => ({
            event_name: place ? 'loaded' : 'unheard_of', payload: { kind: 'batch', n: batch * 50 + place } }));
        const { status, text, json } = await post(batch % 2 ? 'b' : 'a', 'log_events', { events });
        assert.equal(status, 200, text);
        assert.deepEqual([json.accepted, json.rejected, json.duplicates], [49, 1, 0]);
    });
    assert.deepEqual(await stored('batch'), [[TENANT.a, 4900, 4900, 4900], [TENANT.b, 4900, 4900, 4900]]);
    const { rows } = await pool.query(`select count(*)::int as n from telemetry.rejections where event_name = 'unheard_of' and event -> 'payload' ->> 'kind' = 'batch'`);
    assert.equal(rows[0].n, 200);
});

test('the KPIs count them all at once', async () => {
    for (const caller of ['a', 'b']) {
        const rows = (await post(caller, 'event_volume', { events: ['loaded'] })).json;
        assert.equal(rows.reduce((sum, { events }) => sum + events, 0), 5900);
    }
});

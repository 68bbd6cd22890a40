// user_data() and tenant_data(): files that a browser stores, each caller's own.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { TENANT, inSql, pool, post, request } from './api.js';

after(() => pool.end());
const get = (caller, path) => request(caller, path, { headers: { Accept: 'text/html,*/*;q=0.8' } });
const linesOf = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
const someone = async () => (await inSql('service', 'select user_id, tenant_id, count(*)::integer as events from telemetry.events where user_id is not null group by 1, 2 order by 3 desc, 1, 2 limit 1'))[0];

test('a copy is a file of JSON lines that is not stored on the way', async () => {
    const { user_id: user, tenant_id: tenant, events } = await someone();
    for (const asked of [get('service', `rpc/user_data?user_id=${user}&tenant=${tenant}`), post('service', 'user_data', { user_id: user, tenant })]) {
        const { status, text, headers } = await asked;
        assert.equal(status, 200, text);
        assert.equal(headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
        assert.equal(headers.get('content-disposition'), `attachment; filename="user-${user}.jsonl"`);
        assert.equal(headers.get('x-content-type-options'), 'nosniff');
        assert.equal(headers.get('cache-control'), 'no-store');
        const lines = linesOf(text);
        assert.equal(lines.filter(({ line }) => line === 'event').length, events);
        assert.equal(lines.at(-1).sha256, createHash('sha256').update(text.slice(0, text.indexOf('{"line":"end"'))).digest('hex'));
    }
});

test('the copy of somebody of another tenant is that of nobody', async () => {
    const { user_id: user, tenant_id: tenant } = await someone();
    const stranger = tenant === TENANT.a ? 'b' : 'a';
    const own = linesOf((await get(stranger, `rpc/user_data?user_id=${user}`)).text).filter(({ line }) => line === 'event');
    assert.ok(own.every(({ tenant_id: theirs }) => theirs === TENANT[stranger]));
    const asked = async (id) => (await get(stranger, `rpc/user_data?user_id=${id}&tenant=${tenant}`)).text.replaceAll(id, 'ID').replace(/"sha256":"[^"]*"/, '');
    assert.equal(await asked(user), await asked('00000000-0000-4000-8000-00000000dead'));
    assert.equal((await get('anon', `rpc/user_data?user_id=${user}`)).status, 401);
});

test('a tenant gets its own pages, and the last one says that they are all there', async () => {
    let next = {};
    let events = 0;
    while (next) {
        const { status, text, headers } = await get('a', `rpc/tenant_data?${new URLSearchParams({ tenant: TENANT.a, most: 500, ...next })}`);
        assert.equal(status, 200, text);
        assert.match(headers.get('content-disposition'), new RegExp(`^attachment; filename="tenant-${TENANT.a}-\\d+\\.jsonl"$`));
        const lines = linesOf(text);
        assert.ok(lines.every((line) => line.line !== 'event' || line.tenant_id === TENANT.a));
        events += lines.at(-1).events;
        next = lines.at(-1).next;
        if (!next) assert.equal(events, lines.at(-1).events_of_all_pages);
    }
    assert.ok(events > 0);
    const other = linesOf((await get('a', `rpc/tenant_data?tenant=${TENANT.b}`)).text);
    assert.deepEqual(other.map(({ line }) => line), ['about', 'end']);
});

// metrics(): what Prometheus scrapes, whatever it accepts, and each caller its own.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TENANT, pool, post, request } from './api.js';
import { parse } from './exposition.js';

after(() => pool.end());
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
// Of Prometheus 2 and 3, as they send it.
const ACCEPTED = ['*/*', 'text/plain', 'text/plain;version=0.0.4;q=1,*/*;q=0.1',
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1'];
const scrape = (caller, query = '', more = {}) => request(caller, `rpc/metrics${query}`, more);
/** Without what differs from one moment to the next. */
const lasting = (samples) => samples.filter(({ metric }) => !/seconds|recent|alert|size|lag/.test(metric));

test('the body is the text itself, for every Accept header, by GET and by POST', async () => {
    for (const Accept of ACCEPTED) {
        for (const body of [undefined, {}, { tenant: null }]) {
            const { status, text, headers } = await scrape('a', '', { body, headers: { Accept } });
            assert.equal(status, 200, text);
            assert.equal(headers.get('content-type'), CONTENT_TYPE, Accept);
            assert.match(text, /^# HELP telemetry_build_info /);
        }
    }
});

test('a strict parser reads the samples of metric_samples()', async () => {
    for (const caller of ['a', 'b', 'service']) {
        const parsed = parse((await scrape(caller)).text);
        const rows = (await post(caller, 'metric_samples')).json;
        assert.deepEqual(lasting(parsed), lasting(rows));
        assert.deepEqual(parsed.map(({ metric, labels }) => ({ metric, labels })), rows.map(({ metric, labels }) => ({ metric, labels })));
    }
});

test('the parser is strict', () => {
    for (const wrong of ['a 1', 'a 1\n', '# TYPE a gauge\n# TYPE a gauge\na 1\n', '# TYPE a gauge\na{b="c"d"} 1\n', '# TYPE a gauge\na{b="\\x"} 1\n',
        '# TYPE a gauge\na one\n', '# TYPE a gauge\na 1\na 1\n', '# TYPE a gauge\n\na 1\n', '# TYPE a gauge\na 1', '# TYPE a gauge\nb 1\n',
        '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{c="d"} 1\n', '# TYPE 1a gauge\n1a 1\n', '# TYPE a colour\na 1\n', '{"a": 1}\n']) {
        assert.throws(() => parse(wrong), undefined, wrong);
    }
});

test('a tenant is told of itself, the installation to service_role, nothing to anon', async () => {
    const total = (samples) => samples.filter(({ metric }) => metric === 'telemetry_events').reduce((sum, { value }) => sum + value, 0);
    const [a, b, all] = await Promise.all(['a', 'b', 'service'].map(async (caller) => parse((await scrape(caller)).text)));
    assert.ok(total(a) > 0 && total(b) > 0);
    const { rows } = await pool.query('select count(*)::integer as events from telemetry.events');
    assert.equal(total(all), rows[0].events);
    assert.equal(total(parse((await scrape('service', `?tenant=${TENANT.a}`)).text)), total(a));
    assert.equal(total(parse((await scrape('b', `?tenant=${TENANT.a}`)).text)), 0);
    const names = (samples) => new Set(samples.map(({ metric }) => metric));
    assert.ok(names(all).has('telemetry_size_bytes') && names(all).has('telemetry_cursor_lag_seconds'));
    assert.ok(!names(a).has('telemetry_size_bytes') && !names(a).has('telemetry_cursor_lag_seconds'));
    const { status, json } = await scrape('anon');
    assert.deepEqual([status, json.code], [401, '42501']);
});

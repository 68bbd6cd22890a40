// The JavaScript client in Node, through PostgREST, over a wire that breaks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTelemetry } from './js/telemetry.js';
import { numbers, pool, startWire, storedUnder } from './network.js';

let wire;
before(async () => { wire = await startWire(); });
after(async () => { await wire.stop(); await pool.end(); });

function track(telemetry, label, from, to) {
    for (const n of numbers(from, to)) telemetry.track('clicked', { label, n });
}

test('events arrive, in order, with what track() was told', async () => {
    const telemetry = createTelemetry({ url: wire.url, source: 'api' });
    track(telemetry, 'plain', 1, 120);
    await telemetry.flush();
    assert.deepEqual([telemetry.pending(), telemetry.dropped], [0, 0]);
    assert.deepEqual(await storedUnder('plain'), numbers(1, 120));
    const { rows } = await pool.query(`select bool_and((payload ->> 'n')::int = seq) as in_order, count(distinct session_id)::int as sessions, min(source) as source
                                         from telemetry.events where payload ->> 'label' = 'plain'`);
    assert.deepEqual(rows[0], { in_order: true, sessions: 1, source: 'api' });
});

for (const way of ['cut', 'mute']) {
    test(`a network that is ${way === 'cut' ? 'gone' : 'gone when the answer comes'}: each event is stored once`, async (t) => {
        t.mock.method(Math, 'random', () => 0); // no pauses between tries
        const telemetry = createTelemetry({ url: wire.url });
        track(telemetry, way, 1, 30);
        await telemetry.flush();
        await wire.set(way);
        track(telemetry, way, 31, 105);
        await telemetry.flush();
        assert.deepEqual([telemetry.pending() > 0, telemetry.dropped], [true, 0]);
        await wire.set('pass');
        await telemetry.flush();
        assert.deepEqual([telemetry.pending(), telemetry.dropped], [0, 0]);
        assert.deepEqual(await storedUnder(way), numbers(1, 105));
    });
}

test('what is rejected is not sent again', async () => {
    const telemetry = createTelemetry({ url: wire.url });
    telemetry.track('clicked', { label: 'rejected', n: 'one' });
    telemetry.track('clicked', { label: 'rejected', n: 2 });
    await telemetry.flush();
    assert.deepEqual([telemetry.pending(), telemetry.dropped], [0, 0]);
    assert.deepEqual(await storedUnder('rejected'), [2]);
});

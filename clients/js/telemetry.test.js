// What the user of telemetry.js gets. Run: npm test
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { createTelemetry, restSender, supabaseSender } from './telemetry.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ACCEPTED = { accepted: 1, rejected: 0, duplicates: 0, rejected_reasons_sample: [] };

/** A telemetry whose timers stand still, and what it sent. outcomes: of each call: an error or an answer. */
function setUp(t, { outcomes = [], ...options } = {}) {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-01-20T12:34:56Z') });
    t.mock.method(Math, 'random', () => 0.999);
    t.mock.method(console, 'debug', () => {});
    const sent = [];
    const page = Object.assign(new EventTarget(), { document: { visibilityState: 'visible' } });
    const send = async (events) => {
        sent.push(events);
        const outcome = outcomes.shift();
        if (outcome instanceof Error) throw outcome;
        return outcome ?? ACCEPTED;
    };
    return { telemetry: createTelemetry({ send, page, ...options }), sent, page };
}

/** A storage as browsers have it: what it keeps are members of its own. */
class Kept {
    constructor(items = {}) { Object.assign(this, items); }
    getItem(key) { return this[key] ?? null; }
    setItem(key, value) { this[key] = value; }
    removeItem(key) { delete this[key]; }
    key(n) { return Object.keys(this)[n] ?? null; }
}

/** A storage of one's own, of the declared type and no more. */
const mapStorage = (map) => ({
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => { map.set(key, value); },
    removeItem: (key) => { map.delete(key); },
    key: (n) => [...map.keys()][n],
});

/** Lets promises run, then the clock, then promises again. */
async function pass(t, ms = 0) {
    for (const step of [0, ms]) {
        t.mock.timers.tick(step);
        await new Promise((done) => setImmediate(done));
    }
}

function trackMany(telemetry, count) {
    for (let n = 1; n <= count; n += 1) telemetry.track('tick', { n });
}

const failure = (status) => Object.assign(new Error('failed'), { status });
const ids = (events) => events.map((event) => event.event_id);

test('an event has its name, payload, source, session, number, time and an id of its own', async (t) => {
    const { telemetry, sent } = setUp(t);
    telemetry.track('lesson_started', { course: 'sql' }, { subject_id: '6f1c1c80-0a57-4a5c-9a52-0d6c3f2f8a11' });
    telemetry.track('lesson_completed');
    await telemetry.flush();
    const [{ event_id, session_id, ...rest }, second] = sent[0];
    assert.deepEqual(rest, {
        event_name: 'lesson_started', payload: { course: 'sql' }, subject_id: '6f1c1c80-0a57-4a5c-9a52-0d6c3f2f8a11',
        source: 'web', seq: 1, client_ts: '2026-01-20T12:34:56.000Z',
    });
    assert.match(event_id, UUID);
    assert.match(session_id, UUID);
    assert.deepEqual([second.payload, second.seq, second.session_id], [{}, 2, session_id]);
    assert.notEqual(second.event_id, event_id);
});

test('an id that is undefined is the default: no event goes without an id', async (t) => {
    const { telemetry, sent } = setUp(t, { source: 'mobile' });
    telemetry.track('tick', {}, { event_id: undefined, session_id: undefined, source: undefined });
    telemetry.track('tick', {}, { event_id: null });
    telemetry.track('tick', {}, { event_id: 'an-id', session_id: 'a-session', source: 'server' });
    await telemetry.flush();
    const [first, second, third] = sent[0];
    for (const event of [first, second]) for (const id of [event.event_id, event.session_id]) assert.match(id, UUID);
    assert.equal(first.source, 'mobile');
    assert.deepEqual([third.event_id, third.session_id, third.source], ['an-id', 'a-session', 'server']);
});

test('the tenth event flushes', async (t) => {
    const { telemetry, sent } = setUp(t);
    trackMany(telemetry, 9);
    await pass(t);
    assert.equal(sent.length, 0);
    telemetry.track('tick');
    assert.equal(sent.length, 1);
    assert.equal(sent[0].length, 10);
    assert.equal(telemetry.pending(), 10);
    await pass(t);
    assert.equal(telemetry.pending(), 0);
});

test('one event is sent after 12 seconds, and nothing when there is nothing', async (t) => {
    const { telemetry, sent } = setUp(t);
    telemetry.track('tick');
    await pass(t, 11_999);
    assert.equal(sent.length, 0);
    await pass(t, 1);
    assert.equal(sent.length, 1);
    await pass(t, 60_000);
    assert.equal(sent.length, 1);
});

test('the 12 seconds begin with the first event that waits', async (t) => {
    const { telemetry, sent } = setUp(t);
    telemetry.track('first');
    await pass(t, 6000);
    await telemetry.flush();
    telemetry.track('second');
    await pass(t, 11_999);
    assert.equal(sent.length, 1);
    await pass(t, 1);
    assert.equal(sent.length, 2);
});

test('submit: flush() sends what waits and resolves when it is delivered', async (t) => {
    const { telemetry, sent } = setUp(t);
    await telemetry.flush();
    assert.equal(sent.length, 0);
    trackMany(telemetry, 3);
    await telemetry.flush();
    assert.deepEqual([sent.length, sent[0].length, telemetry.pending()], [1, 3, 0]);
});

test('a hidden page sends before the event handler ends, once', async (t) => {
    const { telemetry, sent, page } = setUp(t);
    trackMany(telemetry, 3);
    page.dispatchEvent(new Event('visibilitychange'));
    assert.equal(sent.length, 0, 'still visible');
    page.document.visibilityState = 'hidden';
    page.dispatchEvent(new Event('visibilitychange'));
    page.dispatchEvent(new Event('pagehide'));
    assert.deepEqual([sent.length, sent[0].length], [1, 3]);
    await pass(t);
    assert.equal(sent.length, 1);
});

test('page hide waits neither for a flush in flight nor for the pause before a retry', async (t) => {
    const { telemetry, sent, page } = setUp(t, { outcomes: [failure()] });
    telemetry.track('first');
    telemetry.flush();
    await pass(t);
    telemetry.track('second');
    page.dispatchEvent(new Event('pagehide'));
    await pass(t);
    assert.deepEqual(sent.map((events) => events[0].event_name), ['first', 'second', 'first']);
});

test('page hide uses sendOnHide where it is given; false, as from sendBeacon, is retried by send', async (t) => {
    const beacons = [];
    const { telemetry, sent, page } = setUp(t, { sendOnHide: (events) => beacons.push(events) > 1 });
    telemetry.track('first');
    page.dispatchEvent(new Event('pagehide'));
    await pass(t, 1000);
    assert.deepEqual([beacons.length, sent.length], [1, 1]);
    assert.deepEqual(beacons[0], sent[0]);
    telemetry.track('second');
    page.dispatchEvent(new Event('pagehide'));
    await pass(t, 1000);
    assert.deepEqual([beacons.length, sent.length, telemetry.pending()], [2, 1, 0]);
});

for (const status of [undefined, 401, 408, 429, 500, 503]) {
    test(`${status ?? 'no network'}: two retries with the same ids, within 1 and 2 s, then the timer's turn`, async (t) => {
        const { telemetry, sent } = setUp(t, { outcomes: [failure(status), failure(status), failure(status)] });
        trackMany(telemetry, 2);
        const flushed = telemetry.flush();
        await pass(t, 998);
        assert.equal(sent.length, 1);
        await pass(t, 1);
        assert.equal(sent.length, 2);
        await pass(t, 1997);
        assert.equal(sent.length, 2);
        await pass(t, 1);
        assert.equal(sent.length, 3);
        await flushed;
        assert.deepEqual([telemetry.pending(), telemetry.dropped], [2, 0], 'nothing is lost');
        await pass(t, 12_000);
        assert.deepEqual([sent.length, telemetry.pending(), telemetry.dropped], [4, 0, 0]);
        for (const again of sent.slice(1)) assert.deepEqual(ids(again), ids(sent[0]));
    });
}

test('a retry that succeeds drops nothing', async (t) => {
    const { telemetry, sent } = setUp(t, { outcomes: [failure(503)] });
    telemetry.track('tick');
    telemetry.flush();
    await pass(t, 1000);
    assert.deepEqual([sent.length, telemetry.pending(), telemetry.dropped], [2, 0, 0]);
});

for (const thrown of [undefined, null, '', 0, false]) {
    test(`a sender that fails with ${JSON.stringify(thrown)} fails for a time`, async (t) => {
        let calls = 0;
        const { telemetry } = setUp(t, { send: () => { calls += 1; return calls <= 3 ? Promise.reject(thrown) : ACCEPTED; } });
        telemetry.track('tick');
        const flushed = telemetry.flush();
        await pass(t, 1000);
        await pass(t, 2000);
        await flushed;
        assert.deepEqual([calls, telemetry.pending(), telemetry.dropped], [3, 1, 0]);
        await telemetry.flush();
        assert.deepEqual([calls, telemetry.pending(), telemetry.dropped], [4, 0, 0]);
    });
}

for (const status of [400, 403, 404, 413]) {
    test(`a ${status} is not retried: its batch is dropped, the next one is sent`, async (t) => {
        const { telemetry, sent } = setUp(t, { outcomes: [failure(status)] });
        telemetry.track('first');
        await telemetry.flush();
        telemetry.track('second');
        await telemetry.flush();
        await pass(t, 60_000);
        assert.deepEqual([sent.length, telemetry.pending(), telemetry.dropped], [2, 0, 1]);
    });
}

test('at most 50 events a batch, one batch in flight at a time', async (t) => {
    let answer;
    const batches = [];
    const send = (events) => new Promise((resolve) => { batches.push(events.length); answer = resolve; });
    const { telemetry } = setUp(t, { send });
    trackMany(telemetry, 130);
    telemetry.flush();
    for (const expected of [[10], [10, 50], [10, 50, 50], [10, 50, 50, 20]]) {
        await pass(t);
        assert.deepEqual(batches, expected);
        answer(ACCEPTED);
    }
    await pass(t);
    assert.equal(telemetry.pending(), 0);
});

test('at most 60,000 bytes a batch, which a page that goes may still send', async (t) => {
    const { telemetry, sent } = setUp(t);
    for (let n = 0; n < 30; n += 1) telemetry.track('long', { text: 'ü'.repeat(1900) });
    await telemetry.flush();
    for (const events of sent) assert.ok(Buffer.byteLength(JSON.stringify({ events })) < 65_536);
    assert.equal(sent.flat().length, 30);
});

test('while nothing gets through, the pauses double up to 5 minutes, and the 1000 newest events wait', async (t) => {
    let isDown = true;
    const times = [];
    const send = async () => { times.push(Date.now()); if (isDown) throw failure(); return ACCEPTED; };
    const { telemetry } = setUp(t, { send });
    trackMany(telemetry, 10);
    for (let second = 0; second < 1800; second += 1) await pass(t, 1000);
    assert.deepEqual([telemetry.pending(), telemetry.dropped], [10, 0]);
    // The first of each three tries.
    const begins = times.filter((_, n) => n % 3 === 0);
    const pauses = begins.slice(1).map((time, n) => Math.round((time - begins[n]) / 1000));
    assert.deepEqual(pauses, [15, 27, 51, 99, 195, 303, 303, 303, 303]);
    trackMany(telemetry, 1005);
    await pass(t);
    assert.deepEqual([telemetry.pending(), telemetry.dropped], [1000, 15]);
    isDown = false;
    await telemetry.flush();
    assert.deepEqual([telemetry.pending(), telemetry.dropped], [0, 15], 'the network is back');
});

test('what waits is sent at once when the browser is online again', async (t) => {
    const { telemetry, sent, page } = setUp(t, { outcomes: [failure(), failure(), failure()] });
    telemetry.track('tick');
    telemetry.flush();
    await pass(t, 1000);
    await pass(t, 2000);
    assert.deepEqual([sent.length, telemetry.pending()], [3, 1]);
    page.dispatchEvent(new Event('online'));
    await pass(t);
    assert.deepEqual([sent.length, telemetry.pending()], [4, 0]);
});

test('an event that may have been stored a week ago is not sent again: the database would count it twice', async (t) => {
    const { telemetry, sent } = setUp(t, { outcomes: [failure(), failure(), failure()] });
    telemetry.track('old');
    telemetry.flush();
    await pass(t, 1000);
    await pass(t, 2000);
    t.mock.timers.setTime(Date.now() + 6 * 86_400_000);
    telemetry.track('new');
    await telemetry.flush();
    assert.deepEqual([sent.length, sent.at(-1)[0].event_name, telemetry.dropped], [4, 'new', 1]);
});

test('what is too old is not sent when something newer comes first', async (t) => {
    const now = Date.parse('2026-01-20T12:34:56Z');
    const items = [[{ event_id: 'new' }, now - 1000], [{ event_id: 'old' }, now - 7 * 86_400_000], [{ event_id: 'newer' }, now]];
    const { telemetry, sent } = setUp(t, { storage: () => new Kept({ 'telemetry:x': JSON.stringify(items) }) });
    await telemetry.flush();
    assert.deepEqual([sent.map(ids), telemetry.dropped], [[['new', 'newer']], 1]);
});

test('after a page hid offline, the oldest of too many events go', async (t) => {
    let isDown = true;
    const sent = [];
    const send = async (events) => { if (isDown) throw failure(); sent.push(...events); };
    const { telemetry, page } = setUp(t, { send });
    trackMany(telemetry, 1000);
    page.dispatchEvent(new Event('pagehide'));
    for (const ms of [1000, 2000, 0]) await pass(t, ms);
    trackMany(telemetry, 5);
    assert.deepEqual([telemetry.pending(), telemetry.dropped], [1000, 5]);
    isDown = false;
    await telemetry.flush();
    assert.deepEqual(sent.map(({ seq }) => seq), Array.from({ length: 1000 }, (_, n) => n + 6));
});

test('track never throws, and counts what it could not keep', async (t) => {
    const { telemetry, sent } = setUp(t, { send: () => { throw new Error('a broken sender'); } });
    const circular = {};
    circular.self = circular;
    for (const args of [['a', circular], ['b', { big: 1n }], ['c', { get x() { throw new Error('x'); } }]]) {
        assert.doesNotThrow(() => telemetry.track(...args));
    }
    assert.equal(telemetry.dropped, 3);
    for (const args of [[], ['d', null], ['e', {}, null], [Symbol('f')]]) {
        assert.doesNotThrow(() => telemetry.track(...args));
    }
    trackMany(telemetry, 10);
    await pass(t, 1000);
    await pass(t, 2000);
    assert.equal(sent.length, 0);
    assert.equal(telemetry.pending() + telemetry.dropped, 17);
});

test('what PostgreSQL cannot store as text does not spoil the batch', async (t) => {
    const { telemetry, sent } = setUp(t);
    telemetry.track('typed', { text: 'a\0b', half: 'x\uD83D', whole: '\u{1F600}' });
    await telemetry.flush();
    assert.deepEqual(sent[0][0].payload, { text: 'a\uFFFDb', half: 'x\uFFFD', whole: '\u{1F600}' });
});

test('nor does a key, and what only looks like an escape stays', async (t) => {
    const { telemetry, sent } = setUp(t);
    const kept = { path: 'C:\\u0000\\\\ud83d"\n', '\\u0000': '\u00E9' };
    telemetry.track('typed', { 'a\0b': { ['x\uDE00']: [{ '\0': new String('\0') }] }, kept });
    await telemetry.flush();
    assert.deepEqual(sent[0][0].payload, { 'a\uFFFDb': { 'x\uFFFD': [{ '\uFFFD': '\uFFFD' }] }, kept });
});

test('a payload is sent as it was when it was tracked', async (t) => {
    const { telemetry, sent } = setUp(t);
    const payload = { position: 1 };
    telemetry.track('moved', payload);
    payload.position = 2;
    await telemetry.flush();
    assert.equal(sent[0][0].payload.position, 1);
});

test('rejected events go to console.debug, with the reasons, and are not sent again', async (t) => {
    const sample = [{ reason: 'missing_key', message: 'event "tick": key "n" is missing', element: 1, count: 1 }];
    const answer = { accepted: 0, rejected: 1, duplicates: 0, rejected_reasons_sample: sample };
    const { telemetry, sent } = setUp(t, { outcomes: [answer] });
    telemetry.track('tick');
    await telemetry.flush();
    assert.deepEqual(console.debug.mock.calls.map((call) => call.arguments), [['telemetry: rejected', sample]]);
    assert.deepEqual([sent.length, telemetry.dropped], [1, 0]);
});

test('without consent nothing is kept or sent, and consent counts from then on', async (t) => {
    const storage = new Kept({ 'telemetry:before': '[[{"event_name":"kept"},1768912490000]]', own: 'x' });
    const { telemetry, sent, page } = setUp(t, { consent: false, storage: () => storage });
    trackMany(telemetry, 20);
    page.dispatchEvent(new Event('pagehide'));
    await pass(t, 60_000);
    assert.deepEqual([sent.length, telemetry.pending(), telemetry.dropped, { ...storage }], [0, 0, 0, { own: 'x' }]);
    telemetry.setConsent(true);
    telemetry.track('agreed');
    await telemetry.flush();
    assert.deepEqual(sent.flat().map(({ event_name, seq }) => [event_name, seq]), [['agreed', 1]]);
});

test('consent that is withdrawn forgets what waits, what is between two tries, and the session', async (t) => {
    const storage = new Kept();
    const { telemetry, sent } = setUp(t, { outcomes: [failure()], storage: () => storage });
    telemetry.track('first');
    telemetry.flush();
    await pass(t);
    telemetry.track('second');
    telemetry.setConsent(false);
    await pass(t, 60_000);
    assert.deepEqual([sent.length, telemetry.pending(), telemetry.dropped, { ...storage }], [1, 0, 0, {}]);
    telemetry.setConsent(true);
    telemetry.track('third');
    await telemetry.flush();
    assert.equal(sent[1].length, 1);
    assert.notEqual(sent[1][0].session_id, sent[0][0].session_id);
});

test('no event leaves that waited for headers() when consent was withdrawn or the user signed out', async (t) => {
    t.mock.method(globalThis, 'fetch', async () => Response.json(ACCEPTED));
    for (const forget of [(telemetry) => telemetry.setConsent(false), (telemetry) => telemetry.reset()]) {
        let answer;
        const headers = () => new Promise((resolve) => { answer = resolve; });
        const { telemetry } = setUp(t, { send: restSender({ url: '', headers }) });
        telemetry.track('tick');
        const flushed = telemetry.flush();
        forget(telemetry);
        answer({});
        await flushed;
        assert.deepEqual([fetch.mock.callCount(), telemetry.pending(), telemetry.dropped], [0, 0, 0]);
        t.mock.timers.reset();
    }
});

test('after reset(), flush() sends what the next user did while the last one still waits', async (t) => {
    const answers = [], sent = [];
    const send = (events) => new Promise((resolve) => { sent.push(events[0].event_name); answers.push(resolve); });
    const { telemetry } = setUp(t, { send });
    telemetry.track('first');
    const old = telemetry.flush();
    telemetry.reset();
    telemetry.track('second');
    const flushed = telemetry.flush();
    assert.deepEqual(sent, ['first', 'second']);
    answers[0](ACCEPTED);
    await old;
    assert.equal(telemetry.pending(), 1);
    assert.equal(telemetry.flush(), flushed, 'the end of the first flush leaves the second one');
    answers[1](ACCEPTED);
    await flushed;
    assert.deepEqual([sent.length, telemetry.pending()], [2, 0]);
});

test('with a storage, the next page sends what this one could not, under the same ids', async (t) => {
    const storage = new Kept();
    const down = Array.from({ length: 4 }, () => failure());
    const first = setUp(t, { outcomes: down, storage: () => storage });
    first.telemetry.track('tick', { n: 1 });
    first.page.dispatchEvent(new Event('pagehide'));
    assert.equal(Object.keys(storage).length, 1, 'it is stored before anything is answered');
    await pass(t, 1000);
    const sent = [];
    const second = createTelemetry({ send: async (events) => { sent.push(events); return ACCEPTED; }, storage: () => storage, page: {} });
    assert.equal(second.pending(), 1);
    await second.flush();
    assert.deepEqual(sent[0], first.sent[0]);
    assert.deepEqual([{ ...storage }, second.pending()], [{}, 0]);
});

test('a storage of the declared type is read back, and cleared when consent is withdrawn', async (t) => {
    const map = new Map([['own', 'x']]);
    const storage = () => mapStorage(map);
    const first = setUp(t, { storage, outcomes: [failure(), failure(), failure()] });
    first.telemetry.track('tick');
    first.page.dispatchEvent(new Event('pagehide'));
    assert.equal(map.size, 2);
    const next = createTelemetry({ send: async () => ACCEPTED, storage, page: {} });
    assert.deepEqual([next.pending(), map.size], [1, 2]);
    next.setConsent(false);
    assert.deepEqual([...map], [['own', 'x']]);
});

test('a storage that cannot name its keys keeps nothing', async (t) => {
    const map = new Map();
    const { telemetry, page } = setUp(t, { storage: () => ({ ...mapStorage(map), key: undefined }) });
    telemetry.track('tick');
    page.dispatchEvent(new Event('pagehide'));
    await pass(t);
    assert.deepEqual([map.size, telemetry.pending()], [0, 0]);
});

test('an event that two pages left is taken over once', async (t) => {
    const item = [{ event_id: 'one' }, Date.parse('2026-01-20T12:34:00Z')];
    const other = [{ event_id: 'two' }, item[1]];
    const storage = new Kept({ 'telemetry:a': JSON.stringify([item]), 'telemetry:b': JSON.stringify([item, other]) });
    const { telemetry, sent } = setUp(t, { storage: () => storage });
    await telemetry.flush();
    assert.deepEqual([sent.map(ids), { ...storage }], [[['one', 'two']], {}]);
});

test('a storage that is forbidden, full or broken costs nothing', async (t) => {
    const refuse = () => { throw new Error('forbidden'); };
    for (const storage of [refuse, () => undefined, () => Object.assign(new Kept({ 'telemetry:x': '{' }), { setItem: refuse })]) {
        const { telemetry, page, sent } = setUp(t, { storage });
        telemetry.track('tick');
        page.dispatchEvent(new Event('pagehide'));
        await pass(t);
        assert.deepEqual([sent.flat().length, telemetry.pending()], [1, 0]);
        t.mock.timers.reset();
        t.mock.restoreAll();
    }
});

test('on a server that renders pages there is no page: it is made and tracks all the same', async () => {
    const sent = [];
    const telemetry = createTelemetry({ send: async (events) => { sent.push(...events); }, storage: () => localStorage });
    telemetry.track('rendered');
    await telemetry.flush();
    assert.equal(sent[0].event_name, 'rendered');
});

test('a program ends by itself: at once where nothing gets through, and else when all is sent', () => {
    const program = (send) => `
        import { createTelemetry } from ${JSON.stringify(new URL('./telemetry.js', import.meta.url).href)};
        Math.random = () => 0;
        const telemetry = createTelemetry({ send: ${send} });
        for (let n = 0; n < 10; n += 1) telemetry.track('tick');`;
    for (const [send, printed] of [['async (events) => { console.log(events.length); }', '10\n'], ['() => { throw new Error(); }', '']]) {
        const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program(send)], { encoding: 'utf8', timeout: 10_000 });
        assert.deepEqual([status, stdout.replaceAll(/^telemetry.*\n|^ .*\n/gm, '')], [0, printed]);
    }
});

test('restSender posts an object with the array in it, to the schema telemetry, with keepalive', async (t) => {
    t.mock.method(globalThis, 'fetch', async () => Response.json(ACCEPTED));
    let token = 'one';
    const send = restSender({ url: 'https://api.example.com', headers: () => ({ Authorization: `Bearer ${token}` }) });
    token = 'two';
    assert.deepEqual(await send([{ event_name: 'tick' }]), ACCEPTED);
    const [url, request] = fetch.mock.calls[0].arguments;
    assert.equal(url, 'https://api.example.com/rpc/log_events');
    assert.deepEqual(JSON.parse(new TextDecoder().decode(request.body)), { events: [{ event_name: 'tick' }] });
    assert.deepEqual([request.method, request.keepalive, request.headers], ['POST', true, {
        'Content-Type': 'application/json', 'Content-Profile': 'telemetry', Authorization: 'Bearer two',
    }]);
});

test('restSender fails with the status', async (t) => {
    t.mock.method(globalThis, 'fetch', async () => Response.json({ code: '42501' }, { status: 403 }));
    await assert.rejects(restSender({ url: '' })([]), { status: 403 });
});

test('restSender takes a url with a slash at its end, and follows no redirect', async (t) => {
    t.mock.method(globalThis, 'fetch', async () => Response.json(ACCEPTED));
    await restSender({ url: 'https://api.example.com/rest/v1/' })([]);
    const [url, request] = fetch.mock.calls[0].arguments;
    assert.deepEqual([url, request.redirect], ['https://api.example.com/rest/v1/rpc/log_events', 'error']);
});

test('headers() that fails is a failure for a time, whatever its status', async (t) => {
    t.mock.method(globalThis, 'fetch', async () => Response.json(ACCEPTED));
    for (const headers of [() => { throw failure(400); }, () => Promise.reject(failure(403)), () => Promise.reject()]) {
        const { telemetry } = setUp(t, { send: restSender({ url: '', headers }) });
        telemetry.track('tick');
        telemetry.flush();
        for (const ms of [1000, 2000, 0]) await pass(t, ms);
        assert.deepEqual([fetch.mock.callCount(), telemetry.pending(), telemetry.dropped], [0, 1, 0]);
        t.mock.timers.reset();
    }
});

test('an answer that is not of log_events() is a failure, without a status', async (t) => {
    for (const answer of [null, {}, [ACCEPTED], 'ok', { accepted: '1' }]) {
        t.mock.method(globalThis, 'fetch', async () => Response.json(answer));
        const client = { schema: () => ({ rpc: () => ({ abortSignal: async () => ({ data: answer, error: null, status: 200 }) }) }) };
        for (const send of [restSender({ url: '' }), supabaseSender(client)]) {
            await assert.rejects(send([]), ({ message, status }) => message === 'not an answer of log_events()' && status === undefined);
        }
    }
});

for (const status of [302, 304]) {
    test(`a ${status} is a failure for a time`, async (t) => {
        const { telemetry } = setUp(t, { outcomes: [failure(status)] });
        telemetry.track('tick');
        telemetry.flush();
        await pass(t);
        assert.deepEqual([telemetry.pending(), telemetry.dropped], [1, 0]);
    });
}

test('supabaseSender calls the RPC in the schema telemetry and fails with the status', async () => {
    const calls = [];
    const client = (result) => ({
        schema: (schema) => ({
            rpc: (name, args) => ({ abortSignal: async () => { calls.push([schema, name, args]); return result; } }),
        }),
    });
    assert.deepEqual(await supabaseSender(client({ data: ACCEPTED, error: null, status: 200 }))([]), ACCEPTED);
    assert.deepEqual(calls, [['telemetry', 'log_events', { events: [] }]]);
    const failing = client({ data: null, error: { message: 'no' }, status: 503 });
    await assert.rejects(supabaseSender(failing)([]), { status: 503 });
});

test('supabaseSender sends nothing any more when consent goes, also while the client waits for its token', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const signals = [];
    const client = { schema: () => ({ rpc: () => ({ abortSignal: (signal) => {
        signals.push(signal);
        return new Promise((answer) => signal.addEventListener('abort', () => answer({ data: null, error: { message: 'aborted' }, status: 0 })));
    } }) }) };
    const telemetry = createTelemetry({ send: supabaseSender(client) });
    telemetry.track('tick');
    const sent = telemetry.flush();
    assert.deepEqual(signals.map(({ aborted }) => aborted), [false]);
    telemetry.setConsent(false);
    await sent;
    assert.deepEqual([signals.map(({ aborted }) => aborted), telemetry.pending()], [[true], 0]);

    const late = new AbortController();
    late.abort();
    await assert.rejects(supabaseSender({ schema: () => ({ rpc: () => ({ abortSignal: async ({ aborted }) => ({ error: { message: `${aborted}` } }) }) }) })([], late.signal), /true/);

    const slow = supabaseSender(client)([]);
    t.mock.timers.tick(10_000);
    await assert.rejects(slow, ({ message, status }) => message === 'aborted' && !status);
});

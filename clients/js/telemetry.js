// Telemetry in a browser or in Node: events are queued and sent in batches to telemetry.log_events(). Nothing here throws or makes
// the page wait. An event carries an id, so that one that is sent twice counts once, and it stays in the queue until the database
// has answered. README.md tells how to use it, telemetry.d.ts what each option means, telemetry.test.js what it does.
const FLUSH_AT = 10; // events
const FLUSH_AFTER = 12_000; // ms
const BATCH_EVENTS = 50; // what log_events() takes from a client
const BATCH_BYTES = 60_000; // browsers refuse more than 64 KiB with keepalive
const QUEUE_EVENTS = 1000;
const RETRIES = 2; // before the timer takes over
const RETRY_BASE = 1000; // ms
const MOST_PAUSE = 300_000; // ms
const TIMEOUT = 10_000; // ms
const MOST_AGE = 6 * 86_400_000; // ms; the database knows an id again for 7 days
const PREFIX = 'telemetry:'; // of keys in the storage

export function createTelemetry({
    url, headers, send = restSender({ url, headers }), sendOnHide = send, source = 'web', sessionId, consent = true, storage,
    page = globalThis,
}) {
    // What waits, and what is on its way: {event, bytes, at}.
    let queue = [];
    const underWay = new Set();
    const sleepers = new Set();
    let session = sessionId;
    let life = new AbortController(); // ends with reset()
    let seq = 0, dropped = 0, failures = 0, flushing = null, timer = null, storageKey = null;

    function track(eventName, payload = {}, ids = {}) {
        if (!consent) return;
        seq += 1; // also of an event that is dropped: the gap shows it
        try {
            session ??= crypto.randomUUID();
            // Without an id a retry would count twice: neither undefined nor null takes its place.
            const { event_id, session_id = session, source: from = source, ...others } = ids ?? {};
            const own = { ...others, event_id: event_id ?? crypto.randomUUID(), session_id, source: from };
            add({ ...own, event_name: eventName, payload, client_ts: new Date().toISOString(), seq }, Date.now());
            if (queue.length >= FLUSH_AT && !failures) flush();
            startTimer();
        } catch (error) {
            drop([eventName], error);
        }
    }

    function add(event, at) {
        // A copy: the caller may go on changing its payload.
        const text = storable(JSON.stringify(event));
        queue.push({ event: JSON.parse(text), bytes: new TextEncoder().encode(text).length + 1, at });
        limit();
    }

    // Batches come back in any order, and what another page left comes late: the oldest go.
    function limit() {
        queue.sort((a, b) => a.at - b.at || a.event.seq - b.event.seq);
        if (queue.length > QUEUE_EVENTS) drop(queue.splice(0, queue.length - QUEUE_EVENTS), 'the queue is full');
    }

    // One at a time: a second call joins the first, except over a reset().
    function flush() {
        const { signal } = life;
        flushing ??= drain(send).finally(() => {
            if (signal.aborted) return;
            flushing = null;
            save(failures > 0);
            startTimer();
        });
        return flushing;
    }

    async function drain(transport) {
        clearTimeout(timer);
        timer = null;
        for (let batch; (batch = takeBatch()).length && await deliver(batch, transport););
    }

    function takeBatch() {
        const isFresh = ({ at }) => at > Date.now() - MOST_AGE;
        drop(queue.filter((item) => !isFresh(item)), 'too old');
        queue = queue.filter(isFresh);
        let count = 0, bytes = 0;
        while (count < Math.min(queue.length, BATCH_EVENTS) && (bytes += queue[count].bytes) <= BATCH_BYTES) count += 1;
        return queue.splice(0, Math.max(count, 1));
    }

    // Whether to go on with the next batch.
    async function deliver(batch, transport) {
        const { signal } = life;
        for (const item of batch) underWay.add(item);
        const failure = await attempts(batch.map(({ event }) => event), transport, signal);
        if (signal.aborted) return false; // forgotten meanwhile
        for (const item of batch) underWay.delete(item);
        if (!failure) {
            failures = 0;
        } else if (isTemporary(failure)) {
            failures += 1;
            queue.unshift(...batch);
            limit();
            return false;
        } else {
            drop(batch, failure);
        }
        return true;
    }

    // Null, or the error of the last attempt: an object, whatever was thrown.
    async function attempts(events, transport, signal) {
        for (let attempt = 0; ; attempt += 1) {
            try {
                const answer = await transport(events, signal);
                if (answer === false) throw new Error('not taken by the browser');
                if (answer?.rejected) console.debug('telemetry: rejected', answer.rejected_reasons_sample);
                return null;
            } catch (thrown) {
                const error = Object(thrown);
                if (signal.aborted) return null;
                if (attempt === RETRIES || !isTemporary(error)) return error;
            }
            transport = send;
            await new Promise((wake) => {
                sleepers.add(wake);
                setTimeout(() => { sleepers.delete(wake); wake(); }, Math.random() * RETRY_BASE * 2 ** attempt);
            });
            if (signal.aborted) return null;
        }
    }

    function drop(events, reason) {
        if (!events.length) return;
        dropped += events.length;
        console.debug('telemetry: dropped', events.length, reason);
    }

    // While nothing gets through, the pause doubles, and does not keep a program running.
    function startTimer() {
        if (!queue.length || timer || flushing) return;
        // Pages that lost one server must not come back to it together.
        const share = failures ? (1 + Math.random()) / 2 : 1;
        timer = setTimeout(flush, share * Math.min(FLUSH_AFTER * 2 ** Math.max(failures - 1, 0), MOST_PAUSE));
        if (failures) timer.unref?.();
    }

    // Nothing waits for an earlier flush or for a pause between tries: the page may not come back.
    function leave() {
        for (const wake of sleepers) wake();
        for (let batch; (batch = takeBatch()).length;) deliver(batch, sendOnHide).then(() => { save(failures > 0); startTimer(); });
        save(true);
    }

    // What waits, and what nobody has answered yet, under a key of this page's own. keep: whether to begin with that.
    function save(keep) {
        if (!consent || !storage || !(keep || storageKey)) return;
        guarded(() => {
            storage().key(0); // throws where what is kept could not be found again
            const items = [...underWay, ...queue];
            storageKey ??= PREFIX + crypto.randomUUID();
            if (items.length) {
                storage().setItem(storageKey, JSON.stringify(items.map(({ event, at }) => [event, at])));
            } else {
                storage().removeItem(storageKey);
            }
        });
    }

    // Takes over what pages before this one left. A page that lives still sends it too: it counts once.
    function load() {
        if (!consent || !storage) return;
        guarded(() => {
            // Two pages may have left the same event.
            const known = new Set([...underWay, ...queue].map(({ event }) => event.event_id));
            const take = ([event, at]) => {
                if (!known.has(event.event_id)) add(event, at);
                known.add(event.event_id);
            };
            for (const key of savedKeys()) {
                guarded(() => JSON.parse(storage().getItem(key)).forEach(take));
                storage().removeItem(key);
            }
        });
        save(queue.length > 0);
        startTimer();
    }

    function savedKeys() {
        const keys = [];
        for (let key; (key = storage().key(keys.length) ?? null) !== null;) keys.push(key);
        return keys.filter((key) => key.startsWith(PREFIX));
    }

    function reset() {
        life.abort();
        life = new AbortController();
        queue.length = seq = failures = 0;
        underWay.clear();
        session = sessionId;
        clearTimeout(timer);
        timer = storageKey = flushing = null;
        for (const wake of sleepers) wake();
        if (storage) guarded(() => { for (const key of savedKeys()) storage().removeItem(key); });
    }

    function setConsent(given) {
        if (!given) reset();
        if (given !== consent) {
            consent = given;
            load();
        }
    }

    page.addEventListener?.('visibilitychange', () => { if (page.document?.visibilityState === 'hidden') leave(); });
    page.addEventListener?.('pagehide', leave);
    page.addEventListener?.('online', flush);
    if (consent) load(); else reset();

    const pending = () => queue.length + underWay.size;
    return { track, flush, setConsent, reset, pending, get dropped() { return dropped; } };
}

/** Posts to PostgREST. */
export function restSender({ url, headers = {} }) {
    return async (events, signal) => {
        // An object around the array: PostgREST reads a body's keys as the names of the arguments.
        const body = new TextEncoder().encode(JSON.stringify({ events }));
        let own = headers;
        try {
            if (typeof headers === 'function') own = await headers();
        } catch (cause) {
            throw new Error('headers() failed', { cause }); // its status says nothing of the batch
        }
        signal?.throwIfAborted(); // consent or the user may have gone meanwhile
        const response = await fetch(`${`${url}`.replace(/\/+$/, '')}/rpc/log_events`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'Content-Profile': 'telemetry', ...own },
            body,
            keepalive: body.length < 65_536, // outlives the page; sendBeacon cannot set headers
            redirect: 'error', // it would be followed as GET
            signal: AbortSignal.timeout(TIMEOUT),
        });
        if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status });
        return checked(await response.json());
    };
}

/** Calls through a supabase-js client, which needs a fetch with keepalive: README.md. */
export function supabaseSender(client) {
    return async (events, signal) => {
        const call = client.schema('telemetry').rpc('log_events', { events });
        // The client may wait for a token of its own, while consent or the user goes.
        const life = new AbortController();
        const end = () => life.abort();
        const timer = setTimeout(end, TIMEOUT);
        if (signal?.aborted) end();
        signal?.addEventListener('abort', end);
        try {
            const { data, error, status } = await call.abortSignal(life.signal);
            if (error) throw Object.assign(new Error(error.message), { status });
            return checked(data);
        } finally {
            clearTimeout(timer);
            signal?.removeEventListener('abort', end);
        }
    };
}

// A proxy or a sign-in page may answer with 200 as well.
function checked(answer) {
    if (typeof answer?.accepted !== 'number') throw new Error('not an answer of log_events()');
    return answer;
}

// Without a status the network failed. After 401 the next try has a new token. Any other 4xx says that the same request would fail
// again.
const isTemporary = ({ status }) => !(status >= 400 && status < 500) || [401, 408, 429].includes(status);

// The storage may be full, forbidden or not there: then nothing is kept beyond the page.
function guarded(task) {
    try {
        task();
    } catch (error) {
        console.debug('telemetry: storage', error);
    }
}

// jsonb takes no NUL and no half of a surrogate pair, in a value or a key: one of them would make the whole batch unreadable. JSON has
// them as escapes, and so is each other escape read, lest the second half of an escaped backslash begin one.
const storable = (json) => json.replace(/\\(u0000|ud[89a-f]..)|\\./g, (escape, bad) => (bad ? '\uFFFD' : escape));

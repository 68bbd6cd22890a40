// Telemetry in a browser: events are queued and sent in batches to telemetry.log_events(). Best effort: nothing here
// throws or makes the page wait; what cannot be sent is dropped and counted. An event carries an id, so that one that
// is sent twice counts once. Needs https or localhost (crypto.randomUUID). Tests: telemetry.test.js.
//
//     const telemetry = createTelemetry({ send: restSender({ url: 'https://api.example.com', headers }) });
//     telemetry.track('lesson_started', { course: 'sql', lesson: 'joins' });
const FLUSH_AT = 10; // events
const FLUSH_AFTER = 12_000; // ms
const BATCH_EVENTS = 50; // what log_events() takes from a client
const BATCH_BYTES = 60_000; // browsers refuse more than 64 KiB with keepalive
const QUEUE_EVENTS = 1000;
const RETRIES = 2;
const RETRY_BASE = 1000; // ms
const TIMEOUT = 10_000; // ms

/**
 * send(events): a promise of log_events()'s answer; fails with an error that has the HTTP `status`, if there was one.
 * sendOnHide(events): the same where the page may be gone at once; false, as from navigator.sendBeacon, is a failure.
 * sessionId: a uuid; by default a new one for each page load.
 */
export function createTelemetry({ send, sendOnHide = send, source = 'web', sessionId, page = globalThis }) {
    const queue = [];
    const sleepers = new Set();
    let seq = 0, underWay = 0, dropped = 0, flushing = null, timer = null, unreachable = false;

    /** ids: subject_id, session_id and so on, by the names of log_events(). */
    function track(eventName, payload = {}, ids = {}) {
        seq += 1; // also of an event that is dropped: the gap shows it
        try {
            sessionId ??= crypto.randomUUID();
            const own = { event_id: crypto.randomUUID(), session_id: sessionId, source, ...ids };
            const event = { ...own, event_name: eventName, payload, client_ts: new Date().toISOString(), seq };
            // A copy: the caller may go on changing its payload.
            const text = JSON.stringify(event, storable);
            queue.push({ event: JSON.parse(text), bytes: new TextEncoder().encode(text).length + 1 });
            if (queue.length > QUEUE_EVENTS) drop(queue.splice(0, 1), 'the queue is full');
            if (queue.length >= FLUSH_AT && !unreachable) flush(send);
            startTimer();
        } catch (error) {
            drop([eventName], error);
        }
    }

    /** Resolves when everything tracked so far is sent or given up. One at a time: a second call joins the first. */
    function flush(transport) {
        if (queue.length > 0) flushing ??= drain(transport).finally(() => { flushing = null; });
        return flushing ?? Promise.resolve();
    }

    async function drain(transport) {
        clearTimeout(timer);
        timer = null;
        while (queue.length > 0) {
            const batch = takeBatch();
            underWay += batch.length;
            const failure = await deliver(batch, transport);
            underWay -= batch.length;
            if (failure) drop(batch, failure);
            unreachable = failure !== null && isTemporary(failure);
            if (unreachable) break; // the rest waits for the timer
        }
        startTimer();
    }

    function takeBatch() {
        let count = 0, bytes = 0;
        while (count < Math.min(queue.length, BATCH_EVENTS) && (bytes += queue[count].bytes) <= BATCH_BYTES) count += 1;
        return queue.splice(0, Math.max(count, 1)).map(({ event }) => event);
    }

    /** Null, or the error with which the batch was given up. */
    async function deliver(batch, transport) {
        for (let attempt = 0; ; attempt += 1) {
            try {
                const answer = await transport(batch);
                if (answer === false) throw new Error('not taken by the browser');
                if (answer?.rejected) console.debug('telemetry: rejected', answer.rejected_reasons_sample);
                return null;
            } catch (error) {
                if (attempt === RETRIES || !isTemporary(error)) return error;
            }
            transport = send;
            await new Promise((wake) => {
                sleepers.add(wake);
                setTimeout(() => { sleepers.delete(wake); wake(); }, Math.random() * RETRY_BASE * 2 ** attempt);
            });
        }
    }

    function drop(events, reason) {
        dropped += events.length;
        console.debug('telemetry: dropped', events.length, reason);
    }

    function startTimer() {
        if (queue.length > 0) timer ??= setTimeout(() => { timer = null; flush(send); }, FLUSH_AFTER);
    }

    // Nothing waits for an earlier flush or for a pause between tries: the page may not come back.
    function leave() {
        for (const wake of sleepers) wake();
        if (flushing) drain(sendOnHide); else flush(sendOnHide);
    }
    page.addEventListener?.('visibilitychange', () => { if (page.document.visibilityState === 'hidden') leave(); });
    page.addEventListener?.('pagehide', leave);

    const pending = () => queue.length + underWay;
    return { track, flush: () => flush(send), pending, get dropped() { return dropped; } };
}

/** Posts to PostgREST. headers: an object, or a function that returns one, for a token that changes. */
export function restSender({ url, headers = {} }) {
    return async (events) => {
        // An object around the array: PostgREST reads a body's keys as the names of the arguments.
        const body = new TextEncoder().encode(JSON.stringify({ events }));
        const own = typeof headers === 'function' ? headers() : headers;
        const response = await fetch(`${url}/rpc/log_events`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'Content-Profile': 'telemetry', ...own },
            body,
            keepalive: body.length < 65_536, // outlives the page; sendBeacon cannot set headers
            signal: AbortSignal.timeout(TIMEOUT),
        });
        if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { status: response.status });
        return response.json();
    };
}

/** Calls through a supabase-js client, which needs a fetch with keepalive: docs/clients.md. */
export function supabaseSender(client) {
    return async (events) => {
        const call = client.schema('telemetry').rpc('log_events', { events });
        const { data, error, status } = await call.abortSignal(AbortSignal.timeout(TIMEOUT));
        if (error) throw Object.assign(new Error(error.message), { status });
        return data;
    };
}

/** Without a status the network failed. Any other 4xx says that the same request would fail again. */
const isTemporary = ({ status }) => !status || status === 408 || status === 429 || status >= 500;

// jsonb takes no NUL and no half of a surrogate pair: one of them would make the whole batch unreadable.
const storable = (key, value) => (typeof value === 'string' ? value.replace(/\0|\p{Surrogate}/gu, '\uFFFD') : value);

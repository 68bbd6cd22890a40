/** What log_events() answers of a batch. */
export interface Answer {
    accepted: number;
    rejected: number;
    duplicates: number;
    rejected_reasons_sample?: unknown[];
}

/** An element of the batch that log_events() takes. */
export interface LoggedEvent extends Ids {
    event_name: string;
    payload: unknown;
    client_ts: string;
    seq: number;
}

/** Arguments of log_event() that track() takes besides name and payload. Undefined is as if left out. */
export interface Ids {
    /** Leave it out with a user's token: it is the token's sub. */
    user_id?: string;
    session_id?: string;
    subject_id?: string;
    tenant_id?: string;
    source?: string;
    event_version?: number;
    /** By default a new one, made when the event happens. */
    event_id?: string;
}

/**
 * Sends a batch. It fails with an error that has the HTTP `status`, if there was one: without it, and after 401, 408, 429 and 5xx, the
 * batch is sent again. False, as from navigator.sendBeacon, is a failure too. The signal is aborted when consent is withdrawn or the
 * user signs out: look at it after anything that is awaited before the events leave.
 */
export type Send = (events: LoggedEvent[], signal?: AbortSignal) => Promise<Answer | boolean | void> | Answer | boolean | void;

export type Headers = Record<string, string>;

export interface Options {
    /** Of PostgREST, for instance https://api.example.com or https://PROJECT.supabase.co/rest/v1. */
    url?: string;
    /** Of each request; a function where a token changes. */
    headers?: Headers | (() => Headers | Promise<Headers>);
    /** Instead of url and headers. */
    send?: Send;
    /** Where the page may be gone at once; by default send. */
    sendOnHide?: Send;
    /** By default web. */
    source?: string;
    /** A uuid; by default a new one for each page load. */
    sessionId?: string;
    /** False: nothing is kept or sent before setConsent(true). By default true. */
    consent?: boolean;
    /** Where events that wait survive the page, for instance () => localStorage; by default nowhere. */
    storage?: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & {
        /** The nth key; null or undefined where there are no more. */
        key(n: number): string | null | undefined;
    };
    /** Whose events tell that the page hides or the network is back; by default globalThis. */
    page?: object;
}

/** A payload that may be empty may be left out. */
type Rest<Payload> = {} extends Payload ? [payload?: Payload, ids?: Ids] : [payload: Payload, ids?: Ids];

/** Events: the payload of each event by name, as telemetry.client_types('typescript') writes them. */
export interface Telemetry<Events extends object = Record<string, Record<string, unknown>>> {
    track<Name extends keyof Events & string>(eventName: Name, ...rest: Rest<Events[Name]>): void;
    /** Sends what waits. Resolves when it is answered, or could not be sent and waits for the next try. */
    flush(): Promise<void>;
    /** False: forgets what waits and the session, in the storage too, and tracks nothing more. */
    setConsent(given: boolean): void;
    /** Forgets what waits and the session, for instance when a user signs out: await flush() first. */
    reset(): void;
    /** How many events are not answered yet. */
    pending(): number;
    /** How many events were given up: refused as a whole batch, too many or too old. */
    readonly dropped: number;
}

export function createTelemetry<Events extends object = Record<string, Record<string, unknown>>>(
    options: Options,
): Telemetry<Events>;

/** Posts to PostgREST. */
export function restSender(options: { url: string; headers?: Options['headers'] }): Send;

/** Calls through a supabase-js client. */
export function supabaseSender(client: { schema(name: string): any }): Send;

// A courier as a Supabase Edge Function: it claims what is due, signs it, sends it, tells the database what became of it, and
// returns. Let pg_cron call it each minute by pg_net; a call that is lost costs a minute. How to: docs/outbound.md.
//
//   supabase functions deploy courier
//   supabase secrets set TELEMETRY_SECRET_CRM=whsec_...
//
// It calls with the service role, which telemetry.enable_supabase() lets claim; the schema telemetry must be exposed by the API.
// fetch() resolves names by itself, so that this courier judges what a url says and not where its name leads: let administrators
// alone register destinations. telemetry-courier, the binary, pins addresses.

declare const Deno: {
    env: { get(name: string): string | undefined };
    serve(handler: (request: Request) => Promise<Response>): unknown;
};

type Delivery = {
    ticket: string; delivery_id: string; destination: string; kind: string; url: string; secret_name: string | null;
    order_key: string | null; headers: Record<string, string>; body: string; timeout_seconds: number;
};
type Result = { ticket: string; status_code?: number; error?: string; retry_after_seconds?: number };

const env = (name: string) => Deno.env.get(name) ?? '';
const key = env('SUPABASE_SERVICE_ROLE_KEY');
const allowPrivate = env('TELEMETRY_ALLOW_PRIVATE') === 'yes';
// A function lives 150 seconds on the free plan, and a batch has to end within its lease of 60.
const LIVES = 100_000;
// Mail is sent by telemetry-courier: an Edge Function may not connect to the ports of mail servers.
const KINDS = ['webhook', 'posthog', 'segment', 'slack', 'alertmanager'];

async function rpc<T>(name: string, args: unknown): Promise<T> {
    const answer = await fetch(`${env('SUPABASE_URL')}/rest/v1/rpc/${name}`, {
        method: 'POST', body: JSON.stringify(args),
        headers: { apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-profile': 'telemetry' },
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${(await answer.json()).message}`);
    return await answer.json();
}

function groups<T>(rows: T[], name: (row: T) => string): T[][] {
    const all = new Map<string, T[]>();
    for (const row of rows) all.set(name(row), [...(all.get(name(row)) ?? []), row]);
    return [...all.values()];
}

const base64 = (bytes: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

// Standard Webhooks: one signature for each secret, so that a secret can be changed. Null: a secret that is none.
async function signatures(secrets: string, id: string, timestamp: string, body: string): Promise<string | null> {
    const signed: string[] = [];
    for (const secret of secrets.trim().split(/\s+/)) {
        if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) return null;
        const raw = Uint8Array.from(atob(secret.slice(6)), (c) => c.charCodeAt(0));
        if (raw.length < 24 || raw.length > 64) return null;
        const hmac = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
        signed.push('v1,' + base64(await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(`${id}.${timestamp}.${body}`))));
    }
    return signed.join(' ');
}

// Https, no user, no literal of one's own network; http and private ones where they are allowed.
function allowed(url: string): boolean {
    const { protocol, hostname, username, password } = new URL(url);
    if (username || password) return false;
    if (allowPrivate) return protocol === 'https:' || protocol === 'http:';
    const literal = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
    return protocol === 'https:' && !literal && !/(^|\.)(localhost|local|internal)\.?$/.test(hostname);
}

// Whether an address is one of a server: scheme, name and port are the same.
function isAt(address: string, server: string): boolean {
    try {
        return new URL(address).origin === new URL(server).origin;
    } catch {
        return false;
    }
}

async function send(delivery: Delivery): Promise<Omit<Result, 'ticket'>> {
    const headers = new Headers(delivery.headers);
    const secret = delivery.secret_name ? env('TELEMETRY_SECRET_' + delivery.secret_name.toUpperCase()) : null;
    let { body, url } = delivery;
    if (delivery.kind === 'webhook') {
        const timestamp = Math.floor(Date.now() / 1000).toString();
        headers.set('webhook-timestamp', timestamp);
        if (secret !== null) {
            const value = await signatures(secret, delivery.delivery_id, timestamp, body);
            if (!value) return { error: 'no_secret' };
            headers.set('webhook-signature', value);
        }
    } else if (delivery.kind === 'alertmanager' && delivery.secret_name === null) {
        // It wants no password.
    } else {
        if (!secret || secret.startsWith('whsec_')) return { error: 'no_secret' };
        if (delivery.kind === 'posthog') body = `{"api_key":${JSON.stringify(secret)},${body.slice(1)}`;
        else if (delivery.kind === 'segment') headers.set('authorization', 'Basic ' + btoa(secret + ':'));
        else if (delivery.kind === 'alertmanager') headers.set('authorization', secret.includes(':') ? 'Basic ' + btoa(secret) : `Bearer ${secret}`);
        // Whoever knows Slack's address may post there: it is the secret, at the server that the url names.
        else if (isAt(secret, url)) url = secret;
        else return { error: 'no_secret' };
    }
    if (!allowed(url)) return { error: 'blocked_address' };
    try {
        const signal = AbortSignal.timeout(delivery.timeout_seconds * 1000);
        const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
        // The answer's body is of no interest, and may have no end.
        await answer.body?.cancel();
        const wait = answer.headers.get('retry-after') ?? '';
        const seconds = /^\d+$/.test(wait) ? Number(wait) : Math.ceil((Date.parse(wait) - Date.now()) / 1000);
        return { status_code: answer.status, ...(seconds > 0 && { retry_after_seconds: Math.min(seconds, 21600) }) };
    } catch (error) {
        const said = String(error) + String((error as Error).cause ?? '');
        if ((error as Error).name === 'TimeoutError') return { error: 'timeout' };
        return { error: /certificate|tls|handshake|corrupt/i.test(said) ? 'tls' : /refused|dns|unreachable|connect error/i.test(said) ? 'connect' : 'reset' };
    }
}

// Rows of a destination with the same order_key go one after the other; what is behind one that failed is given back unsent.
async function ship(worker: string, rows: Delivery[], until: number): Promise<number> {
    const waiting = groups(rows, (row) => (row.order_key === null ? `t${row.ticket}` : `k${row.order_key}`));
    const delivered: Result[] = [], failed: Result[] = [];
    const leaseEnds = Date.now() + 55_000;
    const run = async (chain: Delivery[]) => {
        let goesOn = true;
        for (const row of chain) {
            goesOn &&= Date.now() + row.timeout_seconds * 1000 < Math.min(until + 45_000, leaseEnds);
            const result: Result = { ticket: row.ticket, ...(goesOn ? await send(row) : { error: 'unsent' }) };
            goesOn &&= result.status_code !== undefined && result.status_code >= 200 && result.status_code < 300;
            (goesOn ? delivered : failed).push(result);
        }
    };
    await Promise.all(Array.from({ length: 8 }, async () => {
        for (let chain = waiting.shift(); chain; chain = waiting.shift()) await run(chain);
    }));
    // A failure gives the destination back, so that it is told last.
    await rpc('settle_deliveries', { worker, results: [...delivered, ...failed] });
    return delivered.length;
}

Deno.serve(async (request) => {
    if (request.headers.get('authorization') !== `Bearer ${key}`) return new Response('only the service role may call', { status: 401 });
    const worker = `edge ${crypto.randomUUID()}`;
    const until = Date.now() + LIVES;
    let delivered = 0;
    while (Date.now() < until) {
        const rows = await rpc<Delivery[]>('claim_deliveries', { worker, most: 200, kinds: KINDS });
        if (rows.length === 0) break;
        const shipments = groups(rows, (row) => row.destination);
        for (const count of await Promise.all(shipments.map((own) => ship(worker, own, until)))) delivered += count;
    }
    return Response.json({ delivered });
});

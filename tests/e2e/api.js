// The two ways to ask: over HTTP as one of the suite's callers, and beside it in SQL with the same role and claims.
import { createHmac } from 'node:crypto';
import pg from 'pg';

export const URL_OF_API = process.env.E2E_API;
export const TENANT = { a: '00000000-0000-4000-8000-00000000000a', b: '00000000-0000-4000-8000-00000000000b' };
export const SCHEMA = 'telemetry';

// No event's payload or claim: what is searched for in answers and logs.
export const CANARY = process.env.E2E_CANARY;

export const pool = new pg.Pool({ connectionString: process.env.E2E_DATABASE, max: 4 });

const claimsOf = (tenant, subject) => ({ role: 'authenticated', sub: subject, app_metadata: { tenant_id: tenant } });

/** The callers: role and claims. anon has no token. */
export const CALLERS = {
    anon: { role: 'anon' },
    a: claimsOf(TENANT.a, '00000000-0000-4000-8000-0000000000a1'),
    b: claimsOf(TENANT.b, '00000000-0000-4000-8000-0000000000b1'),
    service: { role: 'service_role' },
};

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function tokenOf(claims) {
    const body = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}`;
    return `${body}.${createHmac('sha256', process.env.E2E_SECRET).update(body).digest('base64url')}`;
}

export function headersOf(caller) {
    return caller === 'anon' ? {} : { Authorization: `Bearer ${tokenOf(CALLERS[caller])}` };
}

/** One request. body: JSON, or a string as it is; without one it is a GET. */
export async function request(caller, path, { method, body, headers = {} } = {}) {
    const response = await fetch(`${URL_OF_API}/${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...headersOf(caller), 'Content-Type': 'application/json', ...headers },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return { status: response.status, text, json: isJson && text ? JSON.parse(text) : undefined, headers: response.headers };
}

export const post = (caller, name, body = {}, headers = {}) => request(caller, `rpc/${name}`, { body, headers });

/** The path of a call by GET: arrays and objects as PostgreSQL writes them. */
export function pathOf(name, args, more = {}) {
    const words = Object.entries({ ...args, ...more }).map(([key, value]) => [key, wordOf(value)]);
    return `rpc/${name}?${new URLSearchParams(words)}`;
}

function wordOf(value) {
    if (Array.isArray(value) && typeof value[0] !== 'object') {
        return `{${value.map((item) => `"${String(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
    }
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Runs sql as the caller, in a transaction that is rolled back. */
export async function inSql(caller, sql, parameters = []) {
    const { role, ...rest } = CALLERS[caller];
    const client = await pool.connect();
    try {
        await client.query('begin');
        await client.query(`select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)`, [
            role, JSON.stringify({ role, ...rest })]);
        return (await client.query(sql, parameters)).rows;
    } finally {
        await client.query('rollback');
        client.release();
    }
}

/** Every function of the API that reads, from the catalog: its arguments and results, by name. */
export async function readFunctions() {
    const { rows } = await pool.query(`
        select p.proname as name, p.proretset as is_set,
               coalesce(json_agg(json_build_object(
                   'name', a.name, 'type', format_type(a.type, null), 'mode', a.mode,
                   'has_default', a.mode = 'i' and a.place > p.pronargs - p.pronargdefaults) order by a.place)
                   filter (where a.name is not null), '[]') as columns
          from pg_proc p
          left join lateral unnest(
                   p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]),
                   coalesce(p.proargmodes::text[], array_fill('i'::text, array[p.pronargs]))) with ordinality a (name, type, mode, place) on true
         where p.pronamespace = 'telemetry'::regnamespace and p.prokind = 'f' and p.provolatile <> 'v'
         group by p.oid order by p.proname`);
    return rows.map(({ name, is_set, columns }) => ({
        name, isSet: is_set,
        args: columns.filter((column) => column.mode === 'i'),
        results: columns.filter((column) => column.mode !== 'i'),
    }));
}

/** The JSON that the function should answer, by SQL; tail: what follows the rows. */
export async function expectedOf(caller, { name, isSet, args, results }, values, tail = '') {
    const given = args.filter((arg) => arg.name in values);
    const record = given.length ? `json_to_record($1::json) as v (${given.map((arg) => `"${arg.name}" ${arg.type}`)})` : '(select $1::json) v';
    const call = `telemetry."${name}"(${given.map((arg) => `"${arg.name}" := v."${arg.name}"`)})`;
    const sql = isSet
        ? `select coalesce(json_agg(${results.length ? 't' : 't.r'}), '[]') as answer from (select r.* from ${record}, lateral ${call} r ${tail}) t`
        : `select to_json(${call}) as answer from ${record}`;
    return (await inSql(caller, sql, [JSON.stringify(values)]))[0].answer;
}

/** values with what setup.sql stored in the place of the words that begin with @. */
export async function resolved(values) {
    const { rows } = await pool.query('select name, value from public.made');
    const made = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    return Object.fromEntries(Object.entries(values).map(([key, value]) => {
        return [key, typeof value === 'string' && value.startsWith('@') ? made[value.slice(1)] : value];
    }));
}

/** Runs task(0) to task(count - 1), as many at once as there are workers. */
export async function together(workers, count, task) {
    let next = 0;
    await Promise.all(Array.from({ length: workers }, async () => {
        while (next < count) await task(next++);
    }));
}

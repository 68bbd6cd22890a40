// What the suites of the JavaScript client share: the wire that breaks, and what the database has.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';

export const API = process.env.CLIENTS_API;
export const pool = new pg.Pool({ connectionString: process.env.CLIENTS_DATABASE, max: 1 });

/** The wire, with `url` and `set(way)`. */
export async function startWire() {
    const wire = spawn(process.execPath, [new URL('./wire.js', import.meta.url).pathname, API], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: wire.stdout })[Symbol.asyncIterator]();
    const { value: url } = await lines.next();
    return {
        url,
        async set(way) {
            wire.stdin.write(`${way}\n`);
            await lines.next();
        },
        async stop() {
            wire.stdin.end();
            await once(wire, 'exit');
        },
    };
}

/** Which numbers n of payloads are stored under a label, each as often as it is. */
export async function storedUnder(label) {
    const { rows } = await pool.query(`select (payload ->> 'n')::int as n from telemetry.events where payload ->> 'label' = $1 order by 1`, [label]);
    return rows.map(({ n }) => n);
}

/** Waits until ask() answers what is wanted, and gives its last answer. */
export async function until(ask, isWanted, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (isWanted(answer) || Date.now() > end) return answer;
        await new Promise((wake) => setTimeout(wake, 50));
    }
}

export const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

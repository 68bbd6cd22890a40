// A batch of events from TypeScript with supabase-js 2: a worker, an edge function, a script. In a page use
// ../../clients/js. The schema telemetry must be among the exposed schemas of the API.
import { createClient, type SupabaseClient } from '@supabase/supabase-js';

export interface TelemetryEvent {
    event_name: string;
    payload?: Record<string, unknown>;
    user_id?: string; // leave it out with a user's token: it is the token's sub
    session_id?: string;
    subject_id?: string;
    source?: 'web' | 'mobile' | 'api' | 'backend' | 'bot' | 'worker' | 'database' | 'import';
    client_ts?: string;
    seq?: number;
    event_version?: number;
    event_id: string; // makes a retry harmless
}

export interface LogEventsAnswer {
    accepted: number;
    rejected: number;
    duplicates: number;
    rejected_reasons_sample: { reason: string; message: string; element: number; count: number }[];
}

const RETRIES = 2;

/** At most 50 events with a user's token. Throws where the call failed, never because an event was rejected. */
export async function logEvents(client: SupabaseClient, events: TelemetryEvent[]): Promise<LogEventsAnswer> {
    for (let attempt = 0; ; attempt += 1) {
        const { data, error, status } = await client.schema('telemetry').rpc('log_events', { events });
        if (!error) return data as LogEventsAnswer;
        const temporary = status === 0 || status === 408 || status === 429 || status >= 500; // 0: the network failed
        if (!temporary || attempt === RETRIES) throw new Error(`log_events: ${status} ${error.code} ${error.message}`);
        await new Promise((wake) => setTimeout(wake, Math.random() * 1000 * 2 ** attempt));
    }
}

async function main(url: string, key: string): Promise<void> {
    const client = createClient(url, key);
    const answer = await logEvents(client, [
        { event_name: 'lesson_started', payload: { course: 'sql', lesson: 'joins' }, event_id: crypto.randomUUID() },
        { event_name: 'lesson_started', payload: { course: 'sql' }, event_id: crypto.randomUUID() }, // rejected
    ]);
    console.log(`${answer.accepted} accepted, ${answer.duplicates} duplicates, ${answer.rejected} rejected`);
    for (const { element, reason, message } of answer.rejected_reasons_sample) {
        console.warn(`element ${element}: ${reason}: ${message}`); // a fault of this program: fix it, do not retry
    }
}

const [url, key] = process.argv.slice(2);
if (url && key) void main(url, key); // compiled: node log_events.js URL KEY, node 22 or newer

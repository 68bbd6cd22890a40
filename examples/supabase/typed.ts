// Typed calls of telemetry with supabase-js 2. database.ts holds the types: generate your own, with your tables beside,
// by `supabase gen types typescript --schema public,telemetry`.
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Database } from './database.js';

type Functions = Database['telemetry']['Functions'];
type Grain = Database['telemetry']['Enums']['grain'];
type Source = Database['telemetry']['Enums']['event_source'];
export type Client = SupabaseClient<Database, 'telemetry'>;
export type Volume = Functions['event_volume']['Returns'][number];

/** The schema option spares every call its .schema('telemetry'). */
export const telemetry = (url: string, key: string): Client =>
    createClient<Database, 'telemetry'>(url, key, { db: { schema: 'telemetry' } });

/** One event of the user of the token. Arguments that are not given are left out: never pass null. */
export async function viewed(client: Client, position: number, source: Source = 'web'): Promise<string> {
    const { data, error } = await client.rpc('log_event', { event_name: 'question_viewed', payload: { position }, source });
    if (error) throw new Error(`${error.code}: ${error.message} ${error.hint}`);
    return data;
}

/** How many of a batch were stored. An array goes as {events: [...]}, never bare. */
export async function viewedAll(client: Client, positions: number[]): Promise<number> {
    const events = positions.map((position) => ({
        event_name: 'question_viewed', payload: { position }, event_id: crypto.randomUUID() }));
    const { data, error } = await client.rpc('log_events', { events });
    if (error) throw new Error(`${error.code}: ${error.message}`);
    return (data.accepted ?? 0) + (data.duplicates ?? 0);
}

/** Volume by bucket, busiest first; POST, so that no argument is taken for a filter. */
export async function volume(client: Client, since: string, until: string, grain: Grain): Promise<Volume[]> {
    const { data, error } = await client
        .rpc('event_volume', { since, until, grain, events: ['question_viewed'] })
        .order('events', { ascending: false })
        .range(0, 99);
    if (error) throw new Error(`${error.code}: ${error.message}`);
    return data;
}

/** The share of those who reached each step, by step. */
export async function conversion(client: Client, steps: string[]): Promise<Map<number, number>> {
    const { data, error } = await client.rpc('funnel', { steps: JSON.stringify(steps), within: '7 days' });
    if (error) throw new Error(`${error.code}: ${error.message}`);
    return new Map(data.map((row) => [row.step, row.rate_from_first]));
}

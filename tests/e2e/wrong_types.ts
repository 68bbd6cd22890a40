// What the types must refuse: tsc complains of an expectation that meets no error.
import type { Client } from '../examples/typed.js';

export async function mistakes(client: Client): Promise<void> {
    // @ts-expect-error: no such function
    await client.rpc('log_evnt', { event_name: 'viewed' });
    // @ts-expect-error: event_name is required
    await client.rpc('log_event', { payload: {} });
    // @ts-expect-error: seq is a number
    await client.rpc('log_event', { event_name: 'viewed', seq: 'first' });
    const { data } = await client.rpc('event_volume', { grain: 'day' });
    // @ts-expect-error: no such column
    data?.map((row) => row.evnts);
    const batch = await client.rpc('log_events', { events: [] });
    // @ts-expect-error: accepted is a number
    batch.data?.accepted?.toLowerCase();
}

// Calls that the types of all packs must let pass, and mistakes that they must refuse: tsc complains of an expectation that meets no
// error.
import { createClient } from '@supabase/supabase-js';
import { createTelemetry, supabaseSender, type Telemetry } from './telemetry.js';
import type { Aliases, ClientEvents, EventName, Events, ServerEvents } from './events.js';

const telemetry = createTelemetry<ClientEvents>({ url: 'https://api.example.com', headers: () => ({ Authorization: 'Bearer x' }) });
telemetry.track('lesson_completed', { course: 'sql', lesson: 'joins' });
telemetry.track('user_signed_up');
telemetry.track('user_active', {}, { user_id: '00000000-0000-4000-8000-0000000000a1' });
// @ts-expect-error: no other keys are allowed
telemetry.track('lesson_completed', { course: 'sql', lesson: 'joins', theme: 'dark' });
// @ts-expect-error: no such event
telemetry.track('lesson_complete', { course: 'sql', lesson: 'joins' });
// @ts-expect-error: a required key is missing
telemetry.track('lesson_completed', { course: 'sql' });
// @ts-expect-error: the payload is missing
telemetry.track('lesson_completed');
// @ts-expect-error: a key has another type
telemetry.track('lesson_completed', { course: 'sql', lesson: 7 });
// @ts-expect-error: an argument of log_event() is no number
telemetry.track('user_active', {}, { user_id: 7 });

// What only a server may log, a client's types do not have.
const server = createTelemetry<Events>({ send: supabaseSender(createClient('https://api.example.com', 'key')) });
server.track('none');
// @ts-expect-error: only a server may log it
telemetry.track('none');
const served: keyof ServerEvents = 'none';
const name: EventName = 'lesson_completed';
const alias: Aliases['event_type'] = 'event_name';

// What waits may survive the page, and an endpoint without headers may take what a page leaves.
createTelemetry({ url: 'https://api.example.com', storage: () => localStorage, sendOnHide: (events) => navigator.sendBeacon('/events', JSON.stringify(events)) });

// Hard names and values.
telemetry.track('odd', { class: 'a"b', any: 1, '': { a: 1 }, 'a-b': null, list: ['x', { None: null }], map: { a: 1 } });
// A definition that allows other keys takes them.
telemetry.track('odd', { class: 1, any: 1, theme: 'dark' });
// @ts-expect-error: required means not null
telemetry.track('odd', { class: null, any: 1 });
// @ts-expect-error: required means not null, also of a key of which nothing else is said
telemetry.track('odd', { class: 1, any: null });
// @ts-expect-error: no other keys are allowed
telemetry.track('ODD', { x: 1 });

// Without types any event goes.
const untyped: Telemetry = createTelemetry({ url: 'https://api.example.com' });
untyped.track('anything', { a: 1 });

export { alias, name, served };

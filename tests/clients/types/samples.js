// Writes a TypeScript program that holds payloads against the types: JSON lines [name, payload] come in.
import { readFileSync } from 'node:fs';

console.log(`import type { Events } from './events.js';`);
readFileSync(0, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).forEach(([name, payload], n) => {
    console.log(`export const sample${n}: Events[${JSON.stringify(name)}] = ${JSON.stringify(payload)};`);
});

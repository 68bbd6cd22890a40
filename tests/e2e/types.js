// Prints the types that Supabase's tools generate for the schema telemetry.
import { generateTypescript, sortGeneratorMetadata } from '@supabase/postgrest-typegen/generation';
import { introspect } from '@supabase/postgrest-typegen/introspection';
import { pool } from './api.js';

const metadata = await introspect(pool, { includedSchemas: ['telemetry'] });
process.stdout.write(await generateTypescript(sortGeneratorMetadata(metadata), { postgrestVersion: '12' }));
await pool.end();

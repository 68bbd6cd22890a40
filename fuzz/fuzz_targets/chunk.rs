#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| telemetry_fuzz::properties::chunk::holds(bytes));

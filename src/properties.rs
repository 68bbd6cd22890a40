//! Properties that hold of any definition, payload and policy, which are drawn from bytes. The tests below call them
//! with seeded bytes, and the fuzz targets of `fuzz/` with bytes that a fuzzer looks for. A property that does not hold
//! panics.

mod chunk;
mod container;
pub mod drawn;
mod redact;
mod validate;

use proptest::prelude::*;

proptest! {
    // The same 4,000 cases in every run: a failure is somebody's change.
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        rng_seed: prop::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn events_are_judged_as_their_definition_says(bytes in prop::collection::vec(any::<u8>(), 0..250)) {
        validate::holds(&bytes);
    }

    #[test]
    fn redaction_is_done_once_and_loses_nothing(bytes in prop::collection::vec(any::<u8>(), 0..250)) {
        redact::holds(&bytes);
    }

    #[test]
    fn the_reader_sees_what_the_validator_sees(bytes in prop::collection::vec(any::<u8>(), 0..250)) {
        container::holds(&bytes);
    }

    #[test]
    fn a_chunk_reads_as_it_was_written_or_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..250)) {
        chunk::holds(&bytes);
    }
}

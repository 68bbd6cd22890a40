//! Seals: the root of a tree over the log, of which somebody outside the database keeps a copy. So nobody, the owner included,
//! changes history unnoticed. The crate `seals/` has the tree and its proofs; here is what reads and names rows. Each file is
//! the twin of the file of its name in sql/seals/.

use pgrx::prelude::*;

pub mod canonical; // jsonb as the bytes that a leaf commits to
pub mod keeping; // what stays of events that are removed
pub mod leaves; // events as leaves
pub mod nodes; // the tree, as tables and rows have it
pub mod proofs; // checkpoints, inclusion and consistency
pub mod records; // rows of other tables as leaves
pub mod sealing; // what is sealed next
pub mod verifying; // the log against its seals

extension_sql_file!("../sql/seals/seals.sql", requires = ["visibility", "cursor", "immutability"]);
extension_sql_file!("../sql/seals/keeping.sql", requires = ["seals", event_leaf, random_secret, sealed_ids]);
extension_sql_file!(
    "../sql/seals/sealing.sql",
    requires = ["seals", "late_arrivals", seal_events, seal_leaves, record_leaf]
);
extension_sql_file!(
    "../sql/seals/checkpoints.sql",
    requires = ["seals", checkpoint_text, proof_of_consistency, proof_of_inclusion, consistency_of]
);
extension_sql_file!("../sql/seals/auditing.sql", requires = ["checkpoints"]);
extension_sql_file!(
    "../sql/seals/verify_seals.sql",
    requires = ["checkpoints", checkpoint_parts, verify_events, roots_of]
);

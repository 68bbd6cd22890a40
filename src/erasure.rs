//! What leaves the log for good, a person before all: through the one door of the log, with a receipt. Each file is the twin
//! of the file of its name in sql/erasure/.

use pgrx::prelude::*;

pub mod receipts; // ids of receipts, and the keyed hash by which one knows a person
mod removing; // rows through the door, and what is derived of them

extension_sql_file!(
    "../sql/erasure/receipts.sql",
    requires = ["immutability", "visibility", receipts::new_receipt_id, receipts::person_hash]
);
extension_sql_file!("../sql/erasure/event_holds.sql", requires = ["receipts"]);
extension_sql_file!(
    "../sql/erasure/removing.sql",
    name = "removing",
    requires = [
        "event_holds",
        "keeping",
        "rebuild_derived",
        "holds",
        "exports",
        write_removed,
        put_back_user,
        receipts::fresh_id,
        removing::remove_rows,
        removing::anonymize_rows,
        removing::rename_sessions,
        removing::scrub_rows,
        removing::scrub_rejections,
        removing::forget_beside
    ]
);
extension_sql_file!("../sql/erasure/erase_user.sql", requires = ["removing", "access"]);
extension_sql_file!("../sql/erasure/anonymize_user.sql", requires = ["erase_user"]);
extension_sql_file!("../sql/erasure/erase_tenant.sql", requires = ["erase_user"]);
extension_sql_file!("../sql/erasure/erase_events.sql", requires = ["erase_user"]);
extension_sql_file!("../sql/erasure/scrub_payload.sql", requires = ["erase_user"]);
extension_sql_file!(
    "../sql/erasure/reapply_erasures.sql",
    requires = ["anonymize_user", "erase_tenant", "erase_events", "scrub_payload"]
);

//! Retention: how long events are kept, and what takes them away then. Each file is the twin of the file of its name in
//! sql/retention/, and those without a twin are SQL alone.

use pgrx::prelude::*;

mod rewriting; // a partition without what went

extension_sql_file!("../sql/retention/classes.sql", requires = ["taxonomy"]);
extension_sql_file!("../sql/retention/due.sql", requires = ["classes", "hourly_counts", "partitions", setting]);
extension_sql_file!("../sql/retention/rewriting.sql", requires = ["due", copy_events]);
extension_sql_file!("../sql/retention/whole_partitions.sql", requires = ["due", "rewriting", "tick"]);
extension_sql_file!("../sql/retention/expiry.sql", requires = ["whole_partitions", may_commit]);
extension_sql_file!("../sql/retention/expiry_health.sql", requires = ["expiry"]);

//! The log in files: an export is a position in the log with a manifest of the files below it. Each file is the twin of the file
//! of its name in sql/exports/.

use pgrx::prelude::*;

pub mod columns; // which columns a file has

extension_sql_file!("../sql/exports/exports.sql", requires = ["visibility", "frontier", "immutability"]);
extension_sql_file!("../sql/exports/register_export.sql", requires = ["exports", known_event, compiled_filter]);
extension_sql_file!("../sql/exports/columns.sql", requires = ["exports", export_columns]);
extension_sql_file!("../sql/exports/ranges.sql", requires = ["exports", "destinations"]);
extension_sql_file!("../sql/exports/claim_export.sql", requires = ["columns", "ranges"]);
extension_sql_file!("../sql/exports/commit_export.sql", requires = ["ranges"]);
extension_sql_file!("../sql/exports/export_manifest.sql", requires = ["ranges"]);
extension_sql_file!("../sql/exports/verify_export.sql", requires = ["commit_export", "export_manifest"]);
extension_sql_file!("../sql/exports/export_holds.sql", requires = ["ranges", "partitions"]);
extension_sql_file!("../sql/exports/export_status.sql", requires = ["ranges", "cursor"]);

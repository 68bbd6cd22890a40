//! The way out and back as a whole: what a person or a tenant leaves in the log, as JSON lines, and rows of an export, stored in
//! another log. Each file is the twin of the file of its name in sql/archive/.

use pgrx::prelude::*;

mod event_line; // one event as a line
mod description; // what events, keys and columns mean
mod log_rows; // events of the log as lines, in order of arrival
mod sheet; // the lines of an archive, with what proves that they are all there
mod user_data; // what a person left
mod tenant_data; // what a tenant left
mod import_export; // rows of an export, stored

extension_sql_file!("../sql/archive/user_data.sql", requires = ["page", "rejections", user_data::user_lines]);
extension_sql_file!(
    "../sql/archive/tenant_data.sql",
    requires = ["user_data", "destinations", tenant_data::tenant_lines]
);
extension_sql_file!("../sql/archive/imported_files.sql", requires = ["visibility", "immutability"]);
extension_sql_file!(
    "../sql/archive/import_export.sql",
    requires = ["imported_files", "commit_export", import_export::store_lines, import_export::definitions_of]
);

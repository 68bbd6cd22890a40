//! What programs that log are given: types of the events of this database.

mod client_types;

use pgrx::prelude::*;

extension_sql_file!("../sql/clients/client_types.sql", requires = ["taxonomy", "aliases", client_types::written_types]);

//! Tables of the application: their rows come into the log as events, once (importing) or as they change (tracking). Each file
//! is the twin of the file of its name in sql/tables/.

use pgrx::prelude::*;

mod columns; // the columns of a relation, and how a definition refers to them
mod mapping; // from which columns the arguments of an event come
mod plan; // what a query selects so that its rows become events
mod chunk; // some thousand rows, and the events that they are
mod relation; // what a relation is made of
mod importing; // import_table()
mod tracking; // track_table()

extension_sql_file!(
    "../sql/tables/importing.sql",
    requires = ["visibility", "immutability", "rejections", "tick", importing::import_part]
);
extension_sql_file!(
    "../sql/tables/tracking.sql",
    requires = ["importing", "taxonomy", "events", tracking::check_tracking, tracking::tracking_problem]
);

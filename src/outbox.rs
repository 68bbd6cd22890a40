//! The way out of the database: destinations are positions in the log, and a courier asks for what is due at each. Each
//! file is the twin of the file of its name in sql/outbox/.

use pgrx::prelude::*;

pub mod bodies; // what is sent, byte for byte
pub mod filters; // which events a destination is for
pub mod holds; // which partitions have to stay
mod messages; // what is sent of alerts
pub mod reading; // what of the log is for a destination, opened where it can lie
pub mod settling; // what becomes of a delivery

extension_sql_file!("../sql/outbox/frontier.sql", requires = ["cursor"]);
extension_sql_file!("../sql/outbox/destinations.sql", requires = ["visibility", "frontier", compiled_filter]);
extension_sql_file!(
    "../sql/outbox/registering.sql",
    name = "outbound_registering",
    requires = ["destinations", known_event]
);
extension_sql_file!(
    "../sql/outbox/reading.sql",
    name = "outbound_reading",
    requires = ["outbound_registering", "late_arrivals", outbound_rows, outbound_batches]
);
extension_sql_file!("../sql/outbox/bodies.sql", requires = ["outbound_reading"]);
extension_sql_file!(
    "../sql/outbox/messages.sql",
    requires = ["bodies", "silences", message_body, alertmanager_body, message_text]
);
extension_sql_file!("../sql/outbox/claiming.sql", requires = ["messages"]);
extension_sql_file!("../sql/outbox/moving.sql", requires = ["claiming"]);
extension_sql_file!("../sql/outbox/settling.sql", name = "outbound_settling", requires = ["moving", settlement]);
extension_sql_file!("../sql/outbox/again.sql", requires = ["outbound_settling"]);
extension_sql_file!("../sql/outbox/enqueue.sql", requires = ["outbound_settling"]);
extension_sql_file!("../sql/outbox/holds.sql", requires = ["outbound_settling", outbound_windows]);
extension_sql_file!("../sql/outbox/destination_status.sql", requires = ["outbound_settling"]);

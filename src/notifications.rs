//! Notifications tell people what changed of alerts. Each file is the twin of the file of its name in sql/notifications/.

use pgrx::prelude::*;

mod content; // what a message holds
mod message; // a message as text
mod plan; // who is told what, and when
mod planning;
mod title; // a message in one sentence

extension_sql_file!(
    "../sql/notifications/notifications.sql",
    requires = ["alerts", "messages", planning::notification_id]
);
extension_sql_file!(
    "../sql/notifications/planning.sql",
    name = "notification_planning",
    requires = ["notifications", planning::notification_plan]
);
extension_sql_file!("../sql/notifications/built_in.sql", requires = ["notifications", "kpis"]);
extension_sql_file!("../sql/notifications/digests.sql", requires = ["notifications"]);
extension_sql_file!("../sql/notifications/telling.sql", requires = ["digests", "notification_planning"]);
extension_sql_file!("../sql/notifications/history.sql", requires = ["telling", "visibility"]);

//! One API over several servers: what makes a database a router, and what a shard tells it. Each file is the twin of the file of
//! its name in sql/shards/.

mod placed_tenants;
mod routing_script;

use pgrx::prelude::*;

extension_sql_file!(
    "../sql/shards/placed_tenants.sql",
    requires = ["visibility", "events", placed_tenants::reads_only]
);
extension_sql_file!(
    "../sql/shards/moving_tenants.sql",
    name = "moving_tenants",
    requires = ["events", "placed_tenants"]
);
extension_sql_file!("../sql/shards/registry_digest.sql", requires = ["placed_tenants"]);
extension_sql_file!(
    "../sql/shards/routing_script.sql",
    requires = ["registry_digest", routing_script::written_router, kpi_parts::kpis_with_parts]
);

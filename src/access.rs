//! Access: decides who calls, which tenants' rows the caller may see, and whose code and relations are trusted.

pub mod tenancy; // who calls: tenant, user, client or server
pub mod visibility; // who sees what of the log
pub mod trust; // whose relations KPIs and cohorts read

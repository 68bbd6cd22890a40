//! `serve`: dashboards and alerts in a browser, for a team without PostgREST. Every page is a question to the database under the
//! rights of whoever asks; there is no script, and nothing is kept here but who logged in lately.
//!
//! ```text
//! options                       the command line, and what may not stand together
//! server                        the socket: limits, timeouts, SIGTERM
//! login, passwords, attempts    who asks: by a proxy's header, or by a password
//! users                         as which role, and with which claims
//! token, origin                 whether a form was sent from a page of ours
//! routes, query                 which page is asked for, and with what
//! database, pool, fault         one transaction per request; what went wrong, in words of our own
//! dashboards, alerts, changes   the pages, and what their forms do
//! layout, answer                HTML and headers
//! ```

mod alerts;
mod answer;
mod attempts;
mod changes;
mod dashboards;
mod database;
mod fault;
mod file;
mod layout;
mod login;
mod options;
mod origin;
mod passwords;
mod pool;
mod query;
mod routes;
mod server;
mod token;
mod users;

pub use options::Serve;

use std::sync::Arc;

use crate::database::Database;
use crate::log;

/// Answers until it is told to stop.
pub fn run(options: &Serve) -> Result<(), String> {
    options.check()?;
    let site = routes::Site {
        login: login::Login::new(options)?,
        users: users::Users::open(options.users.clone())?,
        seal: token::Seal::new()?,
        database: database::Asker::new(
            Database::new(&options.database_url)?,
            options.connections.into(),
            options.timeout,
        ),
        is_loopback: options.is_open(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the server cannot start: {error}"))?;
    runtime.block_on(server::run(options.listen, Arc::new(site)))?;
    // What still asks the database is cancelled by its end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    log::info("stopped", &[]);
    Ok(())
}

//! The courier of telemetry: the program that sends what the database has to say, since the database opens no connection.
//!
//! In the order in which a delivery meets them: `courier` claims, `shipment` sends, by `request` (what is added), `signature`,
//! `http` and its guards `target`, `resolver` and `address`, or as a `mail` by `smtp` to a `mail_server`; `settlement` tells the database. `vault` and `secret` keep secrets,
//! `check` and `trial` are the commands for people, `monitor` and `metrics` answer a monitor.

mod address;
mod arguments;
mod chains;
mod check;
mod connections;
mod courier;
mod database;
mod database_url;
mod delivery;
mod http;
mod log;
mod mail;
mod mail_server;
mod metrics;
mod monitor;
mod outcome;
mod pace;
mod request;
mod resolver;
mod retry_after;
mod roots;
mod secret;
mod settlement;
mod shipment;
mod signature;
mod smtp;
mod stop;
mod target;
mod trial;
mod vault;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;

use crate::arguments::{Arguments, Command, Common};
use crate::courier::{Courier, Settings};
use crate::database::Database;
use crate::pace::Pace;
use crate::stop::Bell;
use crate::vault::Vault;

fn main() -> ExitCode {
    end_at_a_panic();
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("telemetry-courier: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, String> {
    match command {
        Command::Run(run) => {
            let courier = courier(&run.common)?;
            if let Some(address) = run.metrics {
                monitor::start(address, Arc::clone(&courier.metrics))?;
            }
            log::info("started", &[("version", &env!("CARGO_PKG_VERSION")), ("worker", &courier.worker)]);
            courier.run(Pace::new(run.poll, run.idle));
            log::info("stopped", &[]);
            Ok(ExitCode::SUCCESS)
        }
        Command::Once(common) => {
            courier(&common)?.once()?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(common) => {
            let well = check::check(&Database::new(&common.database_url)?, &vault(&common)?, common.allow_private);
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Test { destination, common } => {
            let became = trial::test(&courier(&common)?, &destination)?;
            println!("{became}");
            Ok(if became.ends_with(": delivered") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn courier(common: &Common) -> Result<Arc<Courier>, String> {
    let settings = Settings {
        database: Database::new(&common.database_url)?,
        vault: vault(common)?,
        allow_private: common.allow_private,
        in_flight: common.in_flight,
        connections: common.connections,
    };
    Courier::new(settings, Bell::hung()?)
}

fn vault(common: &Common) -> Result<Vault, String> {
    let directory = common.secrets.clone().or_else(|| std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from));
    let supabase = common.supabase_vault.then(|| Database::new(&common.database_url)).transpose()?;
    Vault::open(directory, supabase)
}

/// A thread that panicked would leave the others at work and its own deliveries counted as out. Whoever restarts the process gets
/// all of it anew; nothing is lost.
fn end_at_a_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
}

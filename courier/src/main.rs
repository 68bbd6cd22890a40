//! The courier of telemetry: the program that sends what the database has to say, since the database opens no connection.
//!
//! In the order in which a delivery meets them: `courier` claims, woken by `wake`, `shipment` sends, by `request` (what is added), `signature`,
//! `http` and its guards `target`, `resolver` and `address`, or as a `mail` by `smtp` to a `mail_server`; `settlement` tells the database.
//! `vault` and `secret` keep secrets, `check` and `trial` are the commands for people, `monitor` and `metrics` answer a monitor. `export`
//! writes the log into files, `witness` signs what it is at a time. `serve` is apart from all that: it shows dashboards and alerts.

mod address;
mod arguments;
mod chains;
mod check;
mod connections;
mod courier;
mod database;
mod database_url;
mod delivery;
mod export;
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
mod serve;
mod settlement;
mod shipment;
mod signature;
mod smtp;
mod stop;
mod target;
mod trial;
mod vault;
mod verify_log;
mod wake;
mod witness;

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
                let monitored: Arc<dyn monitor::Monitored> = Arc::clone(&courier.metrics) as _;
                monitor::start(address, monitored)?;
            }
            if !run.no_wake {
                wake::start(&courier, Database::new(&run.common.database_url)?);
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
            let well = check::check(&Database::new(&common.database_url)?, &vault_of(&common)?, common.allow_private);
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Test { destination, common } => {
            let became = trial::test(&courier(&common)?, &destination)?;
            println!("{became}");
            Ok(if became.ends_with(": delivered") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Serve(options) => {
            serve::run(&options)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Export(export) => run_export(&export),
        Command::VerifyExport { uri, database_url, secrets } => {
            let database = database_url.as_deref().map(Database::new).transpose()?;
            let well = export::verify(&uri, &vault(secrets.as_ref(), None)?, database.as_ref())?;
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Import(import) => run_import(&import),
        Command::Compact { uri, remove, secrets } => {
            let (before, after) = export::compact(&uri, &vault(secrets.as_ref(), None)?, remove)?;
            println!("{before} files became {after}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Witness(told) => {
            let witness = witness::Witness::new(&told, &vault(told.secrets.as_ref(), None)?)?;
            told.every.map_or_else(|| witness.once(), |every| witness.forever(&told, every))
        }
        Command::VerifyLog { uri, checkpoint, key, audit, secrets } => {
            let well = verify_log::verify(&uri, &checkpoint, &key, &audit, &vault(secrets.as_ref(), None)?)?;
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::WitnessKey { name, file } => {
            println!("{}", witness::make_key(&name, &file)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_export(told: &arguments::Export) -> Result<ExitCode, String> {
    let database = Database::new(&told.database_url)?;
    let exporter = export::Exporter::new(&database, &vault(told.secrets.as_ref(), None)?, &told.name, &told.to)?;
    let bell = Bell::hung()?;
    let Some(every) = told.every else {
        let (ranges, rows) = exporter.once(&bell)?;
        println!("{}: {ranges} ranges, {rows} events", told.name);
        return Ok(ExitCode::SUCCESS);
    };
    while !bell.is_stopping() {
        // What cannot be reached now is tried again; the database's lag tells how long.
        if let Err(error) = exporter.once(&bell) {
            log::warn("not exported", &[("export", &told.name), ("error", &error)]);
        }
        bell.wait(every);
    }
    Ok(ExitCode::SUCCESS)
}

fn run_import(told: &arguments::Import) -> Result<ExitCode, String> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let is_json: Result<serde::de::IgnoredAny, _> = serde_json::from_str(&text);
        is_json.map(|_| text).map_err(|error| format!("{} is no JSON: {error}", path.display()))
    };
    let taxonomy = told.taxonomy.as_ref().map(read).transpose()?;
    let (database, vault) = (Database::new(&told.database_url)?, vault(told.secrets.as_ref(), None)?);
    let imported =
        export::import(&told.uri, told.name.as_deref(), taxonomy.as_deref(), told.with_erased, &vault, &database)?;
    println!(
        "{} events stored, {} were there, {} were erased there and left out, from {} files, {} of them imported before",
        imported.events.stored, imported.events.known, imported.events.erased, imported.files, imported.skipped
    );
    Ok(ExitCode::SUCCESS)
}

fn courier(common: &Common) -> Result<Arc<Courier>, String> {
    let settings = Settings {
        database: Database::new(&common.database_url)?,
        vault: vault_of(common)?,
        allow_private: common.allow_private,
        in_flight: common.in_flight,
        connections: common.connections,
    };
    Courier::new(settings, Bell::hung()?)
}

fn vault_of(common: &Common) -> Result<Vault, String> {
    let supabase = common.supabase_vault.then(|| Database::new(&common.database_url)).transpose()?;
    vault(common.secrets.as_ref(), supabase)
}

fn vault(directory: Option<&PathBuf>, supabase: Option<Database>) -> Result<Vault, String> {
    let directory = directory.cloned().or_else(|| std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from));
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

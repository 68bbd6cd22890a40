//! What the program is told on its command line and in its environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::serve::Serve;

/// Delivers what telemetry's outbox holds: it asks the database what is due, sends it, and tells what became of it.
#[derive(Debug, Parser)]
#[command(name = "telemetry-courier", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Delivers until it is told to stop (SIGTERM).
    Run(Run),
    /// Delivers what is due and ends.
    Once(Common),
    /// Says whether secrets, database, rights and addresses are as they must be; sends nothing.
    Check(Common),
    /// Sends one test message to a destination and says what became of it.
    Test {
        /// The name of the destination.
        destination: String,
        #[command(flatten)]
        common: Common,
    },
    /// Shows dashboards and alerts in a browser, until it is told to stop (SIGTERM). It sends nothing.
    Serve(Serve),
    /// Writes what is due of an export into files: everything up to now, or again and again with --every.
    Export(Export),
    /// Says whether the files of an export are what was exported, by its manifest, and by the database where DATABASE_URL is set.
    VerifyExport {
        /// The folder of the export: s3://bucket/folder/NAME, file:///folder/NAME or a path.
        uri: String,
        /// The database whose log was exported; without it the files are compared with their manifest alone.
        #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
        database_url: Option<String>,
        /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY.
        #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
        secrets: Option<PathBuf>,
    },
    /// Reads the files of an export into the log of a database: each event once, with its id, time and tenant.
    Import(Import),
    /// Makes one file of the small files of each day that is over. Readers see either these or that one.
    Compact {
        /// The folder of the export: s3://bucket/folder/NAME, file:///folder/NAME or a path.
        uri: String,
        /// Takes away the files that a compaction of an earlier run replaced.
        #[arg(long)]
        remove: bool,
        /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY.
        #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
        secrets: Option<PathBuf>,
    },
    /// Signs how far the sealed log is, after it has seen that everything it signed before is still there. Ends with 3 where it is not.
    Witness(Witness),
    /// Says whether an export is the log that a checkpoint was signed for. It needs no database.
    VerifyLog {
        /// The folder of the export: s3://bucket/folder/NAME, file:///folder/NAME or a path.
        uri: String,
        /// The file with the signed checkpoint, such as events/latest.checkpoint of the witness.
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
        /// The public key of the witness; again for each that may have signed.
        #[arg(long, value_name = "KEY", required = true)]
        key: Vec<String>,
        /// The file with what `select telemetry.audit_secrets()` answers in the database of the log, a line each.
        #[arg(long, value_name = "FILE")]
        audit: PathBuf,
        /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY.
        #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
        secrets: Option<PathBuf>,
    },
    /// Makes the key of a witness: the secret goes into FILE, and the public key is printed.
    WitnessKey {
        /// What the key is called, such as example.com/telemetry.
        name: String,
        /// A new file, which only you can read. The name that the witness looks for is witness_key.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Witness {
    /// Where heads and receipts are kept, away from the database: s3://bucket/folder, file:///folder or a path.
    #[arg(long, value_name = "URI", env = "TELEMETRY_WITNESS_TO")]
    pub to: String,
    /// The name of the secret that holds the key.
    #[arg(long, value_name = "NAME", default_value = "witness_key")]
    pub key: String,
    /// A public key that signed the heads before, after a change of keys.
    #[arg(long, value_name = "KEY")]
    pub trust: Vec<String>,
    /// A witness that somebody else runs and that signs too: its public key, a comma, its address.
    #[arg(long, value_name = "KEY,URL")]
    pub witness: Vec<String>,
    /// Asks witnesses at private addresses and over http too.
    #[arg(long)]
    pub allow_private: bool,
    /// The logs of the database that are signed.
    #[arg(long, value_name = "LOG", value_delimiter = ',', default_value = "events,changes,erasures",
          value_parser = ["events", "changes", "erasures"])]
    pub log: Vec<String>,
    /// Goes on until it is told to stop (SIGTERM), and signs this often.
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    pub every: Option<Duration>,
    /// Where /metrics and /health are answered, such as 127.0.0.1:9189; nowhere by default.
    #[arg(long, value_name = "ADDRESS:PORT", requires = "every")]
    pub metrics: Option<SocketAddr>,
    /// The database: postgres://user@host/name. TLS is spoken and verified but to this machine, or as sslmode and sslrootcert say.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY. TELEMETRY_SECRET_<NAME> goes before it.
    #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
    pub secrets: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The name of the export, as register_export() knows it. Its files go into a folder of this name.
    pub name: String,
    /// Where to: s3://bucket/folder, file:///folder or a path.
    #[arg(long, value_name = "URI", env = "TELEMETRY_EXPORT_TO")]
    pub to: String,
    /// Goes on until it is told to stop (SIGTERM), and looks this often whether something is due.
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    pub every: Option<Duration>,
    /// The database: postgres://user@host/name. TLS is spoken and verified but to this machine, or as sslmode and sslrootcert say.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY. TELEMETRY_SECRET_<NAME> goes before it.
    #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
    pub secrets: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Import {
    /// The folder of the export: s3://bucket/folder/NAME, file:///folder/NAME or a path.
    pub uri: String,
    /// What the export is called in this database; by default as in its own.
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
    /// Definitions for events that are not registered there: a file with what
    /// `select jsonb_agg(t) from telemetry.event_types t` answers in the database of the export.
    #[arg(long, value_name = "FILE")]
    pub taxonomy: Option<PathBuf>,
    /// What was erased in that database is stored all the same; by default it is left out and counted.
    #[arg(long)]
    pub with_erased: bool,
    /// The database: postgres://user@host/name. TLS is spoken and verified but to this machine, or as sslmode and sslrootcert say.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY. TELEMETRY_SECRET_<NAME> goes before it.
    #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
    pub secrets: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Run {
    /// Where /metrics and /health are answered, such as 127.0.0.1:9188; nowhere by default.
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEMETRY_COURIER_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// How long to wait when nothing is due; the wait doubles up to --idle.
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = read_duration)]
    pub poll: Duration,
    /// The longest wait when nothing is due. As short as --poll, and an event is on its way that soon after a quiet night too.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = read_duration)]
    pub idle: Duration,
    /// Does not listen for NOTIFY, which takes a connection more; it polls alone.
    #[arg(long)]
    pub no_wake: bool,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Debug, Args)]
pub struct Common {
    /// The database: postgres://user@host/name. TLS is spoken and verified but to this machine, or as sslmode and sslrootcert say.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// A directory of secrets, a file each; by default systemd's CREDENTIALS_DIRECTORY. TELEMETRY_SECRET_<NAME> goes before it.
    #[arg(long, value_name = "DIRECTORY", env = "TELEMETRY_SECRETS")]
    pub secrets: Option<PathBuf>,
    /// Looks secrets up in Supabase's Vault too, by their name; the courier's role needs SELECT on vault.decrypted_secrets.
    #[arg(long, env = "TELEMETRY_SUPABASE_VAULT")]
    pub supabase_vault: bool,
    /// Sends to private addresses and over http too: receivers of one's own network, and tests.
    #[arg(long)]
    pub allow_private: bool,
    /// How many requests to one destination may be out at once, where its order allows it.
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub in_flight: u16,
    /// How many connections to the database there are at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub connections: u16,
}

pub fn read_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "a number with ms, s, min or h, such as 200ms".to_owned())?;
    let duration = match &text[digits.len()..] {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "min" => Duration::from_secs(number.saturating_mul(60)),
        "h" => Duration::from_secs(number.saturating_mul(3600)),
        _ => return Err("the unit is ms, s, min or h, such as 200ms".to_owned()),
    };
    let allowed = Duration::from_millis(10)..=Duration::from_secs(3600);
    if allowed.contains(&duration) { Ok(duration) } else { Err("it lies between 10ms and 1h".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn declared_well() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(read_duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(read_duration("2min"), Ok(Duration::from_secs(120)));
        assert_eq!(read_duration("1h"), Ok(Duration::from_secs(3600)));
        for text in ["", "200", "ms", "2h", "1d", "-1s", "9ms", "61min", "1.5s"] {
            assert!(read_duration(text).is_err(), "{text}");
        }
    }
}

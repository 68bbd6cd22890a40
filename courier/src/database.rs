//! The calls of a courier, each one statement without a name and without session state, so that a pooler may give each to another
//! server.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use postgres::types::Type;
use postgres::{Client, NoTls, Row};
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinHandle;
use tokio_postgres::{CancelToken, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::database_url::{self, Tls};
use crate::delivery::{Delivery, Tried};
use crate::roots;

/// How a connection is made: read once, used for each.
#[derive(Clone)]
pub struct Database {
    config: Config,
    tls: Option<Arc<ClientConfig>>,
}

impl Database {
    pub fn new(url: &str) -> Result<Database, String> {
        let read = database_url::read(url)?;
        let mut config =
            Config::from_str(&read.address).map_err(|error| format!("the address of the database: {error}"))?;
        if config.get_application_name().is_none() {
            config.application_name("telemetry-courier");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(30));
        let roots = match read.tls {
            Tls::Plain => None,
            Tls::Unsaid(_) if is_this_machine(&config) => None,
            Tls::Verified(Some(file)) | Tls::Unsaid(Some(file)) => Some(roots::of_file(&file)?),
            Tls::Verified(None) | Tls::Unsaid(None) => Some(roots::of_the_system()),
        };
        let tls = roots.map(|roots| {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(roots);
            Arc::new(ClientConfig::builder().with_root_certificates(store).with_no_client_auth())
        });
        config.ssl_mode(if tls.is_some() {
            tokio_postgres::config::SslMode::Require
        } else {
            tokio_postgres::config::SslMode::Disable
        });
        Ok(Database { config, tls })
    }

    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    pub fn connect(&self) -> Result<Client, postgres::Error> {
        let config = postgres::Config::from(self.config.clone());
        match &self.tls {
            Some(tls) => config.connect(MakeRustlsConnect::new(ClientConfig::clone(tls))),
            None => config.connect(NoTls),
        }
    }

    /// The same without a thread, and the task that moves its bytes.
    pub async fn connect_task(&self) -> Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error> {
        // How a connection ended is told to whoever asks by it next.
        Ok(match &self.tls {
            Some(tls) => {
                let (client, connection) =
                    self.config.connect(MakeRustlsConnect::new(ClientConfig::clone(tls))).await?;
                (client, tokio::spawn(async { drop(connection.await) }))
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                (client, tokio::spawn(async { drop(connection.await) }))
            }
        })
    }

    /// Has the server end the statement that a connection runs.
    pub async fn cancel(&self, token: &CancelToken) -> Result<(), tokio_postgres::Error> {
        match &self.tls {
            Some(tls) => token.cancel_query(MakeRustlsConnect::new(ClientConfig::clone(tls))).await,
            None => token.cancel_query(NoTls).await,
        }
    }
}

pub fn claim(client: &mut Client, worker: &str, most: i32, kinds: &[&str]) -> Result<Vec<Delivery>, postgres::Error> {
    let rows = client.query_typed(
        "select ticket, delivery_id, destination, kind, url, secret_name, order_key, headers::text, body, attempt, timeout_seconds, \
                extract(epoch from leased_until - clock_timestamp())::float8 \
         from telemetry.claim_deliveries($1, $2, $3)",
        &[(&worker, Type::TEXT), (&most, Type::INT4), (&kinds, Type::TEXT_ARRAY)],
    )?;
    rows.iter().map(delivery).collect()
}

fn delivery(row: &Row) -> Result<Delivery, postgres::Error> {
    let timeout: i32 = row.try_get(10)?;
    let lease: f64 = row.try_get(11)?;
    Ok(Delivery {
        ticket: row.try_get(0)?,
        delivery_id: row.try_get(1)?,
        destination: row.try_get(2)?,
        kind: row.try_get(3)?,
        url: row.try_get(4)?,
        secret_name: row.try_get(5)?,
        order_key: row.try_get(6)?,
        headers: headers(row.try_get(7)?),
        body: row.try_get(8)?,
        attempt: row.try_get(9)?,
        timeout: Duration::from_secs(u64::try_from(timeout).unwrap_or(1).max(1)),
        lease: Duration::try_from_secs_f64(lease).unwrap_or_default(),
    })
}

fn headers(text: Option<&str>) -> Vec<(String, String)> {
    let object: serde_json::Map<String, serde_json::Value> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    object.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

/// What became of each ticket, in the order of `tried`.
pub fn settle(client: &mut Client, worker: &str, tried: &[Tried]) -> Result<Vec<(String, String)>, postgres::Error> {
    let results = results(tried);
    let rows = client.query_typed(
        "select ticket, outcome from telemetry.settle_deliveries($1, $2::text::jsonb)",
        &[(&worker, Type::TEXT), (&results, Type::TEXT)],
    )?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

fn results(tried: &[Tried]) -> String {
    let results = tried.iter().map(|tried| {
        let mut result = serde_json::Map::new();
        result.insert("ticket".to_owned(), tried.ticket.as_str().into());
        match tried.outcome.result {
            Ok(status) => result.insert("status_code".to_owned(), status.into()),
            Err(failure) => result.insert("error".to_owned(), failure.word().into()),
        };
        if let Some(seconds) = tried.outcome.retry_after {
            result.insert("retry_after_seconds".to_owned(), seconds.into());
        }
        serde_json::Value::Object(result)
    });
    serde_json::Value::Array(results.collect()).to_string()
}

/// One line for people: what the server or the way to it says, never a parameter.
pub fn describe(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => match said.hint() {
            Some(hint) => format!("{} ({}): {hint}", said.message(), said.code().code()),
            None => format!("{} ({})", said.message(), said.code().code()),
        },
        None => {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(error);
            while let Some(inner) = cause {
                let inner_text = inner.to_string();
                if !text.contains(&inner_text) {
                    text = format!("{text}: {inner_text}");
                }
                cause = inner.source();
            }
            text
        }
    }
}

fn is_this_machine(config: &Config) -> bool {
    use tokio_postgres::config::Host;
    !config.get_hosts().is_empty()
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => {
                name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
            }
            Host::Unix(_) => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Failure, Outcome};

    #[test]
    fn results_as_the_database_reads_them() {
        let tried = [
            Tried { ticket: "a".to_owned(), outcome: Outcome::status(429, Some(30)) },
            Tried { ticket: "b\"".to_owned(), outcome: Outcome::failed(Failure::BlockedAddress) },
        ];
        assert_eq!(
            results(&tried),
            r#"[{"retry_after_seconds":30,"status_code":429,"ticket":"a"},{"error":"blocked_address","ticket":"b\""}]"#
        );
    }

    #[test]
    fn plain_to_this_machine_alone() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let encrypted = |url: &str| Database::new(url).unwrap().is_encrypted();
        assert!(!encrypted("postgres://u@127.0.0.1/d"));
        assert!(!encrypted("postgres://u@localhost/d"));
        assert!(!encrypted("host=/var/run/postgresql dbname=d"));
        assert!(encrypted("postgres://u@db.example.org/d"));
        assert!(encrypted("postgres://u@127.0.0.1/d?sslmode=require"));
        assert!(!encrypted("postgres://u@db.example.org/d?sslmode=disable"));
    }
}

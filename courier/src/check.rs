//! `check`: secrets, database, rights and, where the role may read them, the addresses of destinations. Nothing is sent.

use std::collections::BTreeSet;
use std::net::ToSocketAddrs as _;

use postgres::Client;
use postgres::types::Type;

use crate::address::{Reach, reach};
use crate::database::{self, Database};
use crate::secret::Secret;
use crate::vault::Vault;
use crate::{mail_server, request, target};

const CALLS: [&str; 3] = [
    "telemetry.claim_deliveries(text, integer, text[])",
    "telemetry.settle_delivery(text, text, integer, text, integer)",
    "telemetry.settle_deliveries(text, jsonb)",
];

/// Prints a line for each finding. Whether all is well.
pub fn check(database: &Database, vault: &Vault, allow_private: bool) -> bool {
    let mut report = Report { well: true };
    match vault.inventory() {
        Ok(secrets) if secrets.is_empty() => report.good("secrets: there are none"),
        Ok(secrets) => secrets.iter().for_each(|(name, what)| report.good(&format!("secret {name}: {what}"))),
        Err(error) => report.bad(&error),
    }
    match database.connect() {
        Ok(mut client) => {
            let way = if database.is_encrypted() { "over verified TLS" } else { "without TLS" };
            report.good(&format!("database: connected {way}"));
            if let Err(error) = check_database(&mut client, vault, allow_private, &mut report) {
                report.bad(&format!("database: {}", database::describe(&error)));
            }
        }
        Err(error) => report.bad(&format!("database: {}", database::describe(&error))),
    }
    report.well
}

fn check_database(
    client: &mut Client,
    vault: &Vault,
    allow_private: bool,
    report: &mut Report,
) -> Result<(), postgres::Error> {
    let version = client
        .query_typed_opt("select extversion::text from pg_catalog.pg_extension where extname = 'telemetry'", &[])?;
    let Some(version) = version else {
        report.bad("database: the extension telemetry is not installed in it");
        return Ok(());
    };
    report.good(&format!("database: telemetry {}", version.try_get::<_, String>(0)?));
    for call in CALLS {
        let allowed = client.query_typed_one(
            "select pg_catalog.has_function_privilege(pg_catalog.to_regprocedure($1), 'execute')",
            &[(&call, Type::TEXT)],
        )?;
        match allowed.try_get(0)? {
            Some(true) => report.good(&format!("rights: may call {call}")),
            Some(false) => {
                report.bad(&format!("rights: may not call {call}; telemetry.grant_access() gives the level courier"))
            }
            None => report.bad(&format!("rights: there is no {call}; the extension is older than this courier")),
        }
    }
    let readable = client.query_typed_one(
        "select pg_catalog.has_table_privilege(pg_catalog.to_regclass('telemetry.destinations'), 'select')",
        &[],
    )?;
    if readable.try_get::<_, Option<bool>>(0)? != Some(true) {
        report.good(
            "addresses: this role may not read them, as it should be; run check as an administrator to see them judged",
        );
        return Ok(());
    }
    for row in
        client.query_typed("select name, kind, url, secret_name from telemetry.destinations order by name", &[])?
    {
        let name: String = row.try_get(0)?;
        report.add(
            &format!("destination {name}: address"),
            judge_address(row.try_get(1)?, row.try_get(2)?, allow_private),
        );
        report.add(
            &format!("destination {name}: secret"),
            judge_secret(row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, vault),
        );
    }
    Ok(())
}

/// Never quotes the url.
fn judge_address(kind: &str, url: &str, allow_private: bool) -> Result<String, String> {
    let place = if kind == "email" {
        mail_server::read(url, allow_private).map(|server| (server.host, server.port))
    } else {
        target::read(url, allow_private).map(|uri| {
            (uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(443))
        })
    };
    let (host, port) = place.map_err(|fault| match fault {
        target::Fault::Malformed => "the url is none".to_owned(),
        target::Fault::Scheme if kind == "email" => {
            "the url is no smtp or smtps; --allow-private allows ?tls=none".to_owned()
        }
        target::Fault::Scheme => "the scheme is not https; --allow-private allows http".to_owned(),
        target::Fault::User => "the url holds a user".to_owned(),
    })?;
    let addresses = (host.as_str(), port).to_socket_addrs().map_err(|_| format!("{host} does not resolve"))?;
    let reaches: BTreeSet<&str> = addresses
        .map(|address| match reach(address.ip()) {
            Reach::Public => "public",
            Reach::Private => "private",
            Reach::Never => "never a receiver",
        })
        .collect();
    let reaches: Vec<&str> = reaches.into_iter().collect();
    match reaches[..] {
        ["public"] => Ok(format!("{host} is public")),
        [] => Err(format!("{host} does not resolve")),
        _ if allow_private && !reaches.contains(&"never a receiver") => {
            Ok(format!("{host} is {}", reaches.join(" and ")))
        }
        _ => Err(format!("{host} is {}; nothing is sent there", reaches.join(" and "))),
    }
}

fn judge_secret(kind: &str, url: &str, name: Option<&str>, vault: &Vault) -> Result<String, String> {
    let Some(name) = name else {
        return match kind {
            "webhook" => Ok("none: it is sent unsigned".to_owned()),
            "email" | "alertmanager" => Ok("none: it is sent without a password".to_owned()),
            _ => Err(format!("a {kind} needs a token")),
        };
    };
    match (kind, vault.secret(name)) {
        (_, None) => Err(format!("there is no secret {name}")),
        ("webhook", Some(Secret::Token(_))) => Err(format!("{name} does not begin with whsec_")),
        ("slack", Some(Secret::Token(token))) if !request::is_at(token.text(), url) => {
            Err(format!("{name} is no address at the server of the url"))
        }
        ("email", Some(Secret::Token(token))) if !token.text().contains(':') => {
            Err(format!("{name} is no USER:PASSWORD"))
        }
        ("posthog" | "segment" | "slack" | "email" | "alertmanager", Some(Secret::Signing(_))) => {
            Err(format!("{name} is a signing secret, not a token"))
        }
        (_, Some(secret)) => Ok(format!("{name}, {}", secret.describe())),
    }
}

struct Report {
    well: bool,
}

impl Report {
    fn good(&mut self, line: &str) {
        println!("ok      {line}");
    }

    fn bad(&mut self, line: &str) {
        self.well = false;
        println!("not ok  {line}");
    }

    fn add(&mut self, what: &str, finding: Result<String, String>) {
        match finding {
            Ok(line) => self.good(&format!("{what}: {line}")),
            Err(line) => self.bad(&format!("{what}: {line}")),
        }
    }
}

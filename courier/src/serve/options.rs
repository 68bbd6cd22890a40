//! What `serve` is told on its command line, and what may not stand together.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hyper::header::HeaderName;
use ipnet::IpNet;

use crate::arguments::read_duration;

#[derive(Debug, Args)]
pub struct Serve {
    /// Where pages are answered. Over plain HTTP: what comes from other machines comes through a proxy that speaks TLS.
    #[arg(long, value_name = "ADDRESS:PORT", env = "TELEMETRY_SERVE_LISTEN", default_value = "127.0.0.1:8417")]
    pub listen: SocketAddr,
    /// Allows --listen to be an address that other machines reach.
    #[arg(long)]
    pub allow_remote: bool,
    /// Asks for a name and a password of this file: NAME:HASH on each line, as htpasswd -B -C 12 writes them.
    #[arg(long, value_name = "FILE")]
    pub passwords: Option<PathBuf>,
    /// Believes the name in this header of a reverse proxy that has asked who it is; with --trust-from.
    #[arg(long, value_name = "HEADER")]
    pub trust_header: Option<HeaderName>,
    /// The proxy's address or network, such as 127.0.0.1 or 10.0.0.0/8; may be given several times.
    #[arg(long, value_name = "ADDRESS", value_parser = read_network)]
    pub trust_from: Vec<IpNet>,
    /// Asks nobody who they are; on a loopback address alone.
    #[arg(long)]
    pub open: bool,
    /// A file of JSON that says as which role and with which claims each user asks; "*" stands for all others.
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// The database: postgres://user@host/name. TLS is spoken and verified but to this machine, or as sslmode and sslrootcert say.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// How long a statement may take.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = read_duration)]
    pub timeout: Duration,
    /// How many connections to the database there are at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub connections: u16,
}

impl Serve {
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Refuses to start where it would show more than was said.
    pub fn check(&self) -> Result<(), String> {
        let ways = [self.passwords.is_some(), self.trust_header.is_some(), self.open];
        match ways.into_iter().filter(|is_given| *is_given).count() {
            1 => {}
            0 => {
                return Err(
                    "nothing says who may read the pages: give --passwords FILE, or --trust-header HEADER with \
                            --trust-from ADDRESS, or --open for everybody on this machine"
                        .to_owned(),
                );
            }
            _ => return Err("--passwords, --trust-header and --open are three ways: give one".to_owned()),
        }
        if self.trust_header.is_some() == self.trust_from.is_empty() {
            return Err("--trust-header and --trust-from go together: a header is worth what its sender is".to_owned());
        }
        let is_loopback = self.listen.ip().is_loopback();
        if self.open && !is_loopback {
            return Err("--open needs a loopback address: --listen 127.0.0.1:8417".to_owned());
        }
        if !is_loopback && !self.allow_remote {
            return Err(format!("{} is no loopback address: --allow-remote allows it", self.listen.ip()));
        }
        Ok(())
    }
}

/// A single address is a network of one.
fn read_network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| "an address or a network, such as 127.0.0.1 or 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        serve: Serve,
    }

    fn check(options: &str) -> Result<(), String> {
        let words = ["serve", "--database-url", "postgres://127.0.0.1/d"].into_iter();
        Line::try_parse_from(words.chain(options.split_whitespace())).map_err(|error| error.to_string())?.serve.check()
    }

    #[test]
    fn starts_with_one_way_to_know_who_asks() {
        check("--passwords file").unwrap();
        check("--trust-header X-Forwarded-User --trust-from 127.0.0.1").unwrap();
        check("--trust-header x-user --trust-from 10.0.0.0/8 --trust-from ::1 --listen 0.0.0.0:80 --allow-remote")
            .unwrap();
        check("--open --listen [::1]:80").unwrap();
    }

    #[test]
    fn refuses_to_show_more_than_was_said() {
        for (options, why) in [
            ("", "nothing says who"),
            ("--passwords file --open", "give one"),
            ("--trust-header x-user", "go together"),
            ("--trust-from 127.0.0.1 --open", "go together"),
            ("--open --listen 0.0.0.0:80 --allow-remote", "loopback"),
            ("--passwords file --listen 10.1.2.3:80", "--allow-remote"),
            ("--trust-header x:y --trust-from 127.0.0.1", "invalid value"),
            ("--trust-header x-user --trust-from everywhere", "an address or a network"),
        ] {
            assert!(check(options).unwrap_err().contains(why), "{options}");
        }
    }
}

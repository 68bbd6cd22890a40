//! One transaction per request, as a role and with claims that hold for it alone, so that a pooler may give each to another server.
//! Who reads does so in a transaction that cannot write.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use super::fault::Fault;
use super::pool::{Lease, Pool};
use super::users::Caller;
use crate::database::Database;
use crate::log;

/// All that a page shows is of one moment.
const READ: &str = "begin isolation level repeatable read read only";
const CHANGE: &str = "begin isolation level read committed read write";
/// Of what waits for a lock, such as that of an alert that is being evaluated.
const LOCK_TIMEOUT: &str = "5s";
const HEALTH_WITHIN: Duration = Duration::from_secs(2);

pub struct Asker {
    pool: Arc<Pool>,
    /// Of its own, so that a monitor does not wait behind readers.
    health: Arc<Pool>,
    timeout: Duration,
}

/// What is asked within one transaction.
pub struct Transaction {
    lease: Lease,
}

impl Asker {
    pub fn new(database: Database, connections: usize, timeout: Duration) -> Asker {
        Asker { health: Pool::new(database.clone(), 1), pool: Pool::new(database, connections), timeout }
    }

    pub async fn read(&self, caller: &Caller) -> Result<Transaction, Fault> {
        self.begin(&self.pool, READ, caller).await
    }

    pub async fn change(&self, caller: &Caller) -> Result<Transaction, Fault> {
        self.begin(&self.pool, CHANGE, caller).await
    }

    /// Whether the database answers.
    pub async fn is_there(&self) -> bool {
        let asked = async {
            let transaction = self.begin(&self.health, READ, &Caller::default()).await.ok()?;
            transaction.end().await.ok()
        };
        matches!(timeout(HEALTH_WITHIN, asked).await, Ok(Some(())))
    }

    async fn begin(&self, pool: &Arc<Pool>, statement: &str, caller: &Caller) -> Result<Transaction, Fault> {
        let mut lease = pool.borrow().await?;
        // A connection that was idle may be gone since the database was started anew.
        if lease.is_old && client(&lease)?.batch_execute(statement).await.is_err() {
            drop(lease);
            pool.forget_idle();
            lease = pool.borrow().await?;
            begin_new(&lease, statement).await?;
        } else if !lease.is_old {
            begin_new(&lease, statement).await?;
        }
        let transaction = Transaction { lease };
        transaction.settle_in(caller, self.timeout).await?;
        Ok(transaction)
    }
}

async fn begin_new(lease: &Lease, statement: &str) -> Result<(), Fault> {
    client(lease)?.batch_execute(statement).await.map_err(|error| Fault::of(&error))
}

fn client(lease: &Lease) -> Result<&Client, Fault> {
    lease.client().ok_or(Fault::Broken)
}

impl Transaction {
    /// The claims before the role: a role might not be allowed to set them.
    async fn settle_in(&self, caller: &Caller, timeout: Duration) -> Result<(), Fault> {
        let timeout = format!("{}ms", timeout.as_millis());
        self.rows(
            "select pg_catalog.set_config('request.jwt.claims', $1, true), pg_catalog.set_config('statement_timeout', $2, true), \
                    pg_catalog.set_config('lock_timeout', $3, true), pg_catalog.set_config('idle_in_transaction_session_timeout', $2, true)",
            &[&caller.claims, &timeout, LOCK_TIMEOUT],
        )
        .await?;
        if let Some(role) = &caller.role {
            let set = client(&self.lease)?
                .query_typed("select pg_catalog.set_config('role', $1, true)", &[(role, Type::TEXT)])
                .await;
            if let Err(error) = set {
                log::warn("a user's role cannot be taken on", &[("error", &crate::database::describe(&error))]);
                return Err(match Fault::of(&error) {
                    Fault::Bad(_) | Fault::Forbidden(_) => {
                        Fault::Forbidden("The role of this user is not there, or this server may not take it on.")
                    }
                    fault => fault,
                });
            }
        }
        Ok(())
    }

    /// Every parameter is a text, which the statement casts.
    pub async fn rows(&self, statement: &str, parameters: &[&str]) -> Result<Vec<Row>, Fault> {
        let parameters: Vec<_> =
            parameters.iter().map(|text| (text as &(dyn tokio_postgres::types::ToSql + Sync), Type::TEXT)).collect();
        client(&self.lease)?.query_typed(statement, &parameters).await.map_err(|error| Fault::of(&error))
    }

    /// The answer of a statement that gives one text of JSON.
    pub async fn json<T: DeserializeOwned>(&self, statement: &str, parameters: &[&str]) -> Result<T, Fault> {
        let rows = self.rows(statement, parameters).await?;
        let text: &str = rows.first().and_then(|row| row.try_get(0).ok()).ok_or(Fault::Broken)?;
        serde_json::from_str(text).map_err(|error| {
            log::warn(
                "the database's answer is not as it was expected",
                &[("line", &error.line()), ("column", &error.column())],
            );
            Fault::Broken
        })
    }

    pub async fn end(self) -> Result<(), Fault> {
        client(&self.lease)?.batch_execute("commit").await.map_err(|error| Fault::of(&error))?;
        self.lease.done();
        Ok(())
    }
}

//! A bounded number of connections, borrowed for one transaction each. One that comes back in the middle of something, because its
//! request was cut off or failed, is not used again: its statement is cancelled and it is closed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::fault::Fault;
use crate::database::{Database, describe};
use crate::log;

/// Who waits longer than this for others is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);
const CANCEL_WITHIN: Duration = Duration::from_secs(2);

pub struct Pool {
    database: Database,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
}

struct Connection {
    client: Client,
    /// Moves the bytes; ends with the connection.
    task: JoinHandle<()>,
}

pub struct Lease {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    place: Option<OwnedSemaphorePermit>,
    is_done: bool,
    /// Whether it was used before: then the database may have closed it meanwhile.
    pub is_old: bool,
}

impl Pool {
    pub fn new(database: Database, most: usize) -> Arc<Pool> {
        Arc::new(Pool { database, idle: Mutex::default(), places: Arc::new(Semaphore::new(most)) })
    }

    pub async fn borrow(self: &Arc<Self>) -> Result<Lease, Fault> {
        let waited = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = waited else { return Err(Fault::Away) };
        let idle = self.idle();
        let is_old = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let (client, task) = self.database.connect_task().await.map_err(|error| no_connection(&error))?;
                Connection { client, task }
            }
        };
        Ok(Lease { pool: Arc::clone(self), connection: Some(connection), place: Some(place), is_done: false, is_old })
    }

    fn idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if !connection.client.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// After one connection turned out to be dead the others are as old.
    pub fn forget_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Lease {
    pub fn client(&self) -> Option<&Client> {
        self.connection.as_ref().map(|connection| &connection.client)
    }

    /// The transaction has ended: the connection can be used again.
    pub fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.is_done && !connection.client.is_closed() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            return;
        }
        let (pool, place) = (Arc::clone(&self.pool), self.place.take());
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let Connection { client, task } = connection;
            if !client.is_closed() {
                // That it was closed is enough where the database cannot be told.
                let _ = timeout(CANCEL_WITHIN, pool.database.cancel(&client.cancel_token())).await;
            }
            task.abort();
            drop(place);
        });
    }
}

/// Whatever the reason is, nobody who asks can mend it: it is told in the log.
fn no_connection(error: &tokio_postgres::Error) -> Fault {
    log::warn("there is no connection to the database", &[("error", &describe(error))]);
    Fault::Away
}

//! Connections to the database that threads borrow for one statement each. As many are opened as are needed at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use postgres::Client;

use crate::database::Database;

pub struct Connections {
    database: Database,
    most: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Client>,
    open: usize,
}

impl Connections {
    pub fn new(database: Database, most: usize) -> Connections {
        Connections { database, most: most.max(1), state: Mutex::default(), returned: Condvar::new() }
    }

    /// Runs one statement. After an error the connection is thrown away where it is closed; the statement is not tried again.
    pub fn run<T>(
        &self,
        statement: impl FnOnce(&mut Client) -> Result<T, postgres::Error>,
    ) -> Result<T, postgres::Error> {
        let borrowed = self.borrow();
        let mut client = match borrowed {
            Some(client) => client,
            None => match self.database.connect() {
                Ok(client) => client,
                Err(error) => {
                    self.give_back(None);
                    return Err(error);
                }
            },
        };
        let result = statement(&mut client);
        self.give_back((!client.is_closed()).then_some(client));
        result
    }

    /// An idle connection, or None and the right to open one.
    fn borrow(&self) -> Option<Client> {
        let mut state = self.lock();
        loop {
            while let Some(client) = state.idle.pop() {
                if !client.is_closed() {
                    return Some(client);
                }
                state.open -= 1;
            }
            if state.open < self.most {
                state.open += 1;
                return None;
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, client: Option<Client>) {
        let mut state = self.lock();
        match client {
            Some(client) => state.idle.push(client),
            None => state.open -= 1,
        }
        drop(state);
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

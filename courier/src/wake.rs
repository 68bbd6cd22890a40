//! Being woken: a destination that "wakes" sends a NOTIFY with each message, and the courier asks at once what is due. Nothing is
//! delivered by it: what is due is found by polling all the same, so that a notification that is lost costs the wait of one poll.
//!
//! It takes a connection of its own that stays. A transaction pooler gives it none, and the notifications do not arrive: whether they
//! do is tried first.

use std::sync::Arc;
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator as _;

use crate::courier::Courier;
use crate::database::{self, Database};
use crate::log;
use crate::pace::Pace;

/// How long the courier's own notification may take to arrive.
const PATIENCE: Duration = Duration::from_secs(2);
/// After so much silence it is asked whether the connection is still there.
const SILENCE: Duration = Duration::from_secs(60);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// Starts to listen, in a thread of its own, for as long as the process lives.
pub fn start(courier: &Arc<Courier>, database: Database) {
    let courier = Arc::clone(courier);
    std::thread::spawn(move || {
        let mut retry = Pace::new(FIRST_RETRY, LONGEST_RETRY);
        while !courier.bell.is_stopping() {
            match listen(&courier, &database, &mut retry) {
                Ok(()) => {
                    log::info("notifications do not arrive, as through a pooler: it polls", &[]);
                    return;
                }
                Err(error) => {
                    log::warn("the connection that listens is gone", &[("error", &database::describe(&error))])
                }
            }
            std::thread::sleep(retry.wait());
        }
    });
}

/// Rings at each notification. Returns where they do not arrive, or the courier is being stopped.
fn listen(courier: &Courier, database: &Database, retry: &mut Pace) -> Result<(), postgres::Error> {
    let mut client = database.connect()?;
    client.batch_execute("listen telemetry_outbound")?;
    // From another connection: a pooler may hand this one's own back to it.
    courier.connections.run(|other| {
        other.batch_execute(&format!("notify telemetry_outbound, '{}'", courier.worker.replace('\'', "")))
    })?;
    let arrives = client.notifications().timeout_iter(PATIENCE).next()?.is_some();
    if !arrives {
        client.batch_execute("unlisten *")?;
        return Ok(());
    }
    retry.begin_anew();
    log::info("listens", &[]);
    // What was told while nobody listened.
    courier.bell.ring();
    loop {
        let rung = client.notifications().timeout_iter(SILENCE).next()?.is_some();
        if rung {
            courier.bell.ring();
        } else {
            client.is_valid(PATIENCE)?;
        }
    }
}

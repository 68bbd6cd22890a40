//! The threads of one call. They are made when the first jobs are there, do jobs beside the caller, and are gone when the
//! call ends, however it ends.
//!
//! * A thread runs nothing but [`Job::run`]. Whatever needs the server does the [`Caller`], on the thread that called.
//! * No signal is handled in a thread: all are blocked while it is made, and it keeps that.
//! * A job that panics is a [`Failure`] of its own; the threads and the caller go on.
//! * An error of the caller, or a panic, ends the work after the jobs that run at that moment. Who makes jobs sees to it
//!   that they are short.
//! * The caller never waits longer than [`PATIENCE`] without asking whether it was told to stop.
//! * Jobs are made and dropped by the caller, so what they hold may be of its memory.

mod line;

use line::{Front, Line, Work};
use nix::sys::signal::{SigSet, SigmaskHow};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, scope};
use std::time::Duration;

/// The longest time that the caller waits at once.
pub const PATIENCE: Duration = Duration::from_millis(10);

/// A thread's stack. Jobs do not recurse.
const STACK: usize = 1 << 20;

/// The name of each thread, as the system's list of threads has it.
pub const NAME: &str = "telemetry kpi";

/// A part of the work of a call.
pub trait Job: Send + 'static {
    /// The memory in which a thread works: it keeps that from job to job, so that it stays in the cache of its core.
    type Scratch: Default + 'static;

    /// Does the work, within two milliseconds as a rule. The job holds what comes of it.
    fn run(&mut self, scratch: &mut Self::Scratch) -> Result<(), Failure>;
}

/// The reason why a job has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The system gave no memory.
    NoMemory,
    /// The job panicked, which is a fault of its code. What it said is in the log of the server.
    Panicked,
}

/// The caller's side of the work. All of it is done on its own thread. While it makes or takes a job it may have the crew do
/// other work, which comes before the rest of its own.
pub trait Caller<J, E> {
    /// Makes the next job; None: there are no more.
    fn next(&mut self) -> Result<Option<J>, E>;

    /// Takes what came of a job. Jobs come in the order in which they were made.
    fn take(&mut self, job: J) -> Result<(), E>;

    /// Asks whether the call was told to stop.
    fn check(&mut self) -> Result<(), E>;
}

/// The threads of a call, its own included.
pub struct Crew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    most: usize,
    /// The threads that were made.
    helpers: Cell<usize>,
    floor: Arc<Floor>,
    desk: RefCell<Desk>,
}

/// Where a thread keeps the scratch of the kind of jobs that it did last.
type Desk = Option<Box<dyn Any>>;

/// Calls `work` with a crew of at most so many threads, that of the caller included. It returns when all of them are
/// gone, and so does a panic of `work`.
pub fn with_crew<R>(most: usize, work: impl FnOnce(&Crew<'_, '_>) -> R) -> R {
    scope(|scope| {
        let floor = Arc::new(Floor::default());
        let _over = Over(&floor);
        let (helpers, desk) = (Cell::new(0), RefCell::new(None));
        work(&Crew { scope, most: most.max(1), helpers, floor: floor.clone(), desk })
    })
}

impl Crew<'_, '_> {
    /// How many threads there may be, that of the caller included.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many threads were made.
    pub fn helpers(&self) -> usize {
        self.helpers.get()
    }

    /// Has all jobs of the caller done, at most `window` of them begun and not taken yet. The threads do them in any
    /// order, the caller helps. An error of the caller ends the work, as the first failure of a job does, in the order
    /// of jobs.
    pub fn work<J: Job, E: From<Failure>>(&self, window: usize, caller: &mut impl Caller<J, E>) -> Result<(), E> {
        let line = Arc::new(Line::default());
        let floor = self.floor.clone();
        floor.open(line.clone());
        let _closed = Closed(&floor);
        let mut is_all = false;
        loop {
            while !is_all && line.len() < window.max(1) {
                match caller.next()? {
                    Some(job) => self.hand_out(&line, job),
                    None => is_all = true,
                }
            }
            match line.front() {
                Front::Done(job, result) => {
                    result?;
                    caller.take(job)?;
                }
                Front::Empty => return Ok(()),
                Front::Pending => {
                    if !floor.do_one(&mut self.desk.borrow_mut()) {
                        floor.wait_for(&*line);
                    }
                    caller.check()?;
                }
            }
        }
    }

    /// Puts a job into the line. One more thread is made, where one may be, unless the caller can do all there is.
    fn hand_out<J: Job>(&self, line: &Line<J>, job: J) {
        line.push(job);
        let is_much = self.floor.announce() > 1;
        if is_much && self.helpers() + 1 < self.most && self.start() {
            self.helpers.set(self.helpers() + 1);
        }
    }

    /// Makes a thread. False where the system gives none: then those that are there do the work.
    fn start(&self) -> bool {
        let floor = self.floor.clone();
        let Some(_unblocked) = Blocked::all() else { return false };
        Builder::new().name(NAME.into()).stack_size(STACK).spawn_scoped(self.scope, move || floor.help()).is_ok()
    }
}

/// Runs a job. A panic is its failure.
fn run<J: Job>(job: &mut J, desk: &mut Desk) -> Result<(), Failure> {
    // What a job left half done is not looked at: its failure ends the work. The next one gets a new scratch.
    let mut scratch = desk.take().and_then(|kept| kept.downcast::<J::Scratch>().ok()).unwrap_or_default();
    let result = catch_unwind(AssertUnwindSafe(|| job.run(&mut scratch))).unwrap_or(Err(Failure::Panicked));
    if result.is_ok() {
        *desk = Some(scratch);
    }
    result
}

/// Where the threads find work.
#[derive(Default)]
struct Floor {
    state: Mutex<State>,
    /// There is a job to do, or no more will come.
    work: Condvar,
    /// A job was done.
    done: Condvar,
}

#[derive(Default)]
struct State {
    /// The lines of all work that has begun; each came up within the one before it.
    lines: Vec<Open>,
    is_over: bool,
}

struct Open {
    line: Arc<dyn Work>,
    /// The jobs of the line that nobody has begun.
    waiting: usize,
    /// The threads that do a job of it, the caller's not among them.
    busy: usize,
}

impl State {
    /// Finds a job that nobody has begun, of the last line that has one: its line, and the place of that.
    fn begin(&mut self) -> Option<(Arc<dyn Work>, usize)> {
        let place = self.lines.iter().rposition(|open| open.waiting > 0)?;
        let open = &mut self.lines[place];
        open.waiting -= 1;
        Some((open.line.clone(), place))
    }
}

impl Floor {
    fn state(&self) -> MutexGuard<'_, State> {
        held(&self.state)
    }

    fn open(&self, line: Arc<dyn Work>) {
        self.state().lines.push(Open { line, waiting: 0, busy: 0 });
    }

    /// Says that a job more of the last line waits, and returns how many do.
    fn announce(&self) -> usize {
        let mut state = self.state();
        let Some(open) = state.lines.last_mut() else { return 0 };
        open.waiting += 1;
        self.work.notify_one();
        open.waiting
    }

    /// Does a job on the thread of the caller. False where none waits.
    fn do_one(&self, desk: &mut Desk) -> bool {
        let begun = self.state().begin();
        begun.is_some_and(|(line, _)| line.do_one(desk))
    }

    /// Waits until the first job of the line is done, but not longer than [`PATIENCE`].
    fn wait_for(&self, line: &dyn Work) {
        let state = self.state();
        if !line.is_first_done() {
            // Whether that came to an end or not: the caller looks again.
            let _ = self.done.wait_timeout(state, PATIENCE);
        }
    }

    /// What a thread does from its first moment to its last.
    fn help(&self) {
        let mut desk = None;
        let mut state = self.state();
        while !state.is_over {
            let Some((line, place)) = state.begin() else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.lines[place].busy += 1;
            drop(state);
            line.do_one(&mut desk);
            // Dropped while this thread counts as busy: the caller's is the last, and its line stays in its place.
            drop(line);
            state = self.state();
            state.lines[place].busy -= 1;
            self.done.notify_all();
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the last line away when it is dropped, and waits for the jobs of it that run.
struct Closed<'a>(&'a Floor);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(open) = state.lines.last_mut() {
            open.waiting = 0;
        }
        while state.lines.last().is_some_and(|open| open.busy > 0) {
            state = self.0.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.lines.pop();
    }
}

/// Sends the threads home when it is dropped.
struct Over<'a>(&'a Floor);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.work.notify_all();
    }
}

/// Blocks all signals of this thread until it is dropped. A thread that is made meanwhile keeps them blocked.
struct Blocked(SigSet);

impl Blocked {
    fn all() -> Option<Blocked> {
        SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).ok().map(Blocked)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // It was valid when it was read.
        let _ = self.0.thread_set_mask();
    }
}

#[cfg(test)]
mod tests;

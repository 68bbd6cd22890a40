//! Tests what a caller can rely on: order, errors, panics, and that no thread is left.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{ThreadId, current};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Task {
    Square,
    Fail,
    Panic,
}

#[derive(Debug)]
struct Squaring {
    number: u64,
    task: Task,
    done_by: Option<ThreadId>,
    /// Where all threads are waited for.
    meeting: Option<Arc<AtomicUsize>>,
}

impl Job for Squaring {
    type Scratch = ();

    fn run(&mut self, _: &mut ()) -> Result<(), Failure> {
        self.done_by = Some(current().id());
        if let Some(meeting) = &self.meeting {
            meeting.fetch_add(1, Ordering::SeqCst);
            while meeting.load(Ordering::SeqCst) < 2 {
                std::thread::yield_now();
            }
        }
        match self.task {
            Task::Square => self.number *= self.number,
            Task::Fail => return Err(Failure::NoMemory),
            Task::Panic => panic!("a job panics on purpose"),
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
enum Wrong {
    Failed(Failure),
    Told(usize),
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Wrong::Failed(failure)
    }
}

#[derive(Default)]
struct Asking {
    tasks: Vec<Task>,
    made: usize,
    taken: Vec<u64>,
    threads: Vec<Option<ThreadId>>,
    /// After so many jobs that were taken the caller raises an error, or panics.
    stops_after: Option<usize>,
    panics_after: Option<usize>,
    fails_to_make: Option<usize>,
    meeting: Option<Arc<AtomicUsize>>,
}

impl Caller<Squaring, Wrong> for Asking {
    fn next(&mut self) -> Result<Option<Squaring>, Wrong> {
        if self.fails_to_make == Some(self.made) {
            return Err(Wrong::Told(1_000 + self.made));
        }
        let Some(task) = self.tasks.get(self.made).copied() else { return Ok(None) };
        self.made += 1;
        Ok(Some(Squaring { number: self.made as u64 - 1, task, done_by: None, meeting: self.meeting.clone() }))
    }

    fn take(&mut self, job: Squaring) -> Result<(), Wrong> {
        self.taken.push(job.number);
        self.threads.push(job.done_by);
        assert!(self.panics_after != Some(self.taken.len()), "the caller panics on purpose");
        self.check()
    }

    fn check(&mut self) -> Result<(), Wrong> {
        match self.stops_after {
            Some(after) if self.taken.len() >= after => Err(Wrong::Told(self.taken.len())),
            _ => Ok(()),
        }
    }
}

fn asking(tasks: Vec<Task>) -> Asking {
    Asking { tasks, ..Asking::default() }
}

fn threads_of_this_kind() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux lists threads");
    let name = |task: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(task.ok()?.path().join("comm")).ok();
    tasks.filter_map(name).filter(|name| name.trim() == NAME).count()
}

#[test]
fn two_threads_work_at_once() {
    // Each job waits for another one: alone, the caller would never come back.
    let mut caller = Asking { meeting: Some(Arc::default()), ..asking(vec![Task::Square; 8]) };
    let helpers = with_crew(2, |crew| {
        crew.work(4, &mut caller).expect("works");
        crew.helpers()
    });
    assert_eq!((helpers, caller.taken), (1, (0..8).map(|n| n * n).collect()));
    let mut threads = caller.threads;
    threads.sort_by_key(|thread| format!("{thread:?}"));
    threads.dedup();
    assert_eq!(threads.len(), 2);
}

#[test]
fn one_job_makes_no_thread() {
    for jobs in [0, 1] {
        let helpers = with_crew(16, |crew| {
            crew.work(8, &mut asking(vec![Task::Square; jobs])).expect("works");
            crew.helpers()
        });
        assert_eq!(helpers, 0);
    }
}

#[test]
fn a_crew_of_one_does_all_itself() {
    let mut caller = asking(vec![Task::Square; 100]);
    let helpers = with_crew(1, |crew| crew.work(8, &mut caller).map(|()| crew.helpers()));
    assert_eq!(helpers, Ok(0));
    assert!(caller.threads.iter().all(|thread| *thread == Some(current().id())));
}

#[test]
fn the_first_failure_in_order_is_told() {
    for _ in 0..50 {
        let mut tasks = vec![Task::Square; 60];
        (tasks[20], tasks[21], tasks[40]) = (Task::Fail, Task::Panic, Task::Panic);
        let mut caller = asking(tasks);
        let result = with_crew(4, |crew| crew.work(32, &mut caller));
        assert_eq!((result, caller.taken.len()), (Err(Wrong::Failed(Failure::NoMemory)), 20));
    }
}

#[test]
fn after_a_failure_the_crew_works_on() {
    with_crew(4, |crew| {
        let mut tasks = vec![Task::Square; 60];
        tasks[30] = Task::Panic;
        assert_eq!(crew.work(8, &mut asking(tasks)), Err(Wrong::Failed(Failure::Panicked)));
        let mut caller = asking(vec![Task::Square; 60]);
        crew.work(8, &mut caller).expect("works");
        assert_eq!(caller.taken.len(), 60);
    });
}

#[test]
fn a_panic_of_the_caller_passes_through_and_leaves_no_thread() {
    let result = catch_unwind(|| {
        with_crew(4, |crew| crew.work(8, &mut Asking { panics_after: Some(5), ..asking(vec![Task::Square; 60]) }))
    });
    let message = result.expect_err("panics");
    assert!(message.downcast_ref::<&str>().is_some_and(|message| message.contains("on purpose")));
}

/// Has the crew do other work with each job that it takes.
struct Nesting<'a, 'scope, 'env> {
    crew: &'a Crew<'scope, 'env>,
    outer: Asking,
    inner: &'a dyn Fn(u64) -> Asking,
    taken: Vec<u64>,
}

impl Caller<Squaring, Wrong> for Nesting<'_, '_, '_> {
    fn next(&mut self) -> Result<Option<Squaring>, Wrong> {
        self.outer.next()
    }

    fn take(&mut self, job: Squaring) -> Result<(), Wrong> {
        let mut inner = (self.inner)(job.number);
        self.outer.take(job)?;
        self.crew.work(6, &mut inner)?;
        self.taken.extend(inner.taken);
        Ok(())
    }

    fn check(&mut self) -> Result<(), Wrong> {
        self.outer.check()
    }
}

#[test]
fn work_may_come_up_within_other_work() {
    let nested = |threads, inner: &dyn Fn(u64) -> Asking| {
        with_crew(threads, |crew| {
            let mut nesting = Nesting { crew, outer: asking(vec![Task::Square; 40]), inner, taken: Vec::new() };
            let result = crew.work(8, &mut nesting);
            // What was left of both is forgotten.
            let mut after = asking(vec![Task::Square; 20]);
            crew.work(8, &mut after).expect("works");
            assert_eq!(after.taken.len(), 20);
            (result, nesting.outer.taken.len(), nesting.taken)
        })
    };
    let of = |number: u64| asking(vec![Task::Square; number as usize % 13]);
    let expected: Vec<u64> = (0..40_u64).flat_map(|n| (0..n * n % 13).map(|m| m * m)).collect();
    for threads in [1, 2, 5] {
        assert_eq!(nested(threads, &of), (Ok(()), 40, expected.clone()));
    }
    for threads in [1, 5] {
        let fails = |number| asking(vec![if number == 100 { Task::Panic } else { Task::Square }; 7]);
        let (result, outer, inner) = nested(threads, &fails);
        assert_eq!((result, outer, inner.len()), (Err(Wrong::Failed(Failure::Panicked)), 11, 70));
    }
}

/// Set while jobs run that count who is left.
static IS_DROPPED_ELSEWHERE: AtomicBool = AtomicBool::new(false);

struct Home(ThreadId);

impl Drop for Home {
    fn drop(&mut self) {
        if current().id() != self.0 {
            IS_DROPPED_ELSEWHERE.store(true, Ordering::SeqCst);
        }
    }
}

struct Holding {
    _home: Home,
    task: Task,
}

impl Job for Holding {
    type Scratch = ();

    fn run(&mut self, _: &mut ()) -> Result<(), Failure> {
        assert!(self.task != Task::Panic, "a job panics on purpose");
        Ok(())
    }
}

struct Handing(usize);

impl Caller<Holding, Wrong> for Handing {
    fn next(&mut self) -> Result<Option<Holding>, Wrong> {
        self.0 += 1;
        let task = if self.0.is_multiple_of(50) { Task::Panic } else { Task::Square };
        Ok((self.0 < 100).then(|| Holding { _home: Home(current().id()), task }))
    }

    fn take(&mut self, _: Holding) -> Result<(), Wrong> {
        Ok(())
    }

    fn check(&mut self) -> Result<(), Wrong> {
        Ok(())
    }
}

#[test]
fn jobs_are_dropped_by_the_caller() {
    for _ in 0..100 {
        assert_eq!(with_crew(4, |crew| crew.work(12, &mut Handing(0))), Err(Wrong::Failed(Failure::Panicked)));
    }
    assert!(!IS_DROPPED_ELSEWHERE.load(Ordering::SeqCst));
}

/// Tells which signals its thread takes.
struct Masked(bool);

impl Job for Masked {
    type Scratch = ();

    fn run(&mut self, _: &mut ()) -> Result<(), Failure> {
        let status = std::fs::read_to_string("/proc/thread-self/status").map_err(|_| Failure::NoMemory)?;
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap_or_default().trim();
        let is_helper = current().name() == Some(NAME);
        // All but KILL, STOP and two that the C library keeps for itself.
        self.0 = !is_helper || blocked == "fffffffe7ffbfeff" || blocked == "fffffffc7ffbfeff";
        Ok(())
    }
}

struct Masking(usize, Vec<bool>);

impl Caller<Masked, Wrong> for Masking {
    fn next(&mut self) -> Result<Option<Masked>, Wrong> {
        self.0 += 1;
        Ok((self.0 < 200).then_some(Masked(false)))
    }

    fn take(&mut self, job: Masked) -> Result<(), Wrong> {
        self.1.push(job.0);
        Ok(())
    }

    fn check(&mut self) -> Result<(), Wrong> {
        Ok(())
    }
}

#[test]
fn threads_handle_no_signal_and_the_caller_does() {
    let blocked = || SigSet::thread_get_mask().expect("has a mask").iter().count();
    let before = blocked();
    let mut caller = Masking(0, Vec::new());
    let helpers = with_crew(3, |crew| {
        crew.work(12, &mut caller).expect("works");
        crew.helpers()
    });
    assert_eq!((helpers, caller.1.len(), blocked()), (2, 199, before));
    assert!(caller.1.iter().all(|is_as_it_should_be| *is_as_it_should_be));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_crew_answers_as_one_thread_does(
        tasks in prop::collection::vec(
            prop_oneof![60 => Just(Task::Square), 1 => Just(Task::Fail), 1 => Just(Task::Panic)], 0..200),
        threads in 1_usize..9, window in 0_usize..40,
        stops_after in prop::option::of(1_usize..200), fails_to_make in prop::option::of(0_usize..400),
    ) {
        let asked = |threads, window| {
            let mut caller = Asking { stops_after, fails_to_make, ..asking(tasks.clone()) };
            let result = with_crew(threads, |crew| crew.work(window, &mut caller));
            (result, caller.taken)
        };
        let ((result, taken), (expected, all)) = (asked(threads, window), asked(1, 1));
        if fails_to_make.is_none() {
            prop_assert_eq!(&taken, &all);
            prop_assert_eq!(result, expected);
        } else {
            // A crew makes jobs ahead, so that an error of making may come before one of an earlier job.
            prop_assert!(all.starts_with(&taken));
        }
    }
}

#[test]
fn no_thread_is_left() {
    // Tests beside this one have threads as well: wait until these are gone.
    with_crew(4, |crew| crew.work(8, &mut asking(vec![Task::Square; 60]))).expect("works");
    let is_gone = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        threads_of_this_kind() == 0
    });
    assert!(is_gone);
}

//! Has several threads gather the events of a band: a range of actors is a job. The caller visits the actors, in order.

use super::pieces::{Cursor, Pieces};
use super::places::{Placed, Places};
use super::ties::{self, Arrivals};
use super::{ByActor, Payload, ReadArrivals, places};
use crate::crew::{Caller, Crew, Failure, Job};
use crate::{ALONE, Full};
use std::collections::TryReserveError;
use std::ops::Range;
use std::sync::Arc;

/// The most events of a range that is a job of some 0.8 ms, as long as no actor has more. To look for the first events of a
/// range in each piece took a twelfth of all time where ranges had a quarter of that.
pub(super) const RANGE: usize = 4 * PLACED;

/// The most events that are put into places at once, as long as no actor has more.
const PLACED: usize = places::RANGE / 2;

/// The least events of a range.
const SMALLEST: usize = 64;

/// The bytes that the events of ranges may take for each thread, beyond the limit of the collection.
const OF_A_THREAD: usize = 2 << 20;

impl<P: Payload> ByActor<P> {
    /// Does what visit() does, with the threads of a crew. The visitor and the readers run on the thread of the caller.
    /// `check` asks whether the call was told to stop. The events of ranges take up to 2 MiB for each thread beyond the
    /// limit, or half of what is left of it.
    pub fn visit_by<E: From<Full> + From<Failure>>(
        &mut self,
        crew: &Crew<'_, '_>,
        arrivals: Option<&mut ReadArrivals<'_, E>>,
        check: impl FnMut() -> Result<(), E>,
        visitor: impl FnMut(u16, &[(i64, P)]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (window, spare, events) = (2 * crew.most(), self.spare(), self.pieces.events());
        let most = self.pieces.most_of_an_actor();
        let needed = window * RANGE.max(most).min(events) * size_of::<(i64, P)>() + crew.most() * self.placed();
        if crew.most() < 2 || events < self.shared_from || needed > (OF_A_THREAD * crew.most()).max(spare / 2) {
            return self.visit(arrivals, visitor);
        }
        self.pieces.order();
        let mut sharing = Sharing {
            pieces: Arc::new(std::mem::replace(&mut self.pieces, Pieces::new())),
            from: 0,
            // Of a small band each thread gets some ranges as well.
            range: self.shared_range.min((events / (2 * window)).max(SMALLEST)),
            sheets: std::mem::take(&mut self.sheets),
            ties: Arrivals::new(spare),
            arrivals,
            check,
            visitor,
        };
        crew.work(window, &mut sharing)?;
        self.sheets = sharing.sheets;
        if let Ok(pieces) = Arc::try_unwrap(sharing.pieces) {
            self.pieces = pieces;
        }
        self.begin_band();
        Ok(())
    }

    /// Shares bands of at least so many events, where that is fewer than it would be.
    pub fn shared_from(self, events: usize) -> Self {
        Self { shared_from: ALONE.min(events), ..self }
    }

    /// Makes jobs of so many events at most, and shares the smallest band.
    #[cfg(test)]
    pub(super) fn with_ranges_of(self, shared_range: usize) -> Self {
        Self { shared_range, shared_from: 0, ..self }
    }
}

/// The events of a range of actors.
#[derive(Debug)]
pub(super) struct Sheet<P> {
    /// The events, actor by actor, in order of time.
    events: Vec<(i64, P)>,
    /// The place where the events of each actor end.
    ends: Vec<u32>,
    /// The actors of the range who have events of one time that differ, and all events of these.
    tied: Vec<u32>,
    placed: Vec<Placed<P>>,
}

struct Gathering<P> {
    pieces: Arc<Pieces<P>>,
    range: Range<usize>,
    wants_ties: bool,
    sheet: Sheet<P>,
}

/// Where a thread puts the events of a range into places.
struct Desk<P> {
    places: Places<P>,
    cursor: Cursor,
}

impl<P: Payload> Job for Gathering<P> {
    type Scratch = Desk<P>;

    fn run(&mut self, desk: &mut Desk<P>) -> Result<(), Failure> {
        self.gather(desk).map_err(|_| Failure::NoMemory)
    }
}

impl<P: Payload> Gathering<P> {
    fn gather(&mut self, Desk { places, cursor }: &mut Desk<P>) -> Result<(), TryReserveError> {
        let Self { pieces, range, wants_ties, sheet: Sheet { events, ends, tied, placed } } = self;
        events.clear();
        ends.clear();
        tied.clear();
        placed.clear();
        pieces.begin(range.start, cursor);
        ends.try_reserve(range.len())?;
        events.try_reserve_exact(pieces.counts()[range.clone()].iter().map(|count| *count as usize).sum())?;
        let mut from = range.start;
        while let Some(next) = pieces.next_range(from, PLACED).filter(|next| next.start < range.end) {
            let part = next.start..next.end.min(range.end);
            ends.resize(part.start - range.start, events.len() as u32);
            places.fill(pieces, part.clone(), cursor)?;
            for actor in 0..part.len() {
                let own = places.sorted(actor);
                if *wants_ties && ties::has_any(own) {
                    tied.push(ends.len() as u32);
                    placed.try_reserve(own.len())?;
                    placed.extend_from_slice(own);
                }
                events.extend(own.iter().map(|event| (event.time, event.payload)));
                ends.push(events.len() as u32);
            }
            from = part.end;
        }
        ends.resize(range.len(), events.len() as u32);
        Ok(())
    }
}

/// The caller's side: it cuts ranges, and visits the actors of those that were gathered.
struct Sharing<'a, 'b, P, E, C, V> {
    pieces: Arc<Pieces<P>>,
    /// The first actor who is in no range yet.
    from: usize,
    range: usize,
    /// Those that are not in use.
    sheets: Vec<Sheet<P>>,
    ties: Arrivals,
    arrivals: Option<&'a mut ReadArrivals<'b, E>>,
    check: C,
    visitor: V,
}

impl<P, E, C, V> Caller<Gathering<P>, E> for Sharing<'_, '_, P, E, C, V>
where
    P: Payload,
    E: From<Full>,
    C: FnMut() -> Result<(), E>,
    V: FnMut(u16, &[(i64, P)]) -> Result<(), E>,
{
    fn next(&mut self) -> Result<Option<Gathering<P>>, E> {
        let Some(range) = self.pieces.next_range(self.from, self.range) else { return Ok(None) };
        self.from = range.end;
        let sheet = self.sheets.pop().unwrap_or_default();
        Ok(Some(Gathering { pieces: self.pieces.clone(), range, wants_ties: self.arrivals.is_some(), sheet }))
    }

    fn take(&mut self, job: Gathering<P>) -> Result<(), E> {
        let Gathering { pieces, range, mut sheet, .. } = job;
        let Sheet { events, ends, tied, placed } = &mut sheet;
        let mut placed = placed.as_mut_slice();
        let mut tied = tied.iter().copied().peekable();
        let (mut begin, mut buffer) = (0, Vec::new());
        for (actor, (place, end)) in range.zip(ends.iter().enumerate()) {
            let own = &mut events[begin..*end as usize];
            begin = *end as usize;
            if tied.next_if_eq(&(place as u32)).is_some()
                && let Some(read) = self.arrivals.as_deref_mut()
            {
                let (those, rest) = placed.split_at_mut(own.len());
                placed = rest;
                ties::resolve(those, &pieces, &mut self.ties, &mut buffer, read)?;
                own.iter_mut().zip(those).for_each(|(event, placed)| *event = (placed.time, placed.payload));
            }
            if !own.is_empty() {
                (self.visitor)(actor as u16, own)?;
            }
        }
        if sheet.events.capacity() <= self.range {
            // That of an actor with more than a range is not kept.
            self.sheets.push(sheet);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), E> {
        (self.check)()
    }
}

impl<P> Default for Sheet<P> {
    fn default() -> Self {
        Sheet { events: Vec::new(), ends: Vec::new(), tied: Vec::new(), placed: Vec::new() }
    }
}

impl<P: Copy> Default for Desk<P> {
    fn default() -> Self {
        Desk { places: Places::new(), cursor: Cursor::default() }
    }
}

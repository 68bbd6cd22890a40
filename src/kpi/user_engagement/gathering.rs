//! A reader that gathers what scores need to know of each user, from all events.

use crate::calendar::Edges;
use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS, sets};
use crate::readers::each_event::each_event;
use crate::readers::periods::periods_of;
use crate::source::count::probability;
use crate::source::question::{Piece, Reader};

/// The weight of one event; a sampled event has more. Weights are whole numbers, which add up alike in any order.
const ONE: f64 = 4_294_967_296.0;

/// A user with at least one event.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub tenant: TenantId,
    pub number: ActorNumber,
    pub active_days: u32,
    /// The user's last active day, counted from 0.
    pub last_day: u32,
    pub names: u32,
    pub weight: u64,
}

/// Tells how many events a weight stands for.
pub fn events_of(weight: u64) -> f64 {
    // What is left of 3 events at 0.3 for a whole number.
    (weight as f64 / ONE * 1e6).round() / 1e6
}

pub struct Gathering {
    /// The starts of the days, and the end of the last.
    edges: Edges,
    days: Activity,
    /// Who used each name, by the number of the name.
    names: Activity,
    met: Vec<bool>,
    /// The weight of each actor's events, by place in the band.
    weights: Vec<u64>,
    at: BandOf,
    /// How many bytes more users may take.
    left: usize,
    pub known: Vec<Known>,
}

impl Gathering {
    /// Makes an empty one. Error: 53200 where this many days and names do not fit.
    pub fn new(edges: Edges, names: usize, memory: &Memory) -> Result<Gathering, Error> {
        let days = edges.buckets();
        let held = Activity::would_take(days, MOST_ACTORS) + Activity::would_take(names, MOST_ACTORS);
        memory.check(held)?;
        Ok(Gathering {
            edges,
            days: Activity::new(days),
            names: Activity::new(names),
            met: vec![false; names],
            weights: Vec::new(),
            at: Default::default(),
            left: memory.left() - held,
            known: Vec::new(),
        })
    }

    /// Tells how many names anybody used.
    pub fn names_met(&self) -> u32 {
        self.met.iter().filter(|met| **met).count() as u32
    }
}

impl Reader<Error> for Gathering {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.days.begin_band(actors);
        self.names.begin_band(actors);
        self.weights.clear();
        self.weights.resize(actors, 0);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let Self { edges, days, names, met, weights, .. } = self;
        let (mut day, mut bounds, mut known) = (0, 0..0, (1.0, 1.0));
        each_event(piece, |event| {
            if !bounds.contains(&event.time) {
                let Some(of_time) = edges.bucket_of(event.time) else { return };
                (day, bounds) = (of_time, edges.span_of(of_time));
            }
            let name = event.label as usize;
            days.mark(day, &[event.actor]);
            names.mark(name, &[event.actor]);
            met[name] = true;
            if event.rate != known.0 {
                known = (event.rate, probability(event.rate));
            }
            let weight = if event.rate == 1.0 { ONE } else { ONE / known.1 };
            let sum = &mut weights[usize::from(event.actor)];
            *sum = sum.saturating_add(weight.round() as u64);
        });
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        let active_days = periods_of(&self.days, |_| true);
        let names = periods_of(&self.names, |_| true);
        let mut last_day = vec![0; active_days.len()];
        for day in 0..self.days.buckets() {
            sets::users(self.days.set(day)).for_each(|place| last_day[usize::from(place)] = day as u32);
        }
        let users = self.weights.iter().filter(|weight| **weight > 0).count();
        // A score beside each user, later on.
        let size = users * (size_of::<Known>() + size_of::<(f64, Known)>());
        self.left = self.left.checked_sub(size).ok_or_else(Memory::exceeded)?;
        self.known.reserve(users);
        for (place, weight) in self.weights.iter().enumerate().filter(|(_, weight)| **weight > 0) {
            self.known.push(Known {
                tenant,
                number: band.number(place as u16),
                active_days: active_days[place],
                last_day: last_day[place],
                names: names[place],
                weight: *weight,
            });
        }
        Ok(())
    }
}

//! Rates of errors by user, from the timeline. First all events of each user are counted, which decides who is shown,
//! then the events of those by bucket. Ids are looked up only for users who may be shown.

use super::{Tallied, add, size};
use crate::calendar::{Calendar, Edges, edges};
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::readers::each_event::try_each_event;
use crate::readers::measuring::OTHER;
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::count::Count;
use crate::source::question::{Piece, Question, Reader};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many errors and how many events a user had.
type Counts = [Count; 2];

/// Something that is known of each user, by tenant and number.
type ByUser<T> = BTreeMap<TenantId, Vec<T>>;

/// Counts for the `most` users with the most errors, then events, and for all others as one. `question` must count
/// users. Error: 53200 more users than fit into telemetry.kpi_memory.
pub fn tally(question: Question, scope: &Scope, calendar: &Calendar, most: usize) -> Result<Tallied, Error> {
    let (mut source, buckets) = scope.open(question, calendar)?;
    let edges = edges(&buckets);
    let (mut users, mut held, left): (ByUser<Counts>, _, _) = (ByUser::new(), 0, source.memory.left());
    each_user(&mut source, &edges, |tenant, user, _, label, rate| {
        let of_tenant = users.entry(tenant).or_default();
        if user >= of_tenant.len() {
            let before = of_tenant.capacity();
            of_tenant.resize(user + 1, Counts::default());
            held += (of_tenant.capacity() - before) * size_of::<Counts>();
            if held > left {
                return Err(Memory::exceeded());
            }
        }
        add(&mut of_tenant[user], label, rate);
        Ok(())
    })?;
    source.memory.take(held)?;
    let (ids, values) = shown(&source, &users, most)?;
    let mut tallied = Tallied::new(buckets);
    tallied.values = ids.into_iter().map(|id| id.uuid().to_string()).collect();
    tallied.values.push(OTHER.into());
    tallied.others = Some(tallied.values.len());
    let width = tallied.values.len() + 1;
    source.memory.check(tallied.buckets.len() * width * size_of::<Counts>())?;
    let mut grid = vec![Counts::default(); tallied.buckets.len() * width];
    each_user(&mut source, &edges, |tenant, user, bucket, label, rate| {
        let value = values.get(&tenant).and_then(|values| values.get(user));
        add(&mut grid[bucket * width + value.map_or(0, |value| *value as usize)], label, rate);
        Ok(())
    })?;
    let had_any = |(_, [errors, all]): &(usize, Counts)| size([errors, all]) > (0, 0);
    tallied.counts =
        grid.into_iter().enumerate().filter(had_any).map(|(at, counts)| ((at / width, at % width), counts)).collect();
    Ok(tallied)
}

/// Decides who is shown: gives their ids in order, and for each user the number of its value. That is the place of its
/// id, from 1, or the number that stands for all others.
fn shown(source: &Source, users: &ByUser<Counts>, most: usize) -> Result<(Vec<ActorId>, ByUser<u32>), Error> {
    let mut ids: BTreeMap<ActorId, (Counts, Vec<(TenantId, usize)>)> = BTreeMap::new();
    for (tenant, of_tenant) in users {
        let had_any = |user: &usize| size(of_tenant[*user].each_ref()) > (0, 0);
        let mut candidates: Vec<usize> = (0..of_tenant.len()).filter(had_any).collect();
        if users.len() == 1 && candidates.len() > most {
            // With those who have as many as the last of them.
            let by_size = |user: &usize| Reverse(size(of_tenant[*user].each_ref()));
            candidates.sort_by_key(by_size);
            let last = by_size(&candidates[most - 1]);
            candidates.truncate(candidates.partition_point(|user| by_size(user) <= last));
        }
        let numbers: Vec<ActorNumber> = candidates.iter().map(|user| ActorNumber::new(*user as u32)).collect();
        for (user, id) in candidates.into_iter().zip(source.ids_of(*tenant, &numbers)?) {
            let id = id.ok_or(Error::UnknownActor { number: user as u32 })?;
            let (counts, places) = ids.entry(id).or_default();
            counts.iter_mut().zip(&of_tenant[user]).for_each(|(into, count)| into.merge(count));
            places.push((*tenant, user));
        }
    }
    let mut ranked: Vec<_> = ids.into_iter().collect();
    ranked.sort_by_key(|(id, (counts, _))| (Reverse(size(counts.each_ref())), *id));
    ranked.truncate(most);
    let others = ranked.len() as u32 + 1;
    let mut values: ByUser<u32> =
        users.iter().map(|(tenant, of_tenant)| (*tenant, vec![others; of_tenant.len()])).collect();
    for ((_, (_, places)), value) in ranked.iter().zip(1..) {
        for (tenant, user) in places {
            if let Some(values) = values.get_mut(tenant) {
                values[*user] = value;
            }
        }
    }
    Ok((ranked.into_iter().map(|(id, _)| id).collect(), values))
}

/// Calls `each` with the tenant, user, bucket, label and rate of every event inside the buckets.
fn each_user(
    source: &mut Source,
    edges: &Edges,
    each: impl FnMut(TenantId, usize, usize, u64, f32) -> Result<(), Error>,
) -> Result<(), Error> {
    source.visit(&mut EachUser { edges, at: Default::default(), each })
}

struct EachUser<'a, F> {
    edges: &'a Edges,
    at: BandOf,
    each: F,
}

impl<F: FnMut(TenantId, usize, usize, u64, f32) -> Result<(), Error>> Reader<Error> for EachUser<'_, F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn needs_each(&self) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, _: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let (tenant, band) = self.at;
        try_each_event(piece, |event| match self.edges.bucket_of(event.time) {
            Some(bucket) => (self.each)(tenant, band.number(event.actor).index(), bucket, event.label, event.rate),
            None => Ok(()),
        })
    }
}

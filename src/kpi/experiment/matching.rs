//! Matches exposures that one source found with the actors of another. Each source numbers the actors that only rows
//! know in its own way, so what both have in common is ids.

use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, BandOf, TenantId};
use crate::kpi::experiment::bands::{Bands, ExposedActors};
use crate::source::Source;
use crate::source::question::{Piece, Reader};
use std::collections::{BTreeMap, HashMap};

/// Takes the exposed actors that have events in `metrics` out of `exposed`, which has the numbers of `exposures`, and
/// gives them by their numbers in `metrics`.
pub fn moved(exposures: &Source, exposed: &mut Bands, metrics: &mut Source) -> Result<Bands, Error> {
    let mut present = Present::default();
    metrics.visit(&mut present)?;
    let mut found: HashMap<(TenantId, ActorId), (Band, usize)> = HashMap::new();
    for ((tenant, band), listed) in exposed.iter() {
        for (place, id) in exposures.ids_of(*tenant, &numbers(*band, &listed.places))?.into_iter().enumerate() {
            found.extend(id.map(|id| ((*tenant, id), (*band, place))));
        }
    }
    let mut moved = Bands::new();
    let mut gone: BTreeMap<BandOf, Vec<usize>> = BTreeMap::new();
    for ((tenant, band), places) in present.bands {
        let mut matched = ExposedActors::default();
        for (place, id) in places.iter().zip(metrics.ids_of(tenant, &numbers(band, &places))?) {
            if let Some((from, at)) = id.and_then(|id| found.get(&(tenant, id)))
                && let Some(listed) = exposed.get(&(tenant, *from))
            {
                matched.places.push(*place);
                matched.actors.push(listed.actors[*at]);
                gone.entry((tenant, *from)).or_default().push(*at);
            }
        }
        moved.insert((tenant, band), matched);
    }
    for (band, mut places) in gone {
        places.sort_unstable();
        if let Some(listed) = exposed.get_mut(&band) {
            listed.keep(|at| places.binary_search(&at).is_err());
        }
    }
    Ok(moved)
}

fn numbers(band: Band, places: &[u16]) -> Vec<ActorNumber> {
    places.iter().map(|place| band.number(*place)).collect()
}

/// Collects who has an event.
#[derive(Default)]
struct Present {
    bands: BTreeMap<BandOf, Vec<u16>>,
    at: BandOf,
    seen: Vec<bool>,
}

impl Reader<Error> for Present {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.seen.clear();
        self.seen.resize(actors, false);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        piece.actors.iter().for_each(|actor| self.seen[usize::from(*actor)] = true);
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let places = self.seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(place, _)| place as u16);
        self.bands.insert(self.at, places.collect());
        Ok(())
    }
}

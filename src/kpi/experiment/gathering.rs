//! Turns events into what each exposed actor did. First the variants are found, so that an exposure to each is a class
//! of its own; then who was exposed when, and what they did from then on.

use super::bands::{Bands, Exposed, ExposedActors};
use super::matching::moved;
use super::precise::Precise;
use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::kpi::experiment::definition::{Asked, Classes, spellings};
use crate::kpi::experiment::statistics::{Kind, Outcome};
use crate::memory::Memory;
use crate::readers::listing::{Listed, Listing};
use crate::readers::measuring::Number;
use crate::source::count::probability;
use crate::source::question::{IS_DECIMAL, Labels, Piece, Question, Reader};
use crate::source::{self, Source};
use std::collections::BTreeSet;

/// Everybody who was exposed, with what they did.
pub struct Gathered {
    /// The names of the variants, sorted.
    pub variants: Vec<String>,
    parts: Vec<Part>,
    kind: Kind,
}

/// Some of the exposed actors: those that one source numbers.
struct Part {
    source: Source,
    bands: Bands,
}

/// An exposed actor with what it did.
pub struct Participant {
    tenant: TenantId,
    /// The actor's number, which the source of its part gave.
    number: ActorNumber,
    /// The place of the actor's variant; None where it was exposed to several.
    pub variant: Option<usize>,
    pub exposed_at: i64,
    pub outcome: Outcome,
    /// How many events were left out because their value is no number.
    pub not_numeric: i64,
}

impl Gathered {
    pub fn participants(&self) -> impl Iterator<Item = Participant> + '_ {
        self.parts.iter().flat_map(|part| self.of_part(part))
    }

    /// Lists everybody's id with what `about` says of them. Error: 53200 a list larger than telemetry.kpi_memory.
    pub fn listed<T>(&self, about: impl Fn(&Participant) -> T) -> Result<Vec<Listed<T>>, Error> {
        let mut all = Vec::new();
        for part in &self.parts {
            let mut listing = Listing::new(&part.source.memory);
            for participant in self.of_part(part) {
                listing.push(participant.tenant, participant.number, about(&participant))?;
            }
            all.extend(listing.finish(&part.source)?);
        }
        Ok(all)
    }

    fn of_part<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = Participant> + 'a {
        part.bands.iter().flat_map(move |((tenant, band), exposed)| {
            exposed.places.iter().zip(&exposed.actors).map(move |(place, actor)| Participant {
                tenant: *tenant,
                number: band.number(*place),
                variant: (actor.variants.count_ones() == 1).then(|| actor.variants.trailing_zeros() as usize),
                exposed_at: actor.exposed_at,
                outcome: Outcome {
                    value: self.counted(actor.value),
                    denominator: actor.denominator.sum(),
                    before: self.counted(actor.before),
                    denominator_before: actor.denominator_before.sum(),
                },
                not_numeric: i64::from(actor.not_numeric),
            })
        })
    }

    fn counted(&self, value: Precise) -> f64 {
        if self.kind == Kind::Proportion { f64::from(u8::from(value.sum() > 0.0)) } else { value.sum() }
    }
}

/// Finds who was exposed and what they did. Errors: 22023 too many variants, 53200 more actors than fit into
/// telemetry.kpi_memory.
pub fn gather(asked: &Asked) -> Result<Gathered, Error> {
    let variants = variants(asked)?;
    let mut exposures = Classes::default();
    let mut of_variants = Vec::new();
    for variant in &variants {
        let mut bits = 0;
        for exposure in &asked.exposures {
            for spelling in spellings(&asked.variant_key, variant) {
                bits |= exposures.add(&asked.exposure_event, exposure.iter().cloned().chain([spelling]))?;
            }
        }
        of_variants.push(bits);
    }
    let mut both = exposures.clone();
    let of_both = metrics_of(asked, &mut both)?;
    let mut metrics = Classes::default();
    let of_metrics = metrics_of(asked, &mut metrics)?;
    let since = if asked.since == i64::MIN { asked.since } else { asked.since.saturating_sub(asked.looks_back) };
    let numeric = |question| Question { takes_decimals: true, ..question };
    let together = numeric(question(asked, since, both, asked.touches.clone()));
    let metrics = numeric(question(asked, since, metrics, asked.touches.clone()));

    // The timeline keeps the key of the metric, but exposures have none.
    let is_apart = asked.touches.is_some() && !source::is_in_timeline(&together)? && source::is_in_timeline(&metrics)?;
    let mut parts = Vec::new();
    if is_apart {
        let mut source = Source::open(question(asked, asked.since, exposures, None))?;
        let mut bands = exposed(asked, &of_variants, &mut source)?;
        let mut other = Source::open(metrics)?;
        let moved = moved(&source, &mut bands, &mut other)?;
        parts.push(Part { source, bands });
        parts.push(Part { source: other, bands: moved });
    } else {
        let mut source = Source::open(together)?;
        let bands = exposed(asked, &of_variants, &mut source)?;
        parts.push(Part { source, bands });
    }
    if let Some(part) = parts.last_mut() {
        add_metrics(asked, if is_apart { of_metrics } else { of_both }, part)?;
    }
    Ok(Gathered { variants, parts, kind: asked.kind })
}

/// Adds the classes of the metric and of the denominator, and gives their bits.
fn metrics_of(asked: &Asked, classes: &mut Classes) -> Result<(u64, u64), Error> {
    let metric = classes.add(&asked.metric_event, asked.filter.clone())?;
    let denominator = match &asked.denominator_event {
        Some(event) => classes.add(event, asked.filter.clone())?,
        None => 0,
    };
    Ok((metric, denominator))
}

fn exposed(asked: &Asked, of_variants: &[u64], source: &mut Source) -> Result<Bands, Error> {
    let left = source.memory.left();
    let mut exposures =
        Exposures { asked, of_variants, left, bands: Bands::new(), at: Default::default(), dense: Vec::new() };
    source.visit(&mut exposures)?;
    Ok(exposures.bands)
}

fn add_metrics(asked: &Asked, (metric, denominator): (u64, u64), part: &mut Part) -> Result<(), Error> {
    let Part { source, bands } = part;
    // A visit has numbered every value.
    let mut values = Vec::new();
    while let Some(text) = source.value(values.len() as u32 + 1) {
        values.push(Number::parse(text).map(|number| number.value()));
    }
    let at = BandOf::default();
    source.visit(&mut Metrics { asked, metric, denominator, values: &values, bands, at, dense: Vec::new() })
}

fn question(asked: &Asked, since: i64, classes: Classes, touches: Option<KeyPath>) -> Question {
    Question {
        range: since..asked.until,
        tenant: asked.tenant,
        needs_actors: true,
        needs_rates: true,
        labels: Labels::Classes { classes: classes.classes, keeps_others: false },
        conditions: classes.conditions,
        touches: touches.map(Keys::from),
        ..Question::default()
    }
}

/// Finds the variants to which anybody was exposed, sorted.
fn variants(asked: &Asked) -> Result<Vec<String>, Error> {
    let mut classes = Classes::default();
    for exposure in &asked.exposures {
        classes.add(&asked.exposure_event, exposure.clone())?;
    }
    let mut source = Source::open(question(asked, asked.since, classes, Some(asked.variant_key.clone())))?;
    let mut values = Values::default();
    source.visit(&mut values)?;
    let found: BTreeSet<&str> = values.found.into_iter().filter_map(|value| source.value(value)).collect();
    Ok(found.into_iter().map(str::to_string).collect())
}

/// Collects the values that occur, by their numbers.
#[derive(Default)]
struct Values {
    found: BTreeSet<u32>,
}

impl Reader<Error> for Values {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        self.found.extend(piece.values);
        Ok(())
    }
}

/// Finds when each actor of a band was exposed first, and to which variants.
struct Exposures<'a> {
    asked: &'a Asked,
    /// The bits of each variant's classes.
    of_variants: &'a [u64],
    left: usize,
    bands: Bands,
    at: BandOf,
    /// For each place in the band: the time of the first exposure, and a bit for each variant.
    dense: Vec<(i64, u64)>,
}

impl Reader<Error> for Exposures<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.dense.clear();
        self.dense.resize(actors, (i64::MAX, 0));
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        for (actor, event) in piece.each() {
            let (label, time) = (piece.labels.of(event), piece.times[event]);
            if time < self.asked.since {
                continue;
            }
            for (variant, bits) in self.of_variants.iter().enumerate() {
                if label & bits != 0 {
                    let (first, variants) = &mut self.dense[usize::from(actor)];
                    *first = time.min(*first);
                    *variants |= 1 << variant;
                }
            }
        }
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let mut band = ExposedActors::default();
        for (place, (exposed_at, variants)) in self.dense.iter().enumerate().filter(|(_, (_, variants))| *variants != 0)
        {
            let nothing = Precise::default();
            band.places.push(place as u16);
            band.actors.push(Exposed {
                exposed_at: *exposed_at,
                variants: *variants,
                value: nothing,
                denominator: nothing,
                before: nothing,
                denominator_before: nothing,
                not_numeric: 0,
            });
        }
        let taken = band.places.len() * (size_of::<Exposed>() + size_of::<u16>());
        self.left = self.left.checked_sub(taken).ok_or_else(Memory::exceeded)?;
        self.bands.insert(self.at, band);
        Ok(())
    }
}

/// Adds up what the exposed actors did.
struct Metrics<'a> {
    asked: &'a Asked,
    metric: u64,
    denominator: u64,
    /// The number that each value is, by the value's number less one; none where it is not a number.
    values: &'a [Option<f64>],
    bands: &'a mut Bands,
    at: BandOf,
    /// For each place in the band: the actor's place in the list of exposed ones, counted from 1; 0 where it is not
    /// there.
    dense: Vec<u32>,
}

impl Metrics<'_> {
    /// Tells how much an event adds. With `touches` that is the number of its value, and nothing where it has no value;
    /// otherwise it counts as one event.
    fn amount(&self, piece: &Piece<'_>, event: usize, touches: bool) -> Result<Option<f64>, NoNumber> {
        // Mostly every event was kept.
        let rate = match piece.rates.get(event) {
            None => 1.0,
            Some(rate) => probability(*rate),
        };
        if !touches {
            return Ok(Some(1.0 / rate));
        }
        match piece.values[event] {
            0 => Ok(None),
            IS_DECIMAL => Ok(Some(piece.decimals[event].value() / rate)),
            value => self.values[value as usize - 1].map(|value| Some(value / rate)).ok_or(NoNumber),
        }
    }
}

/// The value of an event is no number.
#[derive(Clone, Copy)]
struct NoNumber;

impl Reader<Error> for Metrics<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        true
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.dense.clear();
        self.dense.resize(actors, 0);
        for (place, exposed) in self.bands.get(&self.at).into_iter().flat_map(|band| &band.places).enumerate() {
            self.dense[usize::from(*exposed)] = place as u32 + 1;
        }
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        for (actor, event) in piece.each() {
            let (label, time) = (piece.labels.of(event), piece.times[event]);
            let listed = self.dense[usize::from(actor)];
            if listed == 0 || label & (self.metric | self.denominator) == 0 {
                continue;
            }
            let is_value = label & self.metric != 0;
            let value = self.amount(piece, event, self.asked.value_is_touched);
            let is_denominator = label & self.denominator != 0;
            let denominator = self.amount(piece, event, self.asked.denominator_is_touched);
            let Some(band) = self.bands.get_mut(&self.at) else { continue };
            let actor = &mut band.actors[listed as usize - 1];
            if time >= actor.exposed_at {
                for (into, amount, is_asked) in
                    [(&mut actor.value, value, is_value), (&mut actor.denominator, denominator, is_denominator)]
                {
                    match amount {
                        Ok(amount) if is_asked => into.add(amount.unwrap_or(0.0)),
                        Err(NoNumber) if is_asked => actor.not_numeric += 1,
                        _ => {}
                    }
                }
            } else if time >= actor.exposed_at.saturating_sub(self.asked.looks_back) {
                for (into, amount, is_asked) in
                    [(&mut actor.before, value, is_value), (&mut actor.denominator_before, denominator, is_denominator)]
                {
                    if is_asked {
                        into.add(amount.ok().flatten().unwrap_or(0.0));
                    }
                }
            }
        }
        Ok(())
    }
}

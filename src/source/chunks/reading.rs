//! Reads the columns of a segment that a question needs into the scratch.

use super::scratch::fetched;
use super::values::number_values;
use super::{ChunkOf, Needed, Scratch, broken, place_of};
use crate::error::Error;
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::source::question::Question;
use crate::source::texts::Texts;
use telemetry_chunks::{Codes, Damage, Segment};

impl ChunkOf {
    /// Reads what the question asks of each event of the segment, beside whose it is, when it was and its label.
    pub(super) fn read_columns(
        &self,
        needed: &Needed<'_>,
        question: &Question,
        values: &mut Texts,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let (segment, labels) = (&needed.of.segment, needed.of.tests.labels());
        if needed.arrivals {
            self.read_arrivals(needed, scratch)?;
        }
        if question.needs_rates && segment.sampled > 0 {
            self.read_rates(segment, scratch)?;
        }
        if let Some(keys) = &question.touches
            && question.touches_any_of(labels)
        {
            let mut column = std::mem::take(&mut scratch.columns.values);
            self.read_values((segment, keys), values, scratch, question.takes_decimals, &mut column)?;
            scratch.columns.values = column;
        }
        if let Some(keys) = &question.groups_by
            && question.groups_any_of(labels)
        {
            let mut column = std::mem::take(&mut scratch.columns.groups);
            self.read_values((segment, keys), values, scratch, false, &mut column)?;
            scratch.columns.groups = column;
        }
        self.read_matched(segment, &question.matches, values, scratch)?;
        if question.asks_subjects_of(labels) {
            self.read_objects(segment, question, scratch)?;
        }
        Ok(())
    }

    /// Appends the number of each event's value of some keys; of several keys that of their values together.
    /// `takes_decimals`: numbers under one key are put among the decimals.
    fn read_values(
        &self,
        (segment, keys): (&Segment, &Keys),
        values: &mut Texts,
        scratch: &mut Scratch,
        takes_decimals: bool,
        into: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let Keys::Several(keys) = keys else {
            for key in keys.iter() {
                if self.read_property(segment, key, scratch)? {
                    let decimals = takes_decimals.then_some(&mut scratch.columns.decimals);
                    number_values(&mut scratch.dictionary, values, into, decimals);
                }
            }
            return Ok(());
        };
        // The numbers of an event's values lie side by side.
        let (mut parts, mut of_key) = (vec![0; keys.len() * segment.events], Vec::new());
        for (place, key) in keys.iter().enumerate() {
            of_key.clear();
            if self.read_property(segment, key, scratch)? {
                number_values(&mut scratch.dictionary, values, &mut of_key, None);
            }
            parts.iter_mut().skip(place).step_by(keys.len()).zip(&of_key).for_each(|(part, number)| *part = *number);
        }
        let mut last: (&[u32], u32) = (&[], 0);
        for parts in parts.chunks_exact(keys.len()) {
            if parts != last.0 {
                last = (parts, values.number_of_list(parts));
            }
            into.push(last.1);
        }
        Ok(())
    }

    /// Reads which values the events have of the keys that match.
    fn read_matched(
        &self,
        segment: &Segment,
        keys: &[KeyPath],
        values: &mut Texts,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        for (place, key) in keys.iter().enumerate() {
            if !self.read_property(segment, key, scratch)? {
                continue;
            }
            if place == 0 {
                number_values(&mut scratch.dictionary, values, &mut scratch.columns.matched, None);
                continue;
            }
            let mut others = Vec::with_capacity(segment.events);
            number_values(&mut scratch.dictionary, values, &mut others, None);
            for (all, other) in scratch.columns.matched.iter_mut().zip(others) {
                *all = values.number_of_pair(*all, other);
            }
        }
        Ok(())
    }

    /// Checks that places of actors, which ascend, are among those of the band that are taken.
    pub(super) fn check_places(&self, places: &[u16], actors: usize) -> Result<(), Error> {
        let is_known = places.last().is_none_or(|place| usize::from(*place) < actors);
        let unknown = Damage::Bytes("it holds a user that its tenant has not");
        is_known.then_some(()).ok_or_else(|| broken(self.chunk_id, unknown))
    }

    fn read_rates(&self, segment: &Segment, scratch: &mut Scratch) -> Result<(), Error> {
        let damaged = |damage| broken(self.chunk_id, damage);
        segment
            .read_rates(fetched(&self.body, segment.rates).of(segment.rates), &mut scratch.dictionary)
            .map_err(damaged)?;
        let Codes { values, codes, .. } = &scratch.dictionary;
        let mut rates = vec![1.0];
        for value in values {
            let bits = value.as_ref().try_into().map_err(|_| damaged(Damage::Bytes("a rate is no number")))?;
            rates.push(f32::from_bits(u32::from_le_bytes(bits)));
        }
        scratch.columns.rates.extend(codes.iter().map(|code| rates[*code as usize]));
        Ok(())
    }

    /// Reads a key's values, each once for the segment, and gives their place among the properties of the scratch; None
    /// where the segment does not keep the key.
    pub(super) fn hold_property(
        &self,
        segment: &Segment,
        key: &KeyPath,
        scratch: &mut Scratch,
    ) -> Result<Option<usize>, Error> {
        let Some((place, _)) = place_of(segment, key) else { return Ok(None) };
        if let Some(held) = scratch.properties.iter().position(|(known, _)| *known == place) {
            return Ok(Some(held));
        }
        self.read_property(segment, key, scratch)?;
        scratch.properties.push((place, std::mem::take(&mut scratch.dictionary)));
        Ok(Some(scratch.properties.len() - 1))
    }

    /// Reads a key's values into the scratch's dictionary; returns false where the segment does not keep the key.
    pub(super) fn read_property(&self, segment: &Segment, key: &KeyPath, scratch: &mut Scratch) -> Result<bool, Error> {
        let Some((place, column)) = place_of(segment, key) else { return Ok(false) };
        let bytes = fetched(&self.body, column);
        let read = segment.read_property(place, bytes.of(column), &mut scratch.dictionary);
        read.map_err(|damage| broken(self.chunk_id, damage)).map(|()| true)
    }
}

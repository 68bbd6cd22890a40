//! Reads what the events of a segment are about: their subject_id, or the value of a payload key.

use super::scratch::fetched;
use super::{ChunkOf, Scratch, broken};
use crate::derived::timeline::scalar;
use crate::error::Error;
use crate::ids::SubjectId;
use crate::source::question::Question;
use crate::source::raw::object_of;
use telemetry_chunks::{Codes, NUMBER, Segment, Subjects};

impl ChunkOf {
    /// Reads the id of what each event is about: its subject_id, or the id that the value of a key stands for.
    pub(super) fn read_objects(
        &self,
        segment: &Segment,
        question: &Question,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let Some(key) = &question.object_key else {
            let bytes = fetched(&self.body, segment.subjects);
            let read = segment.read_subjects(bytes.of(segment.subjects), &mut scratch.columns.subjects);
            return read.map_err(|damage| broken(self.chunk_id, damage));
        };
        if self.read_property(segment, key, scratch)? {
            objects_of_values(&scratch.dictionary, |text| object_of(text, self.tenant), &mut scratch.columns.subjects);
        }
        Ok(())
    }
}

/// Makes ids of a property's values, for events that are about what the value names.
fn objects_of_values(property: &Codes, id_of: impl Fn(&str) -> SubjectId, into: &mut Subjects) {
    let Codes { values, codes, numbers } = property;
    let bytes_of = |text: &str| *id_of(text).as_bytes();
    // JSON's null names nothing.
    let mut of_codes = vec![0];
    for value in values {
        into.ids.extend(scalar::text(value).map(bytes_of));
        of_codes.push(scalar::text(value).map_or(0, |_| into.ids.len() as u32));
    }
    let mut stored = Vec::new();
    for (event, code) in codes.iter().enumerate() {
        let number = numbers.get(event).filter(|_| *code == NUMBER);
        into.codes.push(number.map_or_else(
            || of_codes.get(usize::from(*code)).copied().unwrap_or(0),
            |decimal| {
                stored.clear();
                decimal.write(&mut stored);
                into.ids.extend(scalar::text(&stored).map(bytes_of));
                into.ids.len() as u32
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_chunks::Decimal;

    #[test]
    fn values_name_objects_by_their_texts() {
        let id_of = |text: &str| SubjectId::new([text.len() as u8; 16]);
        let mut subjects = Subjects::default();
        let decimal = |(units, scale)| Decimal { units, scale, zeros: 0 };
        let with_null = Codes {
            values: vec![(*b"s1.5").into(), (*b"0").into()],
            codes: vec![0, NUMBER, NUMBER, NUMBER, 1],
            numbers: [(0, 0), (150, 2), (15, 1), (15, 0), (0, 0)].into_iter().map(decimal).collect(),
        };
        objects_of_values(&with_null, id_of, &mut subjects);
        let found: Vec<_> = (0..5).map(|event| subjects.of(event).map(|id| id[0])).collect();
        assert_eq!(found, [None, Some(4), Some(3), Some(2), Some(3)], "1.50, 1.5, 15 and \"1.5\"");
        subjects.clear();
        let codes = Codes { codes: vec![2, 1, 0], numbers: vec![], ..with_null };
        objects_of_values(&codes, id_of, &mut subjects);
        assert_eq!((0..3).map(|event| subjects.of(event).is_some()).collect::<Vec<_>>(), [false, true, false]);
    }
}

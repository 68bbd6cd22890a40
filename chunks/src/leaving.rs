//! Pure: takes events out of a draft, or what it keeps of them, before its chunk is written again.

use super::{Draft, UNKEPT};

/// Reads the users whose events in a chunk are gone, from the column `removed`: four bytes for each place, the highest first.
/// They are sorted.
pub fn removed_users(bytes: Option<&[u8]>) -> Vec<u16> {
    let places = bytes.unwrap_or_default().as_chunks::<4>().0;
    let mut users: Vec<u16> = places.iter().map(|place| u32::from_be_bytes(*place) as u16).collect();
    users.sort_unstable();
    users
}

impl Draft {
    /// Takes out the events that are gone by their arrival; returns how many.
    pub fn remove(&mut self, is_gone: impl Fn(i64) -> bool) -> usize {
        let before = self.events.len();
        self.events.retain(|event| !is_gone(event.arrival));
        before - self.events.len()
    }

    /// Forgets what events have under the keys that go; returns how many events changed. What is unkept of a property stays so.
    pub fn forget(&mut self, is_changed: impl Fn(i64) -> bool, goes: impl Fn(&str) -> bool) -> usize {
        let going: Vec<Vec<bool>> =
            self.names.iter().map(|name| name.keys.iter().map(|key| goes(key)).collect()).collect();
        let mut changed = 0;
        for event in self.events.iter().filter(|event| is_changed(event.arrival)) {
            let keys = &going[usize::from(event.name)];
            let properties = &mut self.properties[event.properties..event.properties + keys.len()];
            let mut is_other = false;
            for (value, _) in
                properties.iter_mut().zip(keys).filter(|(value, goes)| **goes && !matches!(**value, 0 | UNKEPT))
            {
                *value = 0;
                is_other = true;
            }
            changed += usize::from(is_other);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, Header, MOST_EVENTS};
    use super::*;

    fn draft(events: impl Iterator<Item = i64>, is_forgotten: impl Fn(i64) -> bool) -> Draft {
        let mut draft = Draft::new();
        let (view, pay) = (draft.name("view", &["page", "plan"]).unwrap(), draft.name("pay", &["plan"]).unwrap());
        for n in events {
            let plan = if is_forgotten(n) { 0 } else { draft.value(format!("s{}", n % 7).as_bytes()) };
            let page = draft.value(format!("s/{}", n % 50).as_bytes());
            let (name, values) = if n % 3 == 0 { (pay, vec![plan]) } else { (view, vec![page, plan]) };
            let subject = (n % 5 == 0).then_some([1; 16]);
            let user = (n * 7919 % 400) as u16;
            draft.push(
                Entry { time: n * 1_000 % 77_777, arrival: n, name, user, source: 0, rate: None, subject },
                &values,
            );
        }
        draft
    }

    fn again(draft: Draft) -> Draft {
        let mut back = Draft::new();
        for chunk in draft.encode(MOST_EVENTS) {
            back.add_chunk(&Header::read(&chunk.header).unwrap(), &chunk.body, &[]).unwrap();
        }
        back
    }

    #[test]
    fn what_is_removed_was_never_there() {
        let is_gone = |arrival: i64| arrival % 4 == 1;
        let mut all = again(draft(0..3_000, |_| false));
        assert_eq!(all.remove(is_gone), 750);
        let never = draft((0..3_000).filter(|n| !is_gone(*n)), |_| false);
        assert_eq!(all.encode(MOST_EVENTS), never.encode(MOST_EVENTS));
    }

    #[test]
    fn what_is_forgotten_was_never_said() {
        let is_changed = |arrival: i64| arrival % 4 == 1;
        let mut all = again(draft(0..3_000, |_| false));
        let changed = all.forget(is_changed, |key| key == "plan");
        assert_eq!(changed, 750);
        let never = draft(0..3_000, is_changed);
        assert_eq!(all.encode(MOST_EVENTS), never.encode(MOST_EVENTS));
    }

    #[test]
    fn a_chunk_of_which_all_is_gone_is_none() {
        let mut all = again(draft(0..100, |_| false));
        assert_eq!(all.remove(|_| true), 100);
        assert!(all.encode(MOST_EVENTS).is_empty());
    }
}

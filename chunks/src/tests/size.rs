//! Measures how large a chunk is: `cargo test chunk_is_small -- --nocapture` shows what takes the bytes.

use super::super::*;

/// A generator that makes the same numbers in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 1
    }

    /// A number in [0, 1).
    fn part(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 63) as f64
    }
}

/// Drafts a full chunk: `names` distributed like 1 / rank, users uniform, gaps exponential with a mean of 3.1 seconds,
/// arrivals in the order of time but for some that are swapped, 1 to 7 apart; with two properties for each name, or
/// none.
fn realistic(names: u16, properties: bool) -> Draft {
    let mut random = Random(7);
    let mut draft = Draft::new();
    let keys: &[&str] = if properties { &["page", "plan"] } else { &[] };
    for name in 0..names {
        draft.name(&format!("event_name_{name}"), keys);
    }
    let pages: Vec<u32> = (0..200).map(|n| draft.value(format!("\"/some/page/{n}\"").as_bytes())).collect();
    let plan = draft.value(b"\"free\"");
    let source = draft.value(b"web");
    let all: f64 = (1..=names).map(|rank| 1.0 / f64::from(rank)).sum();
    let (mut time, mut arrival) = (1_700_000_000_000_000, 900_000_000);
    for _ in 0..MOST_EVENTS {
        time += (-(1.0 - random.part()).ln() * 3.1e6) as i64;
        arrival += 1 + (random.next() % 7) as i64;
        let mut left = random.part() * all;
        let name = (1..names).find(|rank| {
            left -= 1.0 / f64::from(*rank);
            left < 0.0
        });
        let name = name.unwrap_or(names) - 1;
        let user = random.next() as u16;
        let entry = Entry { time, arrival, name, user, source, rate: None, subject: None };
        let page = pages[(random.part() * random.part() * 200.0) as usize];
        let plan = if random.part() < 0.3 { plan } else { 0 };
        draft.push(entry, &[page, plan][..keys.len()]);
    }
    draft
}

fn size(names: u16, properties: bool) -> f64 {
    let chunk = realistic(names, properties).encode(MOST_EVENTS).remove(0);
    let header = Header::read(&chunk.header).expect("as written");
    let per = |bytes: usize| bytes as f64 / MOST_EVENTS as f64;
    let of = |column: fn(&Segment) -> Column| {
        per(header.segments.iter().map(|segment| column(segment).length as usize).sum::<usize>())
    };
    println!(
        "{names} names, properties {properties}: {:.3} bytes an event (users {:.3}, times {:.3}, arrivals {:.3}), header \
         {} bytes, {:.1} a segment without its name",
        per(chunk.header.len() + chunk.body.len()),
        of(|segment| segment.users),
        of(|segment| segment.times),
        of(|segment| segment.arrivals),
        chunk.header.len(),
        (chunk.header.len() - header.segments.iter().map(|segment| segment.name.len()).sum::<usize>()) as f64
            / header.segments.len() as f64,
    );
    per(chunk.header.len() + chunk.body.len())
}

#[test]
fn a_realistic_chunk_is_small() {
    assert!(size(10, false) < 7.0);
    assert!(size(10, true) < 8.6);
    size(200, false);
}

//! Golden samples: a chunk as each release wrote it. A format that was released is read for ever.

use super::super::*;
use super::{Event, Value, kept, one_chunk, read};

/// The format, the header and the body of the chunk of [`known`].
const SAMPLES: [(u8, &str, &str); 1] = [(2, include_str!("formats/2.header"), include_str!("formats/2.body"))];

/// Events with all that a chunk can hold: two names, several users, sources, rates, subjects, properties of each kind.
fn known() -> Vec<Event> {
    (0..40)
        .map(|n: u16| {
            let name = usize::from(n.is_multiple_of(3));
            let page =
                if n.is_multiple_of(7) { Value::None } else { Value::Bytes(format!("page {}", n % 5).into_bytes()) };
            let number = Value::Bytes(format!("{}", n % 4).into_bytes());
            let properties = if name == 0 { vec![page] } else { vec![page, number, Value::None] };
            Event {
                name,
                time: 1_767_225_600_000_000 + i64::from(n) * 1_234_567,
                arrival: 1000 + i64::from(n) * 3,
                user: n % 11,
                source: n.is_multiple_of(2).then(|| b"web".to_vec()),
                rate: n.is_multiple_of(10).then(|| 0.5_f32.to_bits()),
                subject: n.is_multiple_of(6).then_some([n as u8; 16]),
                properties,
            }
        })
        .collect()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits: Vec<u8> = hexadecimal.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
    digits.as_chunks().0.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

#[test]
fn every_released_format_is_read() {
    for (format, header, body) in SAMPLES {
        let (header, body) = (bytes(header), bytes(body));
        assert_eq!(header[0], format);
        let header = Header::read(&header).expect("a released format");
        assert_eq!(read(&header, &body), kept(&known()), "format {format}");
    }
}

/// Another layout of bytes needs another number, and a sample of its own.
#[test]
fn what_is_written_is_the_newest_sample() {
    let (format, header, body) = SAMPLES[SAMPLES.len() - 1];
    let written = one_chunk(&known());
    assert_eq!(FORMAT, format);
    assert_eq!((written.header, written.body), (bytes(header), bytes(body)));
}

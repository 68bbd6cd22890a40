//! Check digits and encodings tell a secret from a look-alike.

/// Checks payment cards as Luhn does, over ASCII digits.
pub fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') << (place % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Checks an IBAN without separators by ISO 7064 mod 97-10: its first four characters count last, and letters are 10 to
/// 35.
pub fn iban_checks(compact: &[u8]) -> bool {
    let Some((head, tail)) = compact.split_at_checked(4) else {
        return false;
    };
    let rest = tail.iter().chain(head).try_fold(0u32, |rest, byte| {
        let value = char::from(*byte).to_digit(36)?;
        Some(if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 })
    });
    rest == Some(1)
}

/// Decodes base64 of either alphabet, padded or not; None where a byte belongs to neither.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(decoded)
}

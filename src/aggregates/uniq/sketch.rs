//! Pure: HyperLogLog, which tells about how many different values there were. Up to [`MOST_HASHES`] of them are kept as
//! a set of hashes, more of them as 16,384 registers of a byte; which of the two it is depends on the values alone, not
//! on how they came.
//!
//! The hash is XXH3 of 64 bits, the estimate Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches",
//! 2017, algorithm 6): no tables, no bias to correct, standard error 1.04/sqrt(16384) = 0.81 %. Both are a part of the
//! format: another hash or number of registers is another kind of state.

use crate::aggregates::keys;
use crate::aggregates::state::{Fault, State, View};
use crate::aggregates::values::{Value, Width};
use twox_hash::XxHash3_64;

/// Up to this many different values are counted exactly (but for two that have one hash).
pub const MOST_HASHES: u64 = 1_000;

const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;
/// The most zeros that a register can count. It holds the zeros before the first one of the remaining bits, plus one.
const MOST_ZEROS: usize = 64 - INDEX_BITS as usize;

/// The mark of a state whose body is registers, not hashes.
const HAS_REGISTERS: u8 = 1;

pub fn hash(value: &Value<'_>) -> u64 {
    value.with_key(XxHash3_64::oneshot)
}

pub fn insert(state: &mut State<'_>, hash: u64) -> Result<(), Fault> {
    if state.marks() & HAS_REGISTERS == 0 {
        let key = hash.to_be_bytes();
        if state.has_room(key.len()) {
            return state.append(&key);
        }
        if keys::settle(state, Width::Eight)? <= MOST_HASHES {
            return keys::insert_settled(state, &key);
        }
        to_registers(state)?;
    }
    add(registers_mut(state)?, hash);
    Ok(())
}

/// Adds to a state what another sketch has seen.
pub fn merge(state: &mut State<'_>, other: &View<'_>) -> Result<(), Fault> {
    if other.marks & HAS_REGISTERS == 0 {
        return keys::each(other.body, Width::Eight, |key| match key.first_chunk() {
            Some(key) => insert(state, u64::from_be_bytes(*key)),
            None => Err(Fault::NotAState),
        });
    }
    let theirs = registers(other.body)?;
    if state.marks() & HAS_REGISTERS == 0 {
        to_registers(state)?;
    }
    for (mine, theirs) in registers_mut(state)?.iter_mut().zip(theirs) {
        *mine = (*mine).max(*theirs);
    }
    Ok(())
}

/// Gives the estimate, rounded to a whole number.
pub fn count(view: &View<'_>) -> Result<u64, Fault> {
    if view.marks & HAS_REGISTERS != 0 {
        return Ok(estimate(registers(view.body)?));
    }
    let (hashes, number) = keys::distinct(view.body, Width::Eight)?;
    Ok(if number <= MOST_HASHES { number } else { estimate(&registers_of(&hashes)) })
}

/// Gives the marks and the body to store: they depend on the values alone.
pub fn canonical(view: &View<'_>) -> Result<(u8, Vec<u8>), Fault> {
    if view.marks & HAS_REGISTERS != 0 {
        return Ok((HAS_REGISTERS, registers(view.body)?.to_vec()));
    }
    let (hashes, number) = keys::distinct(view.body, Width::Eight)?;
    Ok(if number <= MOST_HASHES { (0, hashes) } else { (HAS_REGISTERS, registers_of(&hashes)) })
}

fn to_registers(state: &mut State<'_>) -> Result<(), Fault> {
    let registers = registers_of(state.body());
    state.replace(&registers)?;
    state.set_marks(HAS_REGISTERS);
    Ok(())
}

fn registers_of(hashes: &[u8]) -> Vec<u8> {
    let mut registers = vec![0; REGISTERS];
    for hash in hashes.as_chunks::<8>().0 {
        add(&mut registers, u64::from_be_bytes(*hash));
    }
    registers
}

fn registers(body: &[u8]) -> Result<&[u8], Fault> {
    let is_whole = body.len() == REGISTERS && body.iter().all(|zeros| usize::from(*zeros) <= MOST_ZEROS + 1);
    if is_whole { Ok(body) } else { Err(Fault::NotAState) }
}

fn registers_mut<'a>(state: &'a mut State<'_>) -> Result<&'a mut [u8], Fault> {
    let body = state.body_mut();
    if body.len() == REGISTERS { Ok(body) } else { Err(Fault::NotAState) }
}

fn add(registers: &mut [u8], hash: u64) {
    let rest = hash << INDEX_BITS | 1 << (INDEX_BITS - 1);
    let zeros = rest.leading_zeros() as u8 + 1;
    let register = &mut registers[(hash >> (64 - INDEX_BITS)) as usize];
    *register = zeros.max(*register);
}

fn estimate(registers: &[u8]) -> u64 {
    let mut having = [0.0_f64; MOST_ZEROS + 2];
    for zeros in registers {
        having[usize::from(*zeros)] += 1.0;
    }
    let size = REGISTERS as f64;
    let mut sum = size * tau(1.0 - having[MOST_ZEROS + 1] / size);
    for registers in having[1..=MOST_ZEROS].iter().rev() {
        sum = 0.5 * (sum + registers);
    }
    sum += size * sigma(having[0] / size);
    (size * size / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

/// Computes x + sum over k >= 1 of x^(2^k) 2^(k-1).
fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut weight, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * weight;
        weight += weight;
        if sum == before {
            return sum;
        }
    }
}

/// Computes a third of 1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 2^-k.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut weight, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregates::state::{Kind, Shape};

    const SHAPE: Shape<'_> = Shape { kind: Kind::Uniq, detail: 1, parameter: b"" };

    fn sketch(numbers: impl Iterator<Item = i64>) -> Vec<u8> {
        let mut state = State::new(SHAPE, 0).unwrap();
        for number in numbers {
            insert(&mut state, hash(&Value::Number(number))).unwrap();
        }
        state.into_moved().unwrap()
    }

    fn counted(bytes: &[u8]) -> u64 {
        count(&View::read(bytes).unwrap()).unwrap()
    }

    #[test]
    fn few_values_are_exact() {
        for number in [0, 1, 2, 500, 999, 1_000] {
            assert_eq!(counted(&sketch((0..number).chain(0..number))), number as u64);
        }
        assert_eq!(View::read(&sketch((0..1_000).cycle().take(50_000))).unwrap().marks, 0);
    }

    #[test]
    fn the_error_is_as_stated() {
        // 64 sketches of each size; the mean of the squared errors is near 0.81 % squared, their mean near nothing.
        for size in [1_001_i64, 5_000, 20_000, 40_000, 80_000, 200_000] {
            let errors: Vec<f64> = (0..64)
                .map(|nth| counted(&sketch(nth * 1_000_000..nth * 1_000_000 + size)) as f64 / size as f64 - 1.0)
                .collect();
            let bias = errors.iter().sum::<f64>() / 64.0;
            let error = (errors.iter().map(|error| error * error).sum::<f64>() / 64.0).sqrt();
            assert!(error < 0.0105, "{size}: {error}");
            assert!(bias.abs() < 0.0033, "{size}: {bias}");
        }
    }

    #[test]
    fn bytes_depend_on_the_values_alone() {
        for size in [10, 999, 1_000, 1_001, 1_500, 30_000] {
            let whole = sketch(0..size);
            let reversed = sketch((0..size).rev().chain(0..size / 2));
            for parts in [2, 7] {
                let mut merged = State::new(SHAPE, 0).unwrap();
                for part in (0..parts).rev() {
                    let bytes = sketch((0..size).filter(|n| n % parts == part || n % 10 == 0));
                    merge(&mut merged, &View::read(&bytes).unwrap()).unwrap();
                }
                let merged = merged.into_moved().unwrap();
                let canonical_of = |bytes: &[u8]| canonical(&View::read(bytes).unwrap()).unwrap();
                assert_eq!(canonical_of(&whole), canonical_of(&merged));
                assert_eq!(canonical_of(&whole), canonical_of(&reversed));
                assert_eq!(canonical_of(&whole).0, u8::from(size > 1_000));
                assert_eq!(counted(&whole), counted(&merged));
            }
        }
    }

    #[test]
    fn the_format_does_not_change() {
        // XXH3's own answer for no input; the registers of known values.
        assert_eq!(hash(&Value::Text(b"")), 0x2d06_8005_38d3_94c2);
        let (_, body) = canonical(&View::read(&sketch(0..20_000)).unwrap()).unwrap();
        assert_eq!(XxHash3_64::oneshot(&body), 1_356_703_146_311_377_380);
    }

    #[test]
    fn all_registers_at_their_most() {
        assert!(estimate(&vec![MOST_ZEROS as u8 + 1; REGISTERS]) > 1 << 60);
        assert_eq!(estimate(&vec![0; REGISTERS]), 0);
        assert!(registers(&vec![MOST_ZEROS as u8 + 2; REGISTERS]).is_err());
        assert!(registers(&[0; 5]).is_err());
    }
}

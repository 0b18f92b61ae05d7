//! Lines that come in pieces: the same ones however they are cut, and none longer than may be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_ndjson::{Line, Lines};

const MOST: usize = 40;

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Line> {
    let mut lines = Lines::of_at_most(MOST);
    let mut read: Vec<Line> = pieces.flat_map(|piece| lines.push(piece)).collect();
    read.extend(lines.finish());
    read
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, text) = input;
    let whole = read(std::iter::once(text));
    assert_eq!(read(text.chunks(usize::from(size).max(1))), whole);
    assert!(whole.iter().all(|line| line.text.as_ref().is_none_or(|text| text.len() <= MOST)));
    assert!(whole.is_sorted_by(|one, other| one.number < other.number));
});

//! Lines from pieces.

use proptest::prelude::*;

use crate::{Line, Lines};

/// The lines of a text that comes in these pieces; `…` stands for one that is too long.
fn lines_of(pieces: &[&[u8]], most_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Lines::of_at_most(most_bytes);
    let mut found: Vec<Line> = pieces.iter().flat_map(|piece| lines.push(piece)).collect();
    found.extend(lines.finish());
    found.into_iter().map(|line| (line.number, line.text.unwrap_or_else(|| "…".into()))).collect()
}

#[track_caller]
fn check(pieces: &[&str], expected: &[(u64, &str)]) {
    let pieces: Vec<&[u8]> = pieces.iter().map(|piece| piece.as_bytes()).collect();
    let expected: Vec<(u64, Vec<u8>)> =
        expected.iter().map(|(number, text)| (*number, text.as_bytes().to_vec())).collect();
    assert_eq!(lines_of(&pieces, 5), expected);
}

#[test]
fn a_line_ends_with_its_end_or_with_the_text() {
    check(&[], &[]);
    check(&["a\nb"], &[(1, "a"), (2, "b")]);
    check(&["a\nb\n"], &[(1, "a"), (2, "b")]);
    check(&["a", "b\n", "", "c\nd", "\n"], &[(1, "ab"), (2, "c"), (3, "d")]);
}

#[test]
fn blank_lines_are_counted_and_passed_over() {
    check(&["\n\n a\r\n \t\r\n\nb\n\n"], &[(3, " a\r"), (6, "b")]);
}

#[test]
fn a_line_that_is_too_long_is_not_kept() {
    check(&["12345\n123456\nok\n"], &[(1, "12345"), (2, "…"), (3, "ok")]);
    check(&["1234", "567", "89\nok"], &[(1, "…"), (2, "ok")]);
    check(&["123456789"], &[(1, "…")]);
    let mut lines = Lines::of_at_most(5);
    for _ in 0..1_000 {
        assert_eq!(lines.push(b"1234"), []);
        assert!(lines.begun.capacity() <= 16);
    }
}

proptest! {
    #[test]
    fn where_the_pieces_part_makes_no_difference(text in "[ab \\n]{0,60}", cuts in proptest::collection::vec(0..60_usize, 0..6)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let mut from = 0;
        let pieces: Vec<&[u8]> = cuts
            .into_iter()
            .map(|to| text.as_bytes().get(std::mem::replace(&mut from, to)..to).unwrap_or_default())
            .collect();
        prop_assert_eq!(lines_of(&pieces, 5), lines_of(&[text.as_bytes()], 5));
    }
}

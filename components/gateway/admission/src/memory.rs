//! What an instance remembers of credentials that were good, in a bounded space.

use std::collections::HashMap;

/// How many are remembered, of some 700 bytes each. To verify a token again costs what a signature costs.
const MOST: usize = 1_024;

/// How many of a credential's last bytes it is looked up by: of a token half its signature, of an API key most of its secret.
const TAIL: usize = 32;

/// Values by the text of a credential, each until a time in seconds. By the text, because its digest would cost several
/// times what all the rest does; by the end of it, because to hash all would cost as much as the rest, and what is remembered
/// was good, so that nobody can make many that end alike. The map's own hash is keyed by chance, so that its times tell
/// nothing of what is in it.
pub(crate) struct Memory<V>(HashMap<[u8; TAIL], Remembered<V>>);

struct Remembered<V> {
    credential: Box<str>,
    value: V,
    until: i64,
}

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<V: Clone> Memory<V> {
    /// What was remembered, and whether its time is not over at `now`.
    pub(crate) fn recall(&mut self, credential: &str, now: i64) -> Option<Result<V, Over>> {
        let tail = credential.as_bytes().last_chunk()?;
        let remembered = self
            .0
            .get(tail)
            .filter(|remembered| is_same(remembered.credential.as_bytes(), credential.as_bytes()))?;
        if now < remembered.until {
            return Some(Ok(remembered.value.clone()));
        }
        self.0.remove(tail);
        Some(Err(Over))
    }

    /// Remembers, unless it is too short to be a credential of ours. Where there is no room, what is over goes first, and
    /// then everything: what is in use comes back.
    pub(crate) fn remember(&mut self, credential: &str, value: V, until: i64, now: i64) {
        let Some(tail) = credential.as_bytes().last_chunk() else { return };
        if self.0.len() >= MOST {
            self.0.retain(|_, remembered| now < remembered.until);
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(*tail, Remembered { credential: credential.into(), value, until });
    }
}

/// Eight bytes at a time: guests compare slices byte by byte.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (other_words, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    words.len() == other_words.len()
        && rest == other_rest
        && words
            .iter()
            .zip(other_words)
            .all(|(word, other)| u64::from_ne_bytes(*word) == u64::from_ne_bytes(*other))
}

/// The time is over until which it was to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Over;

#[cfg(test)]
mod tests {
    use super::{MOST, Memory, Over};
    use std::fmt::Display;

    fn credential(name: impl Display) -> String {
        format!("{name:-<32}.{name:->32}")
    }

    #[test]
    fn what_is_remembered_is_recalled_until_its_time_is_over_and_then_no_more() {
        let mut memory = Memory::default();
        let (ann, bob) = (credential("ann"), credential("bob"));
        memory.remember(&ann, 1, 10, 0);
        assert_eq!(memory.recall(&ann, 9), Some(Ok(1)));
        assert_eq!(memory.recall(&ann, 10), Some(Err(Over)));
        assert_eq!(memory.recall(&ann, 9), None);
        assert_eq!(memory.recall(&bob, 0), None);
    }

    #[test]
    fn what_only_ends_like_a_credential_is_none() {
        let mut memory = Memory::default();
        let ann = credential("ann");
        memory.remember(&ann, 1, 10, 0);
        for other in [format!("x{ann}"), ann[1..].to_owned(), ann.replacen('a', "A", 1), ann[33..].to_owned()]
        {
            assert_eq!(memory.recall(&other, 0), None, "{other}");
        }
        for short in ["", "ann"] {
            memory.remember(short, 1, 10, 0);
            assert_eq!(memory.recall(short, 0), None, "{short:?}");
        }
    }

    #[test]
    fn it_takes_no_more_room_whatever_comes() {
        let mut memory = Memory::default();
        for number in 0..10 * MOST {
            // Every other one is over at once.
            let until = if number % 2 == 0 { 0 } else { 10 };
            memory.remember(&credential(number), number, until, 0);
            assert!(memory.0.len() <= MOST);
            assert!(memory.recall(&credential(number), -1).is_some());
        }
    }
}

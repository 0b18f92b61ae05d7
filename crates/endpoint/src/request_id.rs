//! Which request ids of clients are passed on.

/// Longest id that is taken over. Every log line of a request repeats it.
const LONGEST_BYTES: usize = 128;

/// Whether a client's `Request-Id` is used as it is: 1 to 128 letters, digits or `-._~:+/=@`. That covers UUIDs,
/// every `TypeID`, base64 and X-Ray's form, and nothing that a log, a shell or a JSON string has to escape.
pub(crate) fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST_BYTES).contains(&id.len()) && id.iter().all(|byte| is_safe(*byte))
}

const fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'+' | b'/' | b'=' | b'@')
}

#[cfg(test)]
mod tests {
    use super::is_sane;

    #[test]
    fn the_usual_kinds_of_id_are_sane() {
        for id in [
            "req_01h455vb4pex5vsknk084sn02q",
            "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11",
            "Root=1-67891233-abcdef012345678912345678",
            "QUJD+/==",
            "a",
            &"x".repeat(128),
        ] {
            assert!(is_sane(id.as_bytes()), "{id}");
        }
    }

    #[test]
    fn what_could_mislead_a_reader_of_logs_is_not_sane() {
        for id in ["", " ", "a b", "a\nb", "a\"b", "<b>", "a;b", "a,b", "ü", "\u{7f}", &"x".repeat(129)] {
            assert!(!is_sane(id.as_bytes()), "{id:?}");
        }
        assert!(!is_sane(&[b'a', 0xff]));
    }
}

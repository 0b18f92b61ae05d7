//! Which request ids of clients are passed on: one rule for the endpoints and for the host, which logs by the same id.

/// Longest id that is taken over, in bytes. Every log line of a request repeats it.
const LONGEST_BYTES: usize = 128;

/// The client's id for its request, if the values of the header `request-id` are one and it is sane: 1 to 128 letters,
/// digits or `-._~:+/=@`. That covers UUIDs, every `TypeID`, base64 and X-Ray's form, and nothing that a header, a log,
/// a shell or a JSON string has to escape.
pub fn of_client<Value: AsRef<[u8]>>(values: impl IntoIterator<Item = Value>) -> Option<String> {
    let mut values = values.into_iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let id = str::from_utf8(value.as_ref()).ok()?;
    ((1..=LONGEST_BYTES).contains(&id.len()) && id.bytes().all(is_safe)).then(|| id.to_owned())
}

const fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'+' | b'/' | b'=' | b'@')
}

#[cfg(test)]
mod tests {
    use super::of_client;

    #[test]
    fn the_usual_kinds_of_id_are_sane() {
        for id in [
            "req_01h455vb4pex5vsknk084sn02q",
            "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11",
            "Root=1-67891233-abcdef012345678912345678",
            "QUJD+/==",
            "shop:checkout~7@eu.example",
            "a",
            &"x".repeat(128),
        ] {
            assert_eq!(of_client([id]).as_deref(), Some(id));
        }
    }

    #[test]
    fn what_could_mislead_a_reader_of_logs_is_not_sane() {
        for id in ["", " ", "a b", "a\nb", "a\"b", "<b>", "a;b", "a,b", "ü", "\u{7f}", &"x".repeat(129)] {
            assert_eq!(of_client([id]), None, "{id:?}");
        }
        assert_eq!(of_client([[b'a', 0xff]]), None);
    }

    #[test]
    fn two_ids_are_none() {
        assert_eq!(of_client(["a", "a"]), None);
        assert_eq!(of_client::<&str>([]), None);
    }
}

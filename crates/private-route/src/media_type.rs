//! What a body says that it is.

/// The media type of a `content-type` without its parameters, in lower case.
pub fn essence(content_type: &[u8]) -> String {
    let text = String::from_utf8_lossy(content_type);
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::essence;

    #[test]
    fn parameters_and_case_do_not_count() {
        assert_eq!(essence(b" Application/CloudEvents+JSON ; charset=utf-8"), "application/cloudevents+json");
        assert_eq!(essence(b"\xff"), "\u{fffd}");
        assert_eq!(essence(b""), "");
    }
}

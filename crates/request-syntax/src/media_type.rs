//! What a request's body says that it is (RFC 9110, section 8.3).

/// Whether `content_type` means `accepted` in UTF-8, the only encoding that JSON has between systems (RFC 8259,
/// section 8.1). Parameters other than `charset` say nothing that matters here.
pub fn is(content_type: &str, accepted: &str) -> bool {
    let mut parts = content_type.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(accepted)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::is;

    #[test]
    fn json_in_utf_8_is_accepted_however_it_is_spelled() {
        for content_type in [
            "application/json",
            "Application/JSON",
            " application/json ",
            "application/json;charset=utf-8",
            "application/json; charset=UTF-8",
            "application/json; Charset=\"utf-8\"",
            "application/json; profile=x; charset=utf-8",
        ] {
            assert!(is(content_type, "application/json"), "{content_type}");
        }
    }

    #[test]
    fn other_types_and_other_encodings_are_not() {
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "application/json, text/plain",
            "application/json; charset=latin1",
            "application/problem+json",
        ] {
            assert!(!is(content_type, "application/json"), "{content_type}");
        }
    }
}

//! Whose pages may call from a browser (CORS; Fetch, section 3.3).
//!
//! Credentials are sent in a header that a page's own script sets, never in cookies, so a page of another origin has
//! nothing of the reader's to misuse and `access-control-allow-credentials` is never said.

/// What a page's script may read of an answer beside what it always may.
const EXPOSED: &str = "allow, content-location, etag, idempotent-replayed, link, location, preference-applied, \
                       ratelimit, ratelimit-policy, request-id, retry-after, www-authenticate";

/// For how long a browser may keep the answer to a preflight: ten minutes. Chromium keeps none for longer than two hours.
const PREFLIGHT_SECONDS: &str = "600";

/// The origins that are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origins {
    Any,
    /// As browsers write them: scheme, host, and port where it is not the scheme's own.
    These(Vec<String>),
}

impl Origins {
    /// Reads `*`, or origins with commas or blanks between them; an empty text is none.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut origins = Vec::new();
        for origin in text.split([',', ' ']).filter(|origin| !origin.is_empty()) {
            if origin == "*" {
                return Ok(Self::Any);
            }
            if !is_origin(origin) {
                return Err(format!(
                    "the variable cors_origins names {origin:?}, which is no origin such as https://shop.example"
                ));
            }
            origins.push(origin.to_owned());
        }
        Ok(Self::These(origins))
    }

    /// What an answer to a page of `origin` must say, and to everybody else, so that a cache can tell them apart.
    pub(crate) fn headers(&self, origin: Option<&str>, headers: &mut Vec<(String, String)>) {
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        match (self, origin) {
            (Self::Any, Some(_)) => add("access-control-allow-origin", "*"),
            (Self::Any, None) => return,
            (Self::These(origins), _) if origins.is_empty() => return,
            (Self::These(origins), origin) => {
                add("vary", "origin");
                let Some(origin) = origins.iter().find(|known| Some(known.as_str()) == origin) else {
                    return;
                };
                add("access-control-allow-origin", origin);
            }
        }
        add("access-control-expose-headers", EXPOSED);
    }

    /// What the answer to a preflight must say besides.
    pub(crate) fn preflight(&self, origin: Option<&str>) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        self.headers(origin, &mut headers);
        headers.push(("access-control-max-age".to_owned(), PREFLIGHT_SECONDS.to_owned()));
        headers
    }
}

/// Whether browsers would write it so: lower case, no path, no user.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let is_scheme = matches!(scheme, "http" | "https");
    let is_authority =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]_".contains(&byte);
    is_scheme && !authority.is_empty() && authority.bytes().all(is_authority)
}

#[cfg(test)]
mod tests {
    use super::Origins;

    fn allowed(origins: &str, origin: Option<&str>) -> Option<String> {
        let mut headers = Vec::new();
        Origins::read(origins).unwrap().headers(origin, &mut headers);
        let found = headers.into_iter().find(|(name, _)| name == "access-control-allow-origin");
        found.map(|(_, value)| value)
    }

    #[test]
    fn only_an_origin_that_is_named_is_allowed_and_only_by_its_whole_name() {
        let shop = "https://shop.example";
        let two = "https://shop.example, http://localhost:5173";
        assert_eq!(allowed(two, Some(shop)).as_deref(), Some(shop));
        assert_eq!(allowed("*", Some("https://evil.example")).as_deref(), Some("*"));
        for other in [
            None,
            Some("null"),
            Some("https://evil.example"),
            Some("https://shop.example.evil.example"),
            Some("http://shop.example"),
            Some("https://shop.example:8443"),
            Some("https://SHOP.example"),
            Some(""),
        ] {
            assert_eq!(allowed(two, other), None, "{other:?}");
            assert_eq!(allowed("", other), None, "{other:?}");
        }
        assert_eq!(allowed("*", None), None);
    }

    #[test]
    fn answers_differ_by_origin_where_some_are_allowed() {
        for origin in [None, Some("https://shop.example"), Some("https://evil.example")] {
            let mut headers = Vec::new();
            Origins::read("https://shop.example").unwrap().headers(origin, &mut headers);
            assert_eq!(headers.first(), Some(&("vary".to_owned(), "origin".to_owned())), "{origin:?}");
        }
    }

    #[test]
    fn what_no_browser_would_send_is_a_mistake_of_the_operators() {
        for text in
            ["shop.example", "https://shop.example/", "ftp://shop.example", "https://", "https://A.example"]
        {
            assert!(Origins::read(text).is_err(), "{text}");
        }
    }
}

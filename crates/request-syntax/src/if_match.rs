//! The precondition of an edit: `If-Match`, by which a client says which version it has seen (RFC 9110, section
//! 13.1.1).

use tradepost_problem::{Code, Problem};

/// What the tag of a version ends with where its form was compressed: other bytes need another strong tag (RFC 9110,
/// section 8.8.3.3).
pub const GZIP_MARK: &str = "-gzip";

/// The versions that an edit may be based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever is there.
    Any,
    /// One of these, as `etag` answers have them. What is no version of ours is left out: it can match nothing.
    Versions(Vec<u64>),
}

impl IfMatch {
    /// Reads the header's value: `*`, or entity tags with commas between them.
    ///
    /// A weak tag matches nothing, because the comparison is the strong one; nor does a tag that is no version. Both
    /// are well-formed all the same, so the answer to them is 412 and not 400.
    pub fn parse(value: &str) -> Option<Self> {
        if value.trim() == "*" {
            return Some(Self::Any);
        }
        let mut versions = Vec::new();
        let mut rest = value;
        let mut tags = 0;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return (tags > 0).then_some(Self::Versions(versions));
            }
            let (is_weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
            if tag.contains(' ') {
                return None;
            }
            tags += 1;
            if !is_weak && let Some(version) = version_of(tag) {
                versions.push(version);
            }
            rest = after.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
    }

    /// 412 unless the edit may be based on `version`, the one that is there.
    pub fn check(&self, version: u64) -> Result<(), Problem> {
        match self {
            Self::Any => Ok(()),
            Self::Versions(versions) if versions.contains(&version) => Ok(()),
            Self::Versions(_) => Err(stale()),
        }
    }
}

/// 412: what the edit was based on is not what is there any more.
pub fn stale() -> Problem {
    Problem::new(
        Code::PreconditionFailed,
        "This has changed since; read it again and base the edit on its new ETag",
    )
}

/// The spelling of the tags that answers have and no other: `+1` and `01` were never given out. With
/// [`GZIP_MARK`] it is the same version.
fn version_of(tag: &str) -> Option<u64> {
    let tag = tag.strip_suffix(GZIP_MARK).unwrap_or(tag);
    let version: u64 = tag.parse().ok()?;
    (version.to_string() == tag).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::IfMatch;

    #[track_caller]
    fn check(value: &str, expected: &[u64]) {
        assert_eq!(IfMatch::parse(value), Some(IfMatch::Versions(expected.to_vec())), "{value}");
    }

    #[test]
    fn a_list_of_tags_is_read() {
        check("\"7\"", &[7]);
        check(" \"7\" ", &[7]);
        check("\"7\", \"8\"", &[7, 8]);
        check("\"7\",,\"8\",", &[7, 8]);
        check("\"7-gzip\"", &[7]);
        assert_eq!(IfMatch::parse(" * "), Some(IfMatch::Any));
    }

    #[test]
    fn a_tag_that_is_no_version_of_ours_matches_nothing() {
        for value in [
            "W/\"7\"",
            "\"abc\"",
            "\"\"",
            "\"+7\"",
            "\"7-br\"",
            "\"-gzip\"",
            "\"07\"",
            "\"18446744073709551616\"",
            "\"a,b\"",
        ] {
            check(value, &[]);
        }
        check("W/\"7\", \"8\"", &[8]);
    }

    #[test]
    fn what_is_no_list_of_tags_is_malformed() {
        for value in
            ["", " ", ",", "7", "\"7", "7\"", "\"7\" \"8\"", "*, \"7\"", "w/\"7\"", "\"7\"x", "\"a b\""]
        {
            assert_eq!(IfMatch::parse(value), None, "{value}");
        }
    }

    #[test]
    fn only_the_version_that_is_there_will_do() {
        assert!(IfMatch::Any.check(3).is_ok());
        assert!(IfMatch::Versions(vec![2, 3]).check(3).is_ok());
        for versions in [vec![], vec![2], vec![4]] {
            let problem = IfMatch::Versions(versions).check(3).unwrap_err();
            assert_eq!(problem.status(), 412);
        }
    }
}

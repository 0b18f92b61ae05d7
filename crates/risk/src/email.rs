//! What an e-mail address tells of where its owner is at home.

/// Two-letter domains that are sold to everybody for what they spell, or that belong to no single country.
const NOBODYS_HOME: &[&str] = &[
    "ac", "ag", "ai", "am", "bz", "cc", "cd", "co", "dj", "eu", "fm", "gg", "gl", "io", "is", "la", "ly",
    "md", "me", "mn", "ms", "mu", "nu", "pw", "sc", "sh", "so", "st", "su", "tk", "tm", "to", "tv", "vc",
    "vg", "ws",
];

/// The domain of an address, without the dot that may end it.
pub(crate) fn domain_of(email: &str) -> Option<&str> {
    let (_, domain) = email.trim().rsplit_once('@')?;
    Some(domain.strip_suffix('.').unwrap_or(domain)).filter(|domain| !domain.is_empty())
}

/// Whether `domain` is `zone` or a subdomain of it. Nothing is within an empty zone.
pub(crate) fn is_within(domain: &str, zone: &str) -> bool {
    !zone.is_empty()
        && domain.strip_suffix(zone).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether the address is at home in some country and it is not `country` (ISO 3166-1 alpha-2).
pub(crate) fn is_at_home_elsewhere(email: &str, country: &str) -> bool {
    let Some(home) = domain_of(email).and_then(|domain| domain.rsplit('.').next()) else { return false };
    let is_country = home.len() == 2
        && home.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !NOBODYS_HOME.iter().any(|nobodys| nobodys.eq_ignore_ascii_case(home));
    // The one country whose domain is not its code.
    let home = if home.eq_ignore_ascii_case("uk") { "GB" } else { home };
    is_country && !home.eq_ignore_ascii_case(country.trim())
}

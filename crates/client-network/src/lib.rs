//! Who is calling, where nobody has said so: the network that a request comes from.

use std::net::{IpAddr, Ipv6Addr};

/// The client's network as a name to count by.
///
/// Each of `trusted_proxies` has added to `forwarded_for` whom it asks for, so the client is so many places from the end;
/// what stands before that, anybody may have written. A list that is too short was not written by those proxies, and
/// counts for nothing.
pub fn network(peer: Option<&str>, forwarded_for: Option<&str>, trusted_proxies: usize) -> String {
    let forwarded = forwarded_for
        .filter(|_| trusted_proxies > 0)
        .and_then(|list| list.rsplit(',').nth(trusted_proxies - 1))
        .and_then(|client| address(client.trim()));
    match forwarded.or_else(|| peer.and_then(address)) {
        Some(IpAddr::V4(address)) => address.to_string(),
        // Who has one address of IPv6 has 2^64.
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        None => "somewhere".to_owned(),
    }
}

/// An address, perhaps with a port, perhaps in brackets; one of IPv4 is one however it is written.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or_default(),
        None => text,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn without_proxies_it_is_the_peer_whatever_is_said() {
        for (peer, expected) in [
            (Some("192.0.2.1"), "192.0.2.1"),
            (Some("::ffff:192.0.2.1"), "192.0.2.1"),
            (Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
            (Some("nonsense"), "somewhere"),
            (None, "somewhere"),
        ] {
            assert_eq!(network(peer, Some("198.51.100.7"), 0), expected);
            assert_eq!(network(peer, None, 1), expected);
        }
    }

    #[test]
    fn behind_proxies_it_is_whom_the_first_of_them_saw() {
        let peer = Some("10.0.0.1");
        for (forwarded_for, proxies, expected) in [
            ("192.0.2.1", 1, "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1", 1, "192.0.2.1"),
            ("6.6.6.6, 192.0.2.1, 10.0.0.2", 2, "192.0.2.1"),
            ("192.0.2.1:4711", 1, "192.0.2.1"),
            ("[2001:db8::1]:4711", 1, "2001:db8::/64"),
            ("2001:db8::1", 1, "2001:db8::/64"),
            // Past the proxies, or nothing that one would say.
            ("192.0.2.1", 2, "10.0.0.1"),
            ("unknown", 1, "10.0.0.1"),
            ("", 1, "10.0.0.1"),
        ] {
            assert_eq!(network(peer, Some(forwarded_for), proxies), expected, "{forwarded_for}");
        }
    }
}

//! Which hosts a grant lets through, and which grants are none.

use super::*;

/// The hosts that `entries`, none with variables, allow an application with the components `a` and `b-c`.
fn allowed(entries: &[&str]) -> AllowedHosts {
    let mut allowed = AllowedHosts::default();
    for entry in entries {
        grant(&mut allowed, entry, entry).unwrap_or_else(|fault| panic!("{entry}: {fault}"));
    }
    allowed
}

fn grant(allowed: &mut AllowedHosts, written: &str, resolved: &str) -> Result<(), HostFault> {
    let components = ["a", "b-c"].map(|id| ComponentId::parse(id).unwrap());
    let template = Template::parse(written).unwrap();
    allowed.grant(&HostGrant { template, place: Place::START }, resolved, components.iter())
}

/// `scheme://host:port` or `scheme://host`, taken apart as a guest's request would be.
fn allows(allowed: &AllowedHosts, target: &str) -> bool {
    let (scheme, rest) = target.split_once("://").unwrap();
    let port = |text: &str| text.parse::<u16>().ok();
    match rest.rsplit_once(':').map(|(host, tail)| (host, port(tail))) {
        Some((host, Some(port))) if !host.contains(':') || host.ends_with(']') => {
            allowed.allows(scheme, host, Some(port))
        }
        _ => allowed.allows(scheme, rest, None),
    }
}

/// Each row: an entry, targets that it allows, targets that it does not.
fn check(rows: &[(&str, &str, &str)]) {
    for (entry, yes, no) in rows {
        let allowed = allowed(&[entry]);
        for target in yes.split_whitespace() {
            assert!(allows(&allowed, target), "{entry:?} must allow {target}");
        }
        for target in no.split_whitespace() {
            assert!(!allows(&allowed, target), "{entry:?} must deny {target}");
        }
    }
}

#[test]
fn an_entry_allows_its_host_and_no_other() {
    check(&[
        (
            "http://example.com",
            "http://example.com http://example.com:80 http://EXAMPLE.com",
            "https://example.com https://example.com:80 http://example.com:81 http://a.example.com http:// \
             http://example.com.evil.org http://notexample.com http://example.com. http://not%20a%20host",
        ),
        ("http://example.com/", "http://example.com", "http://example.com/"),
        ("  http://example.com ", "http://example.com", ""),
        ("http://*", "http://example.com http://127.0.0.1 http://[::1]", "http://example.com:81 http://a\\b"),
        (
            "http://*.example.com",
            "http://a.example.com http://a.b.Example.com",
            "http://example.com http://aexample.com http://a.example.com:81 http://a.example.com.evil.org http://1.2.3.4",
        ),
        ("http://*.EXAMPLE.com:81", "http://a.example.com:81", "http://a.example.com"),
        (
            "http://bücher.example",
            "http://xn--bcher-kva.example http://BÜCHER.example",
            "http://bucher.example",
        ),
    ]);
}

#[test]
fn an_entry_allows_its_ports_and_no_other() {
    check(&[
        ("http://example.com:", "http://example.com:80", "http://example.com:81"),
        ("https://example.com:8443/", "https://example.com:8443", "https://example.com"),
        ("https://example.com", "https://example.com:443", "https://example.com:80"),
        (
            "*://example.com:443",
            "https://example.com http://example.com:443 x://example.com:443",
            "http://example.com x://example.com",
        ),
        ("http://example.com:*", "http://example.com http://example.com:1", "https://example.com"),
        ("tcp://example.com:*", "tcp://example.com", ""),
        (
            "http://example.com:8000..8002",
            "http://example.com:8000 http://example.com:8001",
            "http://example.com:7999 http://example.com:8002 http://example.com",
        ),
        ("*://*:*", "ftp://x:1 x://y postgres://10.0.0.1:5432 http://[::1]", ""),
        ("postgres://localhost:5433", "postgres://localhost:5433", "postgres://localhost"),
        ("mysql://db", "mysql://db:3306", "mysql://db:3307"),
        ("redis://db", "redis://db:6379", "redis://db:6378"),
        ("mqtt://db", "mqtt://db:1883", "mqtt://db:80"),
    ]);
}

#[test]
fn an_entry_allows_its_addresses_and_no_other() {
    check(&[
        (
            "postgres://127.0.0.1",
            "postgres://127.0.0.1 postgres://127.0.0.1:5432",
            "postgres://127.0.0.1:5433 postgres://localhost postgres://::ffff:127.0.0.1 mysql://127.0.0.1:5432",
        ),
        ("http://[::1]", "http://[::1] http://::1 http://[0:0::1]:80", "http://[::2] http://[::1]:81"),
        ("http://[::1]:8080", "http://[::1]:8080", "http://[::1]"),
        ("http://[::1]:8080/", "http://[::1]:8080", ""),
        (
            "*://10.1.2.3/8:5432",
            "postgres://10.255.0.1 tcp://10.0.0.0:5432",
            "postgres://11.0.0.1 postgres://10.0.0.1:1 postgres://10.example.com postgres://[::a00:1]",
        ),
        ("http://10.0.0.0/8", "http://10.9.8.7", "http://10.9.8.7:81"),
        ("http://1.2.3.4/32", "http://1.2.3.4", "http://1.2.3.5"),
        ("http://0.0.0.0/0", "http://255.1.2.3", "http://[::1] http://x"),
        (
            "http://2001:db8::/32",
            "http://[2001:db8::1] http://2001:db8:abcd::1",
            "http://[2001:db9::1] http://32.1.13.184",
        ),
        ("http://ff00::/8:81", "http://[ffff::1]:81", "http://[ffff::1]"),
        ("http://::/0", "http://[abcd::1]", "http://1.2.3.4"),
        // The spellings of an address that URLs know mean that address, in the entry and in the request.
        ("http://127.1", "http://127.0.0.1 http://0x7f000001", "http://127.0.0.2"),
    ]);
}

#[test]
fn an_entry_for_service_chaining_allows_components_of_the_manifest() {
    check(&[
        (
            "http://a.spin.internal",
            "http://a.spin.internal http://a.spin.internal:80",
            "http://b-c.spin.internal http://x.a.spin.internal https://a.spin.internal",
        ),
        (
            "http://*.spin.internal",
            "http://a.spin.internal http://b-c.spin.internal:80",
            "http://other.spin.internal http://x.a.spin.internal http://spin.internal https://a.spin.internal",
        ),
    ]);
}

#[test]
fn an_entry_that_says_nothing_spin_understands_is_refused() {
    use HostFault::{EmptyRange, Host, NoPort, NoScheme, Path, Port, Scheme, ToSelf, Wildcard};
    let rows = [
        ("", NoScheme),
        ("*", NoScheme),
        (":", NoScheme),
        ("?", NoScheme),
        ("localhost", NoScheme),
        ("example.com:80", NoScheme),
        ("[::1]:80", NoScheme),
        ("insecure:allow-all", NoScheme),
        ("http:/example.com", NoScheme),
        ("HTTP://example.com:80", Scheme),
        ("h2c://example.com:80", Scheme),
        ("://example.com:80", Scheme),
        ("{http,https}://example.com:80", Scheme),
        ("*://example.com", NoPort),
        ("*://127.0.0.0/24", NoPort),
        ("tcp://example.com", NoPort),
        ("tcp://example.com:", NoPort),
        ("http://example.com:port", Port),
        ("http://example.com:+80", Port),
        ("http://example.com:-1", Port),
        ("http://example.com:65536", Port),
        ("http://example.com:{80,81}", Port),
        ("http://example.com: 80", Port),
        ("http://example.com:80..", Port),
        ("http://example.com:..80", Port),
        ("http://example.com:80..70000", Port),
        ("http://example.com:80..81..82", Port),
        ("http://ff00::/8:99999", Port),
        ("http://[::1]:x", Port),
        ("http://example.com:80..80", EmptyRange),
        ("http://example.com:81..80", EmptyRange),
        ("http://example.com/a", Path),
        ("http://example.com//", Path),
        ("http://example.com:80/a", Path),
        ("http://*.example.com/a", Path),
        ("http://127.0.0.0/24/a", Path),
        ("http://127.0.0.0/33", Path),
        ("http://[::1]/a", Path),
        ("http://*example.com", Wildcard),
        ("http://a.*.com", Wildcard),
        ("http://*.*.com", Wildcard),
        ("http://**", Wildcard),
        ("http://self", ToSelf),
        ("http://self.alt", ToSelf),
        ("http://self:8080", ToSelf),
        ("http://", Host),
        ("http://:80", Host),
        ("http://*.", Host),
        ("http://*.127.0.0.1", Host),
        ("http://*.[::1]", Port),
        ("http://a b", Host),
        ("http://exa%mple.com", Host),
        ("http://user@example.com", Host),
        ("http://example.com?x", Host),
        ("http://[::1", Host),
        ("http://1.2.3.4.5", Host),
        ("http://{a,b}", Host),
        ("http://example.com:80:81", Host),
        ("http://ff00::", Host),
    ];
    for (entry, fault) in rows {
        assert_eq!(grant(&mut AllowedHosts::default(), entry, entry), Err(fault), "{entry:?}");
    }
}

#[test]
fn an_entry_whose_variables_came_out_empty_allows_nothing_and_is_no_fault() {
    for (written, resolved) in
        [("{{ x }}", ""), ("http://{{ x }}", "http://"), ("https://{{ x }}", "https://")]
    {
        let mut allowed = AllowedHosts::default();
        assert_eq!(grant(&mut allowed, written, resolved), Ok(()), "{written}");
        assert!(allowed.is_empty());
    }
    // Only these: Spin takes what else may come out for a mistake.
    for (written, resolved) in
        [("{{ x }}", " "), ("postgres://{{ x }}", "postgres://"), ("http://{{ x }}:1", "http://:1")]
    {
        assert!(grant(&mut AllowedHosts::default(), written, resolved).is_err(), "{written}");
    }
}

#[test]
fn several_entries_allow_what_any_of_them_does() {
    let allowed = allowed(&["postgres://localhost", "http://*.spin.internal"]);
    assert!(allowed.allows("postgres", "localhost", None));
    assert!(allowed.allows("http", "a.spin.internal", None));
    assert!(!allowed.allows("http", "localhost", None));
    assert!(!allowed.allows("http", "localhost", Some(5432)));
}

#[test]
fn nothing_is_allowed_by_default() {
    let allowed = AllowedHosts::default();
    assert!(allowed.is_empty());
    assert!(!allowed.allows("http", "localhost", None));
}

#[test]
fn what_variables_came_to_is_not_shown() {
    let mut allowed = AllowedHosts::default();
    grant(&mut allowed, "https://{{ host }}", "https://hidden.example").unwrap();
    assert_eq!(format!("{allowed}"), "https://{{ host }}");
    assert_eq!(format!("{allowed:?}"), r#"AllowedHosts(["https://{{ host }}"])"#);
    assert!(allowed.allows("https", "hidden.example", None));
}

#[test]
fn the_component_an_entry_chains_to_is_found() {
    let rows = [
        ("http://a.spin.internal", Some("a")),
        ("*://a.spin.internal:*", Some("a")),
        ("http://x.a.spin.internal", Some("x.a")),
        ("http://*.spin.internal", None),
        ("http://example.com", None),
        ("http://spin.internal", None),
    ];
    for (entry, component) in rows {
        assert_eq!(chained_to(entry).as_deref(), component, "{entry}");
    }
}

//! Allowed hosts that are wrong, as written or once their variables are decided.

use super::*;

#[test]
fn hosts_that_are_wrong() {
    let rows: &[Row] = &[
        ("allowed_outbound_hosts = ['http://x', 'http://home.spin.internal', 'http://*.spin.internal']", &[]),
        (
            "allowed_outbound_hosts = ['x', 'http://x/y', '']",
            &[
                ("8:27", "`x` is no allowed host: it has no scheme"),
                ("8:32", "`http://x/y` is no allowed host: "),
                ("8:46", "`` is no allowed host: it has no scheme"),
            ],
        ),
        (
            "allowed_outbound_hosts = ['http://{{ a }}', 'http://{{ b }}', 'tcp://{{ b }}', 'x{{ c }}', 'http://{{ d }}']\n\
             [variables]\na = { default = 'a b' }\nb = { default = '' }\nc = { required = true }",
            &[
                ("8:27", "`http://{{ a }}` is no allowed host with its variables' defaults: its host is not"),
                ("8:63", "`tcp://{{ b }}` is no allowed host with its variables' defaults: "),
                ("8:92", "[variables] declares no `d`"),
            ],
        ),
        (
            "allowed_outbound_hosts = ['http://other.spin.internal', 'http://adapter.spin.internal', 'http://a.home.spin.internal']\n\
             [component.adapter]\nsource = 'x'",
            &[
                (
                    "8:27",
                    "`http://other.spin.internal` is no allowed host: it names no component with a trigger",
                ),
                (
                    "8:57",
                    "`http://adapter.spin.internal` is no allowed host: it names no component with a trigger",
                ),
                ("8:89", "it names no component with a trigger"),
            ],
        ),
    ];
    for (more, expected) in rows {
        check(more, parse(more), expected);
    }
}

#[test]
fn hosts_are_checked_again_once_their_variables_are_decided() {
    let more = "allowed_outbound_hosts = ['http://{{ a }}', 'postgres://{{ b }}']\n\
                [variables]\na = { required = true }\nb = { default = 'localhost' }";
    let manifest = parse(more).unwrap();
    let home = manifest.component("home").unwrap();
    // The two variables, and the faults.
    let rows: &[(&str, &str, Faulty)] = &[
        ("x", "y:1", &[]),
        ("home.spin.internal", "y", &[]),
        ("", "y", &[]),
        (
            "x y",
            "",
            &[("8:27", "comes to no allowed host: its host is"), ("8:45", "comes to no allowed host: ")],
        ),
        ("nobody.spin.internal", "y", &[("8:27", "it names no component with a trigger")]),
        ("x:y", "y", &[("8:27", "its port must be a number")]),
    ];
    for (a, b, expected) in rows {
        let flags = [("a", a), ("b", b)].map(|(name, value)| (name.to_owned(), (*value).to_owned()));
        let variables = Variables::resolve(&manifest, flags, |_| None).unwrap();
        let result = manifest.allowed_hosts(home, &variables).map(|_| manifest.clone());
        check(&format!("{a} {b}"), result, expected);
    }
}

//! Names of dependencies and the imports that they match.

use super::*;

fn name(text: &str) -> DependencyName {
    DependencyName::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"))
}

#[test]
fn a_name_is_a_package_and_perhaps_an_interface_and_a_version() {
    let rows = [
        ("a:b", "a:b", None, None),
        ("a:b/c", "a:b", Some("c"), None),
        ("a:b@0.1.0", "a:b", None, Some("0.1.0")),
        (
            "tradepost:ordering/order-journal@0.1.0",
            "tradepost:ordering",
            Some("order-journal"),
            Some("0.1.0"),
        ),
        ("a:b/c@1.0.0-rc.1+build", "a:b", Some("c"), Some("1.0.0-rc.1+build")),
    ];
    for (text, package, interface, version) in rows {
        let name = name(text);
        assert_eq!(name.package(), package, "{text}");
        assert_eq!(name.interface(), interface, "{text}");
        assert_eq!(name.version().map(ToString::to_string).as_deref(), version, "{text}");
        assert_eq!(name.to_string(), text);
    }
}

#[test]
fn other_names_are_refused() {
    let rows = [
        ("", "namespace:package/interface@version"),
        ("order-journal", "namespace:package/interface@version"),
        ("ordering/order-journal", "namespace:package/interface@version"),
        ("a:b/c@1", "is not a version"),
        ("a:b/c@", "is not a version"),
        ("a:b/c@^1.0.0", "is not a version"),
        ("a:b/", "it must not be empty"),
        (":b/c", "it must not be empty"),
        ("a:/c", "it must not be empty"),
        ("a:b:c/d", "`b:c` is no part"),
        ("a:b/c/d", "`c/d` is no part"),
        ("a:b_c", "`b_c` is no part"),
        ("A:b", "`A` is no part"),
    ];
    for (text, reason) in rows {
        let error = DependencyName::parse(text).expect_err(text);
        assert!(error.contains(reason), "{text:?}: {error}");
    }
}

#[test]
fn an_import_is_satisfied_by_package_interface_and_exact_version() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        (
            "a:b/c@0.1.0",
            &["a:b/c@0.1.0"],
            &["a:b/c", "a:b/c@0.1.1", "a:b/c@0.1.0-pre", "a:b/d@0.1.0", "a:x/c@0.1.0", "x:b/c@0.1.0"],
        ),
        ("a:b/c", &["a:b/c", "a:b/c@0.1.0", "a:b/c@2.0.0"], &["a:b/cc", "a:b/c-d", "c", "a:b"]),
        ("a:b@0.1.0", &["a:b/c@0.1.0", "a:b/d@0.1.0"], &["a:b/c", "a:b/c@0.2.0", "a:bb/c@0.1.0"]),
        ("a:b", &["a:b/c", "a:b/d@3.0.0"], &["a:bb/c", "aa:b/c", "a:b", "b", "a-b"]),
        ("a:b/c@0.1.0+x", &["a:b/c@0.1.0+x"], &["a:b/c@0.1.0", "a:b/c@nonsense"]),
    ];
    for (dependency, satisfied, others) in rows {
        for import in *satisfied {
            assert!(name(dependency).matches_import(import), "{dependency} must satisfy {import}");
        }
        for import in *others {
            assert!(!name(dependency).matches_import(import), "{dependency} must not satisfy {import}");
        }
    }
}

#[test]
fn two_dependencies_stand_side_by_side_only_if_no_import_could_want_both() {
    // One, another, whether Spin lets both stand.
    let rows = [
        ("a:b", "a:c", true),
        ("a:b", "x:b", true),
        ("a:b/c", "a:b/d", true),
        ("a:b/c@0.1.0", "a:b/d@0.1.0", true),
        ("a:b/c@0.1.0", "a:b/c@0.2.0", true),
        ("a:b/c@1.0.0", "a:b/c@2.0.0", true),
        ("a:b/c@0.0.1", "a:b/c@0.0.2", true),
        ("a:b/c@1.0.0", "a:b/c@1.0.0-rc", true),
        ("a:b/c@1.0.0-rc", "a:b/c@1.0.0-beta", true),
        ("a:b/c@0.1.0", "a:b@0.2.0", true),
        ("a:b", "a:b", false),
        ("a:b/c", "a:b", false),
        ("a:b/c", "a:b/c@1.0.0", false),
        ("a:b/c", "a:b@1.0.0", false),
        ("a:b@1.0.0", "a:b", false),
        ("a:b/c@1.2.0", "a:b/c@1.9.1", false),
        ("a:b/c@0.1.0", "a:b/c@0.1.9", false),
        ("a:b/c@0.0.1", "a:b/c@0.0.1+x", false),
        ("a:b/c@1.0.0-rc", "a:b/c@1.0.0-rc+x", false),
        ("a:b/c@1.0.0", "a:b@1.1.0", false),
    ];
    for (one, another, disjoint) in rows {
        assert_eq!(name(one).disjoint(&name(another)), disjoint, "{one} and {another}");
        assert_eq!(name(another).disjoint(&name(one)), disjoint, "{another} and {one}");
    }
}

#[test]
fn every_capability_is_listed_once() {
    let all: BTreeSet<_> = Capability::ALL.into_iter().map(Capability::as_str).collect();
    let expected = [
        "ai_models",
        "allowed_outbound_hosts",
        "environment",
        "files",
        "key_value_stores",
        "sqlite_databases",
        "variables",
    ];
    assert_eq!(all, expected.into());
}

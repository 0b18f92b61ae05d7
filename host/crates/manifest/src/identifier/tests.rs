//! Names that Spin takes and names that it does not.

use super::*;

#[test]
fn component_ids_are_lower_case_words_joined_by_hyphens() {
    for good in ["a", "orders", "ordering-order", "a1-b2", "x-y-z"] {
        assert_eq!(ComponentId::parse(good).unwrap().as_str(), good);
    }
    for bad in
        ["", "-", "a-", "-a", "a--b", "a_b", "1a", "a-1", "Orders", "ORDERS", "ord ers", "å", "a.b", "a/b"]
    {
        assert!(ComponentId::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_bad_id_is_told_what_it_should_be() {
    let rows = [
        ("", "it must not be empty"),
        ("a_b", "words are letters and digits joined by hyphens, without '_'"),
        ("a-1", "each word must begin with a letter, and `1` does not"),
        ("a--b", "hyphens must stand between words"),
        ("aB", "`B` must be lower-case"),
    ];
    for (id, reason) in rows {
        assert_eq!(ComponentId::parse(id).unwrap_err(), reason, "{id:?}");
    }
}

#[test]
fn labels_are_kebab_or_snake_in_one_case_a_word() {
    for good in ["default", "read-views", "read_views", "CACHE", "a-B2"] {
        assert_eq!(label(good), Ok(()), "{good:?}");
    }
    for bad in ["", "a-b_c", "aB", "1", "a-", "a b", "a.b"] {
        assert!(label(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_lookup_key_may_be_what_a_declaration_may_not() {
    // Key, whether a guest may look it up, whether a manifest may declare it.
    let rows = [
        ("a", true, true),
        ("database_url", true, true),
        ("a1b2", true, true),
        ("a_1", true, false),
        ("a_1_b_3", true, false),
        ("", false, false),
        ("A", false, false),
        ("aX", false, false),
        ("1bc", false, false),
        ("_x", false, false),
        ("x_", false, false),
        ("a__b", false, false),
        ("x-y", false, false),
        ("x.y", false, false),
        ("å", false, false),
    ];
    for (key, lookup, declaration) in rows {
        assert_eq!(lookup_key(key).is_ok(), lookup, "{key:?}");
        assert_eq!(snake(key).is_ok(), declaration, "{key:?}");
    }
}

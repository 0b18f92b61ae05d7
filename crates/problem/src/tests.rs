//! Bodies as clients get them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use tradepost_input::{Fault, Faults, parse};

use crate::{Code, Problem, data_of_success_body, success_body, success_body_from_json};

fn body(problem: &Problem) -> Value {
    parse(&problem.to_json("/users", "r-1")).unwrap()
}

fn fault(pointer: &str, code: &'static str, detail: &str) -> Fault {
    Fault { pointer: pointer.to_owned(), code, detail: detail.to_owned() }
}

#[test]
fn a_problem_satisfies_both_conventions_in_one_body() {
    let problem = Problem::validation(Faults::from(fault("/name", "required", "Name is required")));
    let expected = concat!(
        r#"{"ok":false,"data":null,"error":"Name is required","#,
        r#""type":"/docs/problems#validation_failed","title":"Validation failed","status":400,"#,
        r#""detail":"Name is required","instance":"/users","code":"validation_failed","request_id":"r-1","#,
        r#""errors":[{"pointer":"/name","code":"required","detail":"Name is required"}]}"#,
    );
    assert_eq!(String::from_utf8(problem.to_json("/users", "r-1")).unwrap(), expected);
}

#[test]
fn two_faults_are_told_in_one_sentence_and_listed() {
    let faults =
        [fault("/name", "required", "Name is required"), fault("/email", "invalid", "Email looks invalid")];
    let body = body(&Problem::validation(faults.into_iter().collect()));
    assert_eq!(body["error"], "Name is required; Email looks invalid");
    assert_eq!(body["detail"], body["error"]);
    assert_eq!(body["errors"][1]["pointer"], "/email");
}

type Headers = &'static [(&'static str, &'static str)];

#[test]
fn each_constructor_has_its_status_code_and_headers() {
    let syntax = parse(b"{\n  \"a\": }").unwrap_err();
    let rows: [(Problem, u16, &str, Headers); 10] = [
        (Problem::malformed_json(&syntax), 400, "malformed_json", &[]),
        (Problem::unauthenticated("x"), 401, "unauthenticated", &[("www-authenticate", "Bearer")]),
        (Problem::forbidden("x"), 403, "forbidden", &[]),
        (Problem::not_found("User not found"), 404, "not_found", &[]),
        (
            Problem::method_not_allowed("PUT", &["GET", "POST"]),
            405,
            "method_not_allowed",
            &[("allow", "GET, POST")],
        ),
        (Problem::payload_too_large(262_144), 413, "payload_too_large", &[]),
        (Problem::unsupported_media_type("application/json"), 415, "unsupported_media_type", &[]),
        (Problem::validation(Faults::default()), 400, "validation_failed", &[]),
        (Problem::internal("x"), 500, "internal", &[]),
        (Problem::unavailable("x"), 503, "unavailable", &[("retry-after", "1")]),
    ];
    for (problem, status, code, headers) in rows {
        assert_eq!(problem.status(), status, "{code}");
        let found: Vec<_> = problem.headers().iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(found, headers, "{code}");
        let body = body(&problem);
        assert_eq!((&body["status"], &body["code"]), (&json!(status), &json!(code)));
        assert_eq!((&body["ok"], &body["data"], &body["errors"]), (&json!(false), &json!(null), &json!([])));
        assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{code}");
    }
}

#[test]
fn bad_json_is_told_with_line_and_column() {
    let body = body(&parse(b"{\n  \"a\": }").unwrap_err().into());
    assert_eq!((&body["line"], &body["column"]), (&json!(2), &json!(8)));
    assert_eq!(body["error"], "Malformed JSON: expected value at line 2 column 8");
    assert_eq!(body.get("pointer"), None);
}

#[test]
fn a_member_given_twice_is_told_with_its_pointer() {
    let problem = Problem::from(parse(br#"{"a": {"b": 1, "b": 2}}"#).unwrap_err());
    assert_eq!(body(&problem)["pointer"], "/a/b");
}

#[test]
fn further_members_stand_in_the_body() {
    let problem = Problem::new(Code::IllegalTransition, "x").member("allowed", vec!["placed", "rejected"]);
    assert_eq!(body(&problem)["allowed"], json!(["placed", "rejected"]));
}

#[test]
fn the_cause_is_for_the_log_only() {
    let problem = Problem::internal("connection refused by db.example");
    assert!(!String::from_utf8(problem.to_json("/users", "r-1")).unwrap().contains("db.example"));
    assert_eq!(
        problem.to_string(),
        "internal: Something went wrong on our side (connection refused by db.example)"
    );
}

#[test]
fn success_has_the_data_and_no_error() {
    let expected = br#"{"ok":true,"data":{"a":[1]},"error":null}"#;
    assert_eq!(success_body(&json!({"a": [1]})).unwrap(), expected);
    assert_eq!(success_body_from_json(br#"{"a":[1]}"#), expected);
    assert_eq!(data_of_success_body(expected), Some(&br#"{"a":[1]}"#[..]));
    assert_eq!(data_of_success_body(&Problem::not_found("x").to_json("/", "r")), None);
    assert_eq!(success_body(&()).unwrap(), br#"{"ok":true,"data":null,"error":null}"#);
}

#[test]
fn data_without_a_json_form_is_a_bug_of_ours_and_no_panic() {
    let keyed_by_list = std::collections::BTreeMap::from([(vec![1], 2)]);
    assert_eq!(success_body(&keyed_by_list).unwrap_err().status(), 500);
}

#[test]
fn codes_are_unique_documented_and_sorted_by_status() {
    let unique: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(unique.len(), Code::ALL.len());
    assert!(Code::ALL.is_sorted_by_key(|code| code.status()));
    for code in Code::ALL {
        assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code:?}");
        assert!(code.documentation().ends_with('.'), "{code:?}");
        assert!(!code.documentation().contains("  "), "{code:?}");
        assert_eq!(code.type_uri(), format!("/docs/problems#{}", code.as_str()));
        assert!((400..600).contains(&code.status()));
    }
}

proptest! {
    #[test]
    fn any_text_makes_a_body_that_can_be_read(detail: String, instance: String, id: String, pointer: String) {
        let problem = Problem::validation(Faults::from(fault(&pointer, "x", &detail)));
        let body = parse(&problem.to_json(&instance, &id)).unwrap();
        prop_assert_eq!(&body["error"], &json!(detail));
        prop_assert_eq!(&body["instance"], &json!(instance));
        prop_assert_eq!(&body["request_id"], &json!(id));
        prop_assert_eq!(&body["errors"][0]["pointer"], &json!(pointer));
    }
}

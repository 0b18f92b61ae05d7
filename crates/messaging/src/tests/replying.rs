//! What HTTP answers mean.

use super::answered;
use crate::{Answer, Reply};

#[test]
fn results_count_whatever_the_status() {
    let body = br#"{"results":[{"id":"a1","outcome":"applied"},{"id":"a2","outcome":"failed","error":"no"},
        {"id":"a3","outcome":"held"},{"id":"b1","outcome":"rejected","error":"never","more":1},
        {"id":"c1","outcome":"unavailable"},{"id":null,"outcome":"rejected"}]}"#;
    let expected = answered(&[
        ("a1", Answer::Applied),
        ("a2", Answer::Failed("no".to_owned())),
        ("a3", Answer::Held),
        ("b1", Answer::Rejected("never".to_owned())),
        ("c1", Answer::Unavailable(String::new())),
    ]);
    for status in [200, 404, 500, 503] {
        assert_eq!(Reply::of_http(status, body), expected);
    }
}

#[test]
fn nobody_there_is_no_try() {
    for status in [404, 429, 503] {
        assert!(matches!(Reply::of_http(status, b"<html>"), Reply::Away(_)), "{status}");
    }
}

#[test]
fn anything_else_without_results_says_nothing_and_is_told_as_it_came() {
    let broken = Reply::of_http(500, b"the first line\nthe second");
    assert_eq!(broken, Reply::Broken("The consumer answered 500 without results: the first line".to_owned()));
    for (status, body) in
        [(200, &b""[..]), (204, b""), (200, b"{}"), (200, b"\xff"), (504, b"{}"), (413, b"")]
    {
        assert!(matches!(Reply::of_http(status, body), Reply::Broken(_)), "{status}");
    }
    let unknown = br#"{"results":[{"id":"a1","outcome":"eaten"}]}"#;
    assert!(matches!(Reply::of_http(200, unknown), Reply::Broken(_)));
}

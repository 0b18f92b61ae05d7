//! Adjustments as clients send them.

use serde_json::{Value, json};
use tradepost_input::{code, parse};

use crate::{Adjustment, Delta};

fn faults(body: &Value) -> Vec<(String, &'static str)> {
    let faults = Adjustment::read(body).err().unwrap_or_default();
    faults.iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "`json!` makes values, and a reference at each call is noise"
)]
fn of(delta: Value) -> Value {
    json!({"delta": delta, "reason": "Counted"})
}

#[test]
fn an_adjustment_says_how_much_and_why() {
    let adjustment = Adjustment::read(&json!({"delta": -3, "reason": "  Broken in transit "})).unwrap();
    assert_eq!((adjustment.delta.get(), &*adjustment.reason), (-3, "Broken in transit"));
    for delta in [1, Delta::MOST, -Delta::MOST] {
        assert_eq!(faults(&of(json!(delta))), [], "{delta}");
    }
}

#[test]
fn a_delta_is_a_whole_number_that_stock_could_have_changed_by() {
    let rows = [
        (json!(0), code::OUT_OF_RANGE),
        (json!(Delta::MOST + 1), code::OUT_OF_RANGE),
        (json!(-Delta::MOST - 1), code::OUT_OF_RANGE),
        (json!(i64::MIN), code::OUT_OF_RANGE),
        (json!(u64::MAX), code::OUT_OF_RANGE),
        (json!(1.5), code::WRONG_TYPE),
        (json!("3"), code::WRONG_TYPE),
        (json!([]), code::WRONG_TYPE),
        (json!(null), code::REQUIRED),
    ];
    for (delta, code) in rows {
        assert_eq!(faults(&of(delta.clone())), [("/delta".to_owned(), code)], "{delta}");
    }
}

#[test]
fn a_number_beyond_all_types_is_refused_and_not_rounded() {
    let body = parse(br#"{"delta": 99999999999999999999999999, "reason": "Counted"}"#).unwrap();
    assert_eq!(faults(&body).first().map(|(pointer, _)| pointer.as_str()), Some("/delta"));
}

#[test]
fn a_reason_is_one_line_of_at_most_200_characters() {
    let rows = [
        (json!("ä".repeat(200)), None),
        (json!("ä".repeat(201)), Some(code::TOO_LONG)),
        (json!(" "), Some(code::REQUIRED)),
        (json!("two\nlines"), Some(code::INVALID)),
        (json!("nul\0"), Some(code::INVALID)),
        (json!(7), Some(code::WRONG_TYPE)),
    ];
    for (reason, expected) in rows {
        let found = faults(&json!({"delta": 1, "reason": reason}));
        let expected: Vec<_> = expected.map(|code| ("/reason".to_owned(), code)).into_iter().collect();
        assert_eq!(found, expected, "{reason}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(&json!({"delta": 0, "reson": "x"}));
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/delta", "/reason", "/reson"]);
}

//! The tables as they are published under `docs/machines/`.
//!
//! `UPDATE_MACHINES=1 cargo test -p tradepost-ordering machines` writes them.

use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::{Action, PAYMENT_TRANSITIONS, PaymentStatus, STEPS, Status, TRANSITIONS};

fn order() -> Value {
    json!({
        "states": Status::ALL,
        "initial": Status::Pending,
        "ends": Status::ALL.iter().filter(|status| status.is_end()).collect::<Vec<_>>(),
        "transitions": TRANSITIONS,
        "commands": Action::ALL.iter().map(|action| {
            let steps = STEPS.iter().filter(|step| step.action == *action);
            json!({
                "command": action,
                "when_illegal": if action.is_asked_for() { "refused" } else { "ignored" },
                "steps": steps.map(|step| json!({"from": step.from, "to": step.to})).collect::<Vec<_>>(),
            })
        }).collect::<Vec<_>>(),
    })
}

fn payment() -> Value {
    json!({
        "states": PaymentStatus::ALL,
        "initial": PaymentStatus::Initiated,
        "transitions": PAYMENT_TRANSITIONS,
    })
}

fn line() -> Value {
    json!({
        "quantities": ["open", "cancelled", "fulfilled", "returned"],
        "initial": "open",
        "transitions": [
            {"from": "open", "to": "fulfilled", "by": "fulfil"},
            {"from": "open", "to": "cancelled", "by": "cancel"},
            {"from": "fulfilled", "to": "returned", "by": "return"},
        ],
        "invariants": ["quantity = open + cancelled + fulfilled", "returned <= fulfilled"],
    })
}

fn page() -> String {
    let mut page = "# The machines of an order\n\
        Written by a test from the tables in `crates/ordering`; the same tables stand beside this page as JSON.\n\n\
        Three machines are kept apart, for their product would have a state for everything that can be true at once.\n\n\
        ## The order\n"
        .to_owned();
    page += &diagram(Status::Pending, TRANSITIONS.iter().map(|way| (way.from, way.to, by(way.from, way.to))));
    for end in Status::ALL.iter().filter(|status| status.is_end()) {
        page = page.replace("```\n\n", &format!("    {} --> [*]\n```\n\n", name(end)));
    }
    page += "A command that people ask for is refused where it has no arrow; news of other contexts that come too late \
        change nothing.\n\n| command | asked for | in | makes of it |\n|---|---|---|---|\n";
    for step in STEPS {
        let asked = if step.action.is_asked_for() { "yes" } else { "no" };
        let to: Vec<String> = step.to.iter().map(|to| format!("`{}`", name(to))).collect();
        let _ = writeln!(
            page,
            "| {} | {asked} | `{}` | {} |",
            name(step.action),
            name(step.from),
            to.join(" or ")
        );
    }
    page += "\n## The payment\nAs ordering sees it: it hears of ends and of doubts.\n";
    page += &diagram(
        PaymentStatus::Initiated,
        PAYMENT_TRANSITIONS.iter().map(|way| (way.from, way.to, String::new())),
    );
    page += "## A line's pieces\nPieces move; what was ordered is the sum of open, cancelled and fulfilled ones, and no \
        more come back than were fulfilled.\n";
    let moves = [
        ("open", "fulfilled", "fulfil".to_owned()),
        ("open", "cancelled", "cancel".to_owned()),
        ("fulfilled", "returned", "return".to_owned()),
    ];
    page += &diagram("open", moves);
    page.trim_end().to_owned() + "\n"
}

/// The commands that lead from one state to another.
fn by(from: Status, to: Status) -> String {
    let steps = STEPS.iter().filter(|step| step.from == from && step.to.contains(&to));
    steps.map(|step| name(step.action)).collect::<Vec<_>>().join(", ")
}

fn diagram<S: Serialize>(initial: S, ways: impl IntoIterator<Item = (S, S, String)>) -> String {
    let mut lines = format!("```mermaid\nstateDiagram-v2\n    [*] --> {}\n", name(initial));
    for (from, to, by) in ways {
        let label = if by.is_empty() { by } else { format!(": {by}") };
        let _ = writeln!(lines, "    {} --> {}{label}", name(from), name(to));
    }
    lines + "```\n\n"
}

fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_published_machines_are_those_of_the_code() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/machines"));
    let json = |value: &Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    for (file, text) in [
        ("order.json", json(&order())),
        ("payment.json", json(&payment())),
        ("line.json", json(&line())),
        ("README.md", page()),
    ] {
        let path = folder.join(file);
        if std::env::var_os("UPDATE_MACHINES").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{file} is not what the code says: write it with UPDATE_MACHINES=1");
    }
}

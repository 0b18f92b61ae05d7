//! Schemathesis asks what nobody thought of: requests that fit the description and requests that do not, one by one and in
//! stories in which one answer leads to the next request. Every answer must be one that is documented.
//!
//! `SCHEMATHESIS_SECONDS` says for how long; a fixed seed makes runs alike. `SCHEMATHESIS_SEED` takes another.

use crate::programs::{find, run, skip};
use crate::shop;
use std::process::Command;
use tradepost_tests::{ADMIN_KEY, repository};

/// What the gate has time for.
const USUAL_SECONDS: u64 = 120;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_is_answered_as_documented() {
    let Some(schemathesis) = find(&["st", "schemathesis"]) else {
        return skip("Schemathesis", "the program `st` of the Python package schemathesis");
    };
    let setting = |name: &str| std::env::var(name).ok();
    let seconds = setting("SCHEMATHESIS_SECONDS").map_or(USUAL_SECONDS, |seconds| seconds.parse().unwrap());
    let app = shop::open().await;
    let folder = tempfile::tempdir().unwrap();
    let mut ask = Command::new(schemathesis);
    // Nothing is kept between runs, so that the same seed asks the same.
    ask.current_dir(folder.path()).env("NO_COLOR", "1").env("PYTHONDONTWRITEBYTECODE", "1");
    let here = repository().join("tests/contract");
    ask.env("PYTHONPATH", &here).env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    ask.arg("--config-file").arg(here.join("schemathesis.toml"));
    ask.arg("run").arg(format!("http://{}/openapi.json", app.address()));
    ask.args(["--header", &format!("Authorization: Bearer {ADMIN_KEY}")]);
    ask.args(["--phases", "examples,coverage,fuzzing,stateful", "--mode", "all", "--no-color"]);
    ask.args(["--seed", &setting("SCHEMATHESIS_SEED").unwrap_or_else(|| "20261122".to_owned())]);
    ask.args(["--max-time", &seconds.to_string(), "--max-failures", "20"]);
    let output = run(ask).await;
    let said = String::from_utf8_lossy(&output.stdout);
    let summary: Vec<&str> = said.lines().rev().take(40).collect();
    eprintln!("{}", summary.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

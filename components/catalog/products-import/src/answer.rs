//! The lines of the answer: what became of each line of the request.

use serde::Serialize;
use tradepost_ids::ProductId;
use tradepost_input::Faults;
use tradepost_problem::Problem;

#[derive(Serialize)]
struct Outcome<'a> {
    line: u64,
    status: &'a str,
    id: Option<ProductId>,
    error: Option<Error<'a>>,
    /// Lines from here on have not been tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    resume_from: Option<u64>,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'a str,
    detail: &'a str,
    errors: &'a Faults,
}

/// The product is there: it was `created`, or is `unchanged`.
pub(crate) fn succeeded(line: u64, status: &str, id: ProductId) -> Vec<u8> {
    written(&Outcome { line, status, id: Some(id), error: None, resume_from: None })
}

/// The line was not imported; the others are not affected.
pub(crate) fn failed(line: u64, problem: &Problem) -> Vec<u8> {
    written(&Outcome { line, status: "failed", id: None, error: Some(error(problem)), resume_from: None })
}

/// The import ends here, before the request's end. Sending it again from this line on finishes it; sending all of it
/// does too.
pub(crate) fn interrupted(line: u64, problem: &Problem) -> Vec<u8> {
    let error = Some(error(problem));
    written(&Outcome { line, status: "failed", id: None, error, resume_from: Some(line) })
}

fn error(problem: &Problem) -> Error<'_> {
    Error { code: problem.code().as_str(), detail: problem.detail(), errors: problem.faults() }
}

fn written(outcome: &Outcome<'_>) -> Vec<u8> {
    // Nothing in an outcome lacks a JSON form.
    let mut line = serde_json::to_vec(outcome).unwrap_or_default();
    line.push(b'\n');
    line
}

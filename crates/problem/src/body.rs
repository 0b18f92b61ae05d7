//! The two bodies as JSON.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::Problem;

/// `{"ok":true,"data":…,"error":null}`.
///
/// An error means that `data` has no JSON form, such as a map with keys that are not text: a bug.
pub fn success_body<T: Serialize + ?Sized>(data: &T) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::with_capacity(512);
    body.extend_from_slice(OK_BEFORE);
    serde_json::to_writer(&mut body, data)?;
    body.extend_from_slice(OK_AFTER);
    Ok(body)
}

/// The same around `data` that is JSON already; the bytes are passed on as they are.
pub fn success_body_from_json(data: &[u8]) -> Vec<u8> {
    [OK_BEFORE, data, OK_AFTER].concat()
}

/// The data of a body that [`success_body_from_json`] made, byte for byte; `None` when `body` is none.
pub fn data_of_success_body(body: &[u8]) -> Option<&[u8]> {
    body.strip_prefix(OK_BEFORE)?.strip_suffix(OK_AFTER)
}

const OK_BEFORE: &[u8] = br#"{"ok":true,"data":"#;
const OK_AFTER: &[u8] = br#","error":null}"#;

/// A problem with what only the request knows. The order of the members is the one of the documentation.
pub(crate) struct ProblemBody<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) instance: &'a str,
    pub(crate) request_id: &'a str,
}

impl Serialize for ProblemBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { problem, instance, request_id } = self;
        let code = problem.code();
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("ok", &false)?;
        body.serialize_entry("data", &())?;
        body.serialize_entry("error", problem.detail())?;
        body.serialize_entry("type", code.type_uri())?;
        body.serialize_entry("title", code.title())?;
        body.serialize_entry("status", &code.status())?;
        body.serialize_entry("detail", problem.detail())?;
        body.serialize_entry("instance", instance)?;
        body.serialize_entry("code", code.as_str())?;
        body.serialize_entry("request_id", request_id)?;
        body.serialize_entry("errors", problem.faults())?;
        for (name, value) in problem.members() {
            body.serialize_entry(name, value)?;
        }
        body.end()
    }
}

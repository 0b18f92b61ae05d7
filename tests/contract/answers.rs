//! Whether a request and its answer are what the description says.

use serde_json::{Value, json};
use tradepost_api_description::{Example, Operation, Route, openapi};
use tradepost_tests::Answer;

/// The description, as something that can be broken.
pub(crate) struct Contract {
    document: Value,
    /// The same, in which an answer may have no member that is not described. Clients must take such members; here they
    /// are news that nobody was told of.
    strict: Value,
}

/// Headers that are described by name. An answer that has one has it described.
const DESCRIBED_HEADERS: &[&str] = &[
    "Location",
    "ETag",
    "Link",
    "Idempotent-Replayed",
    "Preference-Applied",
    "WWW-Authenticate",
    "Retry-After",
    "RateLimit-Policy",
    "RateLimit",
];

/// Those of them that are always there where they are described. 409 and 503 come about in many ways.
const CERTAIN_HEADERS: &[&str] = &["Request-Id", "Location", "ETag", "WWW-Authenticate"];

impl Contract {
    pub(crate) fn new() -> Self {
        let document = openapi(&|_, _| None);
        let mut strict = document.clone();
        close(&mut strict);
        Self { document, strict }
    }

    /// What is wrong with an answer to an example.
    pub(crate) fn faults(
        &self,
        route: &Route,
        operation: &Operation,
        example: &Example,
        body: Option<&Value>,
        answer: &Answer,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        if answer.status != example.status() {
            faults.push(format!("{} is documented, not {answer:?}", example.status()));
        }
        let method = operation.method().to_ascii_lowercase();
        let here = [route.template(), method].map(|part| part.replace('/', "~1")).join("/");
        let described = format!("/paths/{here}");
        let own = format!("{described}/responses/{}", answer.status);
        match self.document.pointer(&own) {
            Some(response) => {
                // What several operations have in common stands elsewhere.
                let reference = response["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
                let place = reference.unwrap_or(&own);
                let response = self.document.pointer(place).unwrap();
                faults.extend(self.body_faults(place, response, answer));
                faults.extend(header_faults(response, answer));
            }
            None => faults.push(format!("status {} is not documented", answer.status)),
        }
        if let (Some(body), Some(media_type)) = (body, operation.media_type()) {
            let media_type = media_type.replace('/', "~1");
            let schema = format!("{described}/requestBody/content/{media_type}/schema");
            let fits = invalid(&self.document, &schema, body).is_empty();
            let is_refused_for_its_form = answer.status == 400
                && answer.json()["errors"].as_array().is_some_and(|errors| !errors.is_empty());
            // What the schema cannot say, such as who is a consumer, is allowed to pass it.
            if !fits && !is_refused_for_its_form {
                let found = invalid(&self.document, &schema, body);
                faults.push(format!("the request does not have the documented form: {found:?}"));
            }
        }
        let name = format!("{}.{}", operation.id(), example.name());
        faults.into_iter().map(|fault| format!("{name}: {fault}")).collect()
    }

    fn body_faults(&self, place: &str, response: &Value, answer: &Answer) -> Vec<String> {
        let content_type = answer.headers.get("content-type").map(|value| value.to_str().unwrap());
        let Some(content) = response.get("content") else {
            return if answer.body.is_empty() {
                Vec::new()
            } else {
                vec![format!("no body is documented: {answer:?}")]
            };
        };
        let Some(content_type) = content_type.filter(|content_type| content.get(*content_type).is_some())
        else {
            return vec![format!("the content type {content_type:?} is not documented")];
        };
        let body = if content_type.ends_with("json") && !content_type.contains("ndjson") {
            answer.json()
        } else {
            String::from_utf8_lossy(&answer.body).into()
        };
        let media_type = content_type.replace('/', "~1");
        let schema = format!("{place}/content/{media_type}/schema");
        invalid(&self.strict, &schema, &body)
    }
}

fn header_faults(response: &Value, answer: &Answer) -> Vec<String> {
    let is_described = |name: &str| response["headers"].get(name).is_some();
    let is_there = |name: &str| answer.headers.contains_key(name);
    let undescribed = DESCRIBED_HEADERS.iter().filter(|name| is_there(name) && !is_described(name));
    let missing = CERTAIN_HEADERS.iter().filter(|name| is_described(name) && !is_there(name));
    undescribed
        .map(|name| format!("the header {name} is not documented for {}", answer.status))
        .chain(missing.map(|name| format!("the header {name} is missing from {}", answer.status)))
        .collect()
}

/// What is wrong with `value` by the schema at this place of the document.
fn invalid(document: &Value, schema: &str, value: &Value) -> Vec<String> {
    let root = json!({
        "allOf": [document.pointer(schema).unwrap()],
        "components": document["components"],
        "paths": document["paths"],
    });
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&root).unwrap();
    validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(false.into());
            }
            for (name, member) in members {
                // What is all of several things has the members of all of them.
                if name != "allOf" {
                    close(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

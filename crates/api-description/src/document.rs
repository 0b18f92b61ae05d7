//! The document: what the routes say, and what is true of all of them.

use serde_json::{Map, Value, json};
use tradepost_problem::Code;

use crate::operation::{Access, Answer, Operation, Parameter, Route};
use crate::schemas::Schemas;
use crate::{Example, routes};

mod components;

/// What was asked and answered when an example was tried, by the names of operation and example; see
/// `tests/contract/recording.rs`.
pub type Recorded<'a> = &'a dyn Fn(&str, &str) -> Option<Value>;

/// The description in OpenAPI 3.1.
pub fn openapi(recorded: Recorded<'_>) -> Value {
    let mut schemas = Schemas::new();
    let routes = routes();
    let mut paths = Map::new();
    let mut tags: Vec<&str> = Vec::new();
    for route in &routes {
        if !tags.contains(&route.tag) {
            tags.push(route.tag);
        }
        paths.insert(route.template(), path_item(&routes, route, &mut schemas, recorded));
    }
    tags.sort_unstable();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": components::info(),
        "servers": [{ "url": "/" }],
        "tags": tags.iter().map(|tag| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": { "Problem": components::problem() },
            "parameters": components::parameters(),
            "headers": components::headers(),
            "responses": Code::ALL
                .iter()
                .map(|code| (code.as_str().to_owned(), problem_response(&[*code], Map::new())))
                .collect::<Map<_, _>>(),
            "securitySchemes": components::security_schemes(),
        },
    });
    schemas.finish(&mut document);
    document
}

fn path_item(routes: &[Route], route: &Route, schemas: &mut Schemas, recorded: Recorded<'_>) -> Value {
    let mut item = Map::new();
    if !route.parameters.is_empty() {
        let parameters = route.parameters.iter().map(|parameter| written(parameter, schemas)).collect();
        item.insert("parameters".to_owned(), Value::Array(parameters));
    }
    for operation in &route.operations {
        let written = operation_object(routes, route, operation, schemas, recorded);
        item.insert(operation.method.to_ascii_lowercase(), written);
    }
    item.into()
}

fn operation_object(
    routes: &[Route],
    route: &Route,
    operation: &Operation,
    schemas: &mut Schemas,
    recorded: Recorded<'_>,
) -> Value {
    let tried: Vec<(&Example, Value)> = operation
        .examples
        .iter()
        .filter_map(|example| Some((example, recorded(operation.id, example.name)?)))
        .collect();
    let mut object = Map::from_iter([
        ("operationId".to_owned(), operation.id.into()),
        ("tags".to_owned(), json!([route.tag])),
        ("summary".to_owned(), operation.summary.into()),
        ("security".to_owned(), security(operation.access)),
    ]);
    let text = match operation.access {
        Access::Scope(scope) => format!("{}\n\nFor staff with the scope `{scope}`.", operation.text),
        Access::Open | Access::Identified => operation.text.to_owned(),
    };
    if !text.is_empty() {
        object.insert("description".to_owned(), text.trim().into());
    }
    let parameters: Vec<Value> =
        operation.parameters.iter().map(|parameter| written(parameter, schemas)).collect();
    if !parameters.is_empty() {
        object.insert("parameters".to_owned(), parameters.into());
    }
    if let Some((media_type, schema)) = operation.body {
        let mut content = json!({ "schema": schema(schemas) });
        let bodies = tried.iter().filter_map(|(example, tried)| {
            // What is refused for its form would not fit the schema that it stands beside.
            let body = tried.get("request")?.get("body").filter(|_| example.status != 400)?;
            Some((example.name.to_owned(), json!({ "summary": example.summary, "value": body })))
        });
        insert_examples(&mut content, bodies.collect());
        let body = json!({ "required": true, "content": { media_type: content } });
        object.insert("requestBody".to_owned(), body);
    }
    object.insert("responses".to_owned(), responses(routes, route, operation, &tried, schemas));
    object.into()
}

fn insert_examples(content: &mut Value, examples: Map<String, Value>) {
    if let (false, Some(content)) = (examples.is_empty(), content.as_object_mut()) {
        content.insert("examples".to_owned(), examples.into());
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Open => json!([{}, { "bearer": [] }]),
        Access::Identified => json!([{ "bearer": [] }]),
        Access::Scope(scope) => json!([{ "bearer": [scope] }]),
    }
}

fn written(parameter: &Parameter, schemas: &mut Schemas) -> Value {
    match parameter.schema {
        None => json!({ "$ref": format!("#/components/parameters/{}", parameter.name) }),
        Some(schema) => json!({
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.place == "path" || parameter.is_required,
            "description": parameter.text,
            "schema": schema(schemas),
        }),
    }
}

fn responses(
    routes: &[Route],
    route: &Route,
    operation: &Operation,
    tried: &[(&Example, Value)],
    schemas: &mut Schemas,
) -> Value {
    let mut responses = Map::new();
    let examples_of = |status: u16| -> Map<String, Value> {
        let answered = tried.iter().filter(|(example, _)| example.status == status);
        let written = answered.filter_map(|(example, tried)| {
            let body = tried.get("answer")?.get("body")?;
            Some((example.name.to_owned(), json!({ "summary": example.summary, "value": body })))
        });
        written.collect()
    };
    for answer in &operation.answers {
        let mut written = json!({ "description": answer.text, "headers": headers(answer) });
        if let Some((media_type, schema)) = answer.content {
            let schema = schema(schemas);
            let schema = if answer.is_enveloped { components::envelope(&schema) } else { schema };
            let mut content = json!({ "schema": schema });
            insert_examples(&mut content, examples_of(answer.status));
            if let Some(written) = written.as_object_mut() {
                written.insert("content".to_owned(), json!({ media_type: content }));
            }
        }
        if !answer.leads.is_empty()
            && let Some(written) = written.as_object_mut()
        {
            written.insert("links".to_owned(), links(routes, answer));
        }
        responses.insert(answer.status.to_string(), written);
    }
    let codes = codes(route, operation);
    for status in codes.iter().map(|code| code.status()) {
        let of_status: Vec<Code> = codes.iter().copied().filter(|code| code.status() == status).collect();
        let examples = examples_of(status);
        responses.entry(status.to_string()).or_insert_with(|| {
            if let ([code], true) = (of_status.as_slice(), examples.is_empty()) {
                return json!({ "$ref": format!("#/components/responses/{}", code.as_str()) });
            }
            problem_response(&of_status, examples)
        });
    }
    responses.sort_keys();
    responses.into()
}

/// An answer that is one of these problems, which have one status.
fn problem_response(codes: &[Code], examples: Map<String, Value>) -> Value {
    let status = codes.first().map_or(500, |code| code.status());
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let meanings: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.documentation().replace('\n', " ")))
        .collect();
    let mut content = json!({ "schema": {
                "allOf": [
                    { "$ref": "#/components/schemas/Problem" },
                    { "properties": { "status": { "const": status }, "code": { "enum": names } } },
                ],
            } });
    insert_examples(&mut content, examples);
    json!({
        "description": meanings.join("\n\n"),
        "headers": components::problem_headers(status),
        "content": { "application/problem+json": content },
    })
}

/// Where one can go with what an answer has: to each operation of the routes that ask for it.
fn links(routes: &[Route], answer: &Answer) -> Value {
    let mut links = Map::new();
    for (parameter, pointer) in &answer.leads {
        let there =
            routes.iter().filter(|route| route.parameters.iter().any(|known| known.name == *parameter));
        for operation in there.flat_map(|route| &route.operations) {
            let value = format!("$response.body#{pointer}");
            let link = json!({ "operationId": operation.id, "parameters": { *parameter: value } });
            links.insert(operation.id.to_owned(), link);
        }
    }
    links.into()
}

fn headers(answer: &Answer) -> Value {
    components::header_references(&answer.headers)
}

/// What any request can run into.
const EVERYWHERE: [Code; 9] = [
    Code::MalformedRequest,
    Code::Unauthenticated,
    Code::NotAcceptable,
    Code::TargetTooLong,
    Code::RateLimited,
    Code::HeadersTooLarge,
    Code::Internal,
    Code::Unavailable,
    Code::DeadlineExceeded,
];

/// The problems that an operation can have: its own, and those that follow from what it asks for.
fn codes(route: &Route, operation: &Operation) -> Vec<Code> {
    let mut codes = operation.codes.clone();
    codes.extend(EVERYWHERE);
    if operation.body.is_some() {
        codes.push(Code::RequestTooSlow);
    }
    if matches!(operation.access, Access::Scope(_)) {
        codes.push(Code::Forbidden);
    }
    if route.pattern.contains(':') {
        codes.push(Code::NotFound);
    }
    Code::ALL.iter().copied().filter(|code| codes.contains(code)).collect()
}

//! What is true of every route: the envelope, problems, headers, parameters and credentials.

use serde_json::{Map, Value, json};
use tradepost_problem::Code;

pub(super) fn info() -> Value {
    json!({
        "title": "Tradepost",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Takes orders and sees them through.",
        "description": INFO,
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

const INFO: &str = "\
Answers are JSON: `{\"ok\": true, \"data\": …, \"error\": null}`, or a problem (RFC 9457) with `ok: false`. Times are RFC 3339 \
in UTC. Money is whole minor units with an ISO 4217 code.

Every path that knows `GET` knows `HEAD` too, and every path knows `OPTIONS`; other methods are 405 with `Allow`. Query \
parameters and fields that are not described are refused. Bodies may have 256 KiB where nothing else is said.

[Problems](/docs/problems) lists every code with what to do about it.";

/// A success's body around its data.
pub(super) fn envelope(data: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["ok", "data", "error"],
        "properties": { "ok": { "const": true }, "data": data, "error": { "type": "null" } },
    })
}

pub(super) fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "title": "Problem",
        "description": "Why a request did not get what it asked for: problem details of RFC 9457, and more members where a \
                        code says so.",
        "type": "object",
        "required": [
            "ok", "data", "error", "type", "title", "status", "detail", "instance", "code", "request_id", "errors",
        ],
        "properties": {
            "ok": { "const": false },
            "data": { "type": "null" },
            "error": { "description": "The same as `detail`.", "type": "string" },
            "type": {
                "description": "Where the code is described.", "type": "string", "format": "uri-reference",
            },
            "title": { "description": "The code in a few words.", "type": "string" },
            "status": { "description": "The HTTP status.", "type": "integer" },
            "detail": { "description": "What happened this time, for people.", "type": "string" },
            "instance": { "description": "The request's path.", "type": "string" },
            "code": { "description": "Which problem it is, for programs.", "type": "string", "enum": codes },
            "request_id": { "description": "The answer's `Request-Id`.", "type": "string" },
            "errors": {
                "description": "Every fault of the input.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": {
                            "description": "Where in the body, as a JSON pointer (RFC 6901); of a query, `/` and the \
                                            parameter's name.",
                            "type": "string",
                        },
                        "code": { "description": "What kind of fault, for programs.", "type": "string" },
                        "detail": { "description": "What to change, for people.", "type": "string" },
                    },
                },
            },
            "line": { "description": "Of `malformed_json`: where, from 1.", "type": "integer" },
            "column": { "description": "Of `malformed_json`: where, from 1.", "type": "integer" },
            "pointer": { "description": "Of `malformed_json`: the member that stands twice.", "type": "string" },
            "allowed": {
                "description": "Of `illegal_transition`: where the thing can go from here.",
                "type": "array",
                "items": { "type": "string" },
            },
            "available": { "description": "Of `insufficient_stock`: pieces there are.", "type": "integer" },
            "refundable": {
                "description": "Of `not_refundable`: what is left to be given back.",
                "$ref": "#/components/schemas/Money",
            },
            "refund_id": { "description": "Of `refund_declined`.", "type": "string" },
            "decline_code": { "description": "Of `refund_declined`: why, in the provider's word.", "type": "string" },
            "dependencies": {
                "description": "Of `unavailable`, from `/health/ready`: what is up and what is down.",
                "type": "array",
                "items": { "type": "object" },
            },
        },
    })
}

pub(super) fn security_schemes() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token or an API key. What it may do, its scopes say: `catalog:write` and the like.",
        },
    })
}

pub(super) fn parameters() -> Value {
    let key = |is_required: bool, text: &str| {
        json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": is_required,
            "description": text,
            "schema": {
                "type": "string",
                // Bare, or a quoted string in which a quote or a backslash stands after a backslash.
                "pattern": r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#,
            },
            "example": "6f1c2e0a-order-of-bookcases",
        })
    };
    let if_match = |is_required: bool| {
        json!({
            "name": "If-Match",
            "in": "header",
            "required": is_required,
            "description": "The `ETag` of the version that this is based on, or `*` for whatever is there (RFC 9110, 13.1.1).",
            "schema": { "type": "string", "pattern": r#"^([*]|"[!#-~]*"(, *"[!#-~]*")*)$"# },
            "example": "\"1\"",
        })
    };
    json!({
        "IdempotencyKey": key(
            false,
            "Repeating the request with the same key and body has its effect once and gives the first answer again, for 24 \
             hours.",
        ),
        "RequiredIdempotencyKey": key(
            true,
            "Repeating the request with the same key and body has its effect once and gives the first answer again, for 24 \
             hours. A new intent needs a new key.",
        ),
        "IfMatch": if_match(false),
        "RequiredIfMatch": if_match(true),
        "Prefer": {
            "name": "Prefer",
            "in": "header",
            "required": false,
            "description": "`wait=5` waits up to 5 seconds, at most 30, for what becomes of it (RFC 7240).",
            "schema": { "type": "string" },
            "example": "wait=5",
        },
        "limit": {
            "name": "limit",
            "in": "query",
            "required": false,
            "description": "How many items a page has at most.",
            "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 },
        },
    })
}

pub(super) fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "Request-Id": text("What the request is logged under: the client's own, if it sent a sane one."),
        "Location": text("The path of what was created."),
        "ETag": text("The version, for `If-Match` (RFC 9110, 8.8.3)."),
        "Link": text("The neighbouring pages, `rel=\"next\"` and `rel=\"prev\"` (RFC 8288)."),
        "Idempotent-Replayed": text("`true`: the answer is one that was given before."),
        "Preference-Applied": text("The wait that was granted (RFC 7240)."),
        "WWW-Authenticate": text("What kind of credential is wanted (RFC 9110, 11.6.1)."),
        "Retry-After": {
            "description": "After how many seconds to try again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "RateLimit-Policy": text("The limits: `\"default\";q=100;w=60` is a hundred requests in a minute."),
        "RateLimit": text("What is left: `\"default\";r=57;t=23` is 57 requests in the next 23 seconds."),
    })
}

/// References to headers, those included that every answer has.
pub(super) fn header_references(names: &[&str]) -> Value {
    let all = ["Request-Id", "RateLimit-Policy", "RateLimit"].iter().chain(names);
    let references =
        all.map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })));
    Value::Object(references.collect::<Map<_, _>>())
}

pub(super) fn problem_headers(status: u16) -> Value {
    header_references(match status {
        401 => &["WWW-Authenticate"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    })
}

//! From a request to its answer, step by step.

use std::cell::Cell;

use tradepost_problem::{Code, Problem};
use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{Fields, Method as WasiMethod, Request, Response};

use crate::admission::{self, Principal, Refusal, RequestHead};
use crate::response::Answer;
use crate::table::{Endpoint, Method};
use crate::{Admitted, Incoming, body, fresh_uuid, media_type, query};

/// Answers one request. Nothing of the request's body is read before the caller has been admitted.
pub async fn serve(endpoint: &Endpoint, request: Request) -> Response {
    let headers = request.get_headers();
    let request_id = request_id_of(&headers);
    let method = request.get_method();
    let method_name = name_of(&method);
    let target = request.get_path_with_query().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (target.as_str(), ""),
    };

    let Some(method) = endpoint.method(method_name) else {
        let allowed = endpoint.allowed();
        let answer = if method_name == "OPTIONS" {
            Answer::options(&allowed)
        } else {
            Answer::problem(&Problem::method_not_allowed(method_name, &allowed), path, &request_id)
        };
        return answer.send(&request_id, method_name == "HEAD").await;
    };

    let outcome = async {
        let principal = admit(method, method_name, path, &headers).await?;
        check_query(query, method.rules.query)?;
        let (mut body, mut incoming) = (Vec::new(), None);
        if let Some(media_type) = method.rules.media_type.filter(|_| method.has_body()) {
            check_media_type(&headers, media_type)?;
            if method.rules.streams {
                incoming = Some(Incoming::of(request, &headers)?);
            } else {
                body = body::read(request, &headers).await?;
            }
        }
        let admitted = Admitted {
            request_id: request_id.clone(),
            pattern: endpoint.pattern,
            method: method.name,
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            principal,
            body,
            incoming: Cell::new(incoming),
        };
        (method.handler)(&admitted).await
    }
    .await;

    if method.rules.settles {
        monotonic_clock::wait_for(1).await;
    }
    let answer = match outcome {
        Ok(reply) => Answer::reply(reply),
        Err(problem) => {
            if problem.cause().is_some() {
                eprintln!("{request_id} {problem}");
            }
            Answer::problem(&problem, path, &request_id)
        }
    };
    answer.send(&request_id, method_name == "HEAD").await
}

fn request_id_of(headers: &Fields) -> String {
    tradepost_request_id::of_client(headers.get("request-id"))
        .unwrap_or_else(|| format!("req_{}", fresh_uuid().simple()))
}

fn name_of(method: &WasiMethod) -> &str {
    match method {
        WasiMethod::Get => "GET",
        WasiMethod::Head => "HEAD",
        WasiMethod::Post => "POST",
        WasiMethod::Put => "PUT",
        WasiMethod::Delete => "DELETE",
        WasiMethod::Connect => "CONNECT",
        WasiMethod::Options => "OPTIONS",
        WasiMethod::Trace => "TRACE",
        WasiMethod::Patch => "PATCH",
        WasiMethod::Other(name) => name,
    }
}

async fn admit(method: &Method, name: &str, path: &str, headers: &Fields) -> Result<Principal, Problem> {
    let head = RequestHead {
        method: name.to_owned(),
        path: path.to_owned(),
        authorization: authorization(headers)?,
        client_address: client_address(headers),
        requirement: method.rules.requirement,
    };
    let principal = admission::admit(head).await.map_err(|refusal| match refusal {
        Refusal::Unauthenticated(reason) => Problem::unauthenticated(reason),
        Refusal::Forbidden(reason) => Problem::forbidden(reason),
        Refusal::Unavailable(cause) => Problem::unavailable(format_args!("admission: {cause}")),
    })?;
    Principal::try_from(principal)
        .map_err(|error| Problem::internal(format_args!("admission names a customer whose id {error}")))
}

/// A credential that cannot be read is a bad credential, not a missing one.
fn authorization(headers: &Fields) -> Result<Option<String>, Problem> {
    let mut values = headers.get("authorization").into_iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => String::from_utf8(value)
            .map(Some)
            .map_err(|_| Problem::unauthenticated("The Authorization header is not text")),
        (Some(_), Some(_)) => Err(Problem::unauthenticated("There must be one Authorization header")),
    }
}

/// The peer as the host saw it. The host adds its value behind one that a client may have sent under the same
/// name, so only the last is the host's.
fn client_address(headers: &Fields) -> Option<String> {
    let last = String::from_utf8(headers.get("spin-client-addr").pop()?).ok()?;
    let (address, _port) = last.rsplit_once(':')?;
    Some(address.trim_start_matches('[').trim_end_matches(']').to_owned())
}

fn check_query(query: &str, known: Option<&[&str]>) -> Result<(), Problem> {
    let Some(known) = known else { return Ok(()) };
    query::check(query, known).map_err(|fault| {
        let detail = match fault {
            query::Fault::Unknown(name) if known.is_empty() => {
                format!("There is no query parameter {name:?} here, nor any other")
            }
            query::Fault::Unknown(name) => {
                format!("There is no query parameter {name:?} here, only {}", known.join(", "))
            }
            query::Fault::Repeated(name) => format!("The query parameter {name:?} must be given once"),
            query::Fault::Malformed(name) => format!("The query parameter {name:?} is not percent-encoded"),
        };
        Problem::new(Code::MalformedRequest, detail)
    })
}

fn check_media_type(headers: &Fields, accepted: &'static str) -> Result<(), Problem> {
    let values = headers.get("content-type");
    match values.as_slice() {
        [value] if std::str::from_utf8(value).is_ok_and(|value| media_type::is(value, accepted)) => Ok(()),
        _ => Err(Problem::unsupported_media_type(accepted)),
    }
}

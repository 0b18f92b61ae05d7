//! From a request to its answer, step by step.

use std::cell::Cell;

use tradepost_problem::{Code, Problem};
use tradepost_request_syntax::accept::{self, Codings};
use tradepost_request_syntax::{media_type, query};
use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{Fields, Method as WasiMethod, Request, Response};

use crate::admission::{self, RequestHead};
use crate::manners::Manners;
use crate::response::Answer;
use crate::table::{Endpoint, Method, Requirement};
use crate::{Admitted, Incoming, Reply, body, cors, fresh_uuid};

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
    let mut manners = Manners::of(&request, &headers, request_id, method_name);

    let origin = cors::origin(&headers);
    let is_preflight = method_name == "OPTIONS" && origin.is_some() && cors::is_preflight(&headers);
    let known = endpoint.method(method_name).filter(|_| !is_preflight);
    let Some(method) = known else {
        let allowed = endpoint.allowed();
        if origin.is_some() {
            let head = head(method_name, path, &headers, origin, None, Requirement::Open);
            manners.headers = admission::preflight(head).await;
        }
        let answer = if is_preflight {
            manners.headers = cors::allowances(manners.headers, &allowed);
            Answer::options(&allowed)
        } else if method_name == "OPTIONS" {
            Answer::options(&allowed)
        } else {
            Answer::problem(&Problem::method_not_allowed(method_name, &allowed), path, &manners.request_id)
        };
        return answer.send(manners).await;
    };

    let outcome =
        answer(endpoint, method, request, headers, (method_name, path, query), origin, &mut manners);
    let outcome = outcome.await;

    if method.rules.settles {
        monotonic_clock::wait_for(1).await;
    }
    let answer = match outcome {
        Ok(reply) => Answer::reply(reply),
        Err(problem) => {
            if problem.cause().is_some() {
                eprintln!("{} {problem}", manners.request_id);
            }
            Answer::problem(&problem, path, &manners.request_id)
        }
    };
    answer.send(manners).await
}

/// What becomes of a request whose method is known.
async fn answer(
    endpoint: &Endpoint,
    method: &Method,
    request: Request,
    headers: Fields,
    (method_name, path, query): (&str, &str, &str),
    origin: Option<String>,
    manners: &mut Manners,
) -> Result<Reply, Problem> {
    let credential = authorization(&headers)?;
    let head = head(method_name, path, &headers, origin, credential, method.rules.requirement);
    let principal = admission::admit(head, manners).await?;
    check_acceptable(method, &headers)?;
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
        request_id: manners.request_id.clone(),
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

fn head(
    method: &str,
    path: &str,
    headers: &Fields,
    origin: Option<String>,
    authorization: Option<String>,
    requirement: Requirement,
) -> RequestHead {
    RequestHead {
        method: method.to_owned(),
        path: path.to_owned(),
        authorization,
        client_address: client_address(headers),
        forwarded_for: forwarded_for(headers),
        origin,
        requirement: requirement.into(),
    }
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
pub(crate) fn client_address(headers: &Fields) -> Option<String> {
    let last = String::from_utf8(headers.get("spin-client-addr").pop()?).ok()?;
    let (address, _port) = last.rsplit_once(':')?;
    Some(address.trim_start_matches('[').trim_end_matches(']').to_owned())
}

/// What proxies say, for the gateway to judge how much of it is to be believed.
pub(crate) fn forwarded_for(headers: &Fields) -> Option<String> {
    let values = headers.get("x-forwarded-for");
    (!values.is_empty()).then(|| String::from_utf8_lossy(&values.join(&b", "[..])).into_owned())
}

/// 406 for who takes neither what the method answers with nor any way in which it could be coded.
fn check_acceptable(method: &Method, headers: &Fields) -> Result<(), Problem> {
    let Some(offered) = method.rules.produces else { return Ok(()) };
    if !accept::takes(&headers.get("accept"), offered) {
        return Err(Problem::not_acceptable(offered));
    }
    if Codings::of(&headers.get("accept-encoding")).is_none() {
        return Err(Problem::not_acceptable("it is or in gzip"));
    }
    Ok(())
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

/// 415 for another type than the method reads, and for any coding: a small body may be a bomb (RFC 9110, section 8.4).
fn check_media_type(headers: &Fields, accepted: &'static str) -> Result<(), Problem> {
    if headers.get("content-encoding").iter().any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(Code::UnsupportedMediaType, "The body must have no content coding"));
    }
    let values = headers.get("content-type");
    match values.as_slice() {
        [value] if std::str::from_utf8(value).is_ok_and(|value| media_type::is(value, accepted)) => Ok(()),
        _ => Err(Problem::unsupported_media_type(accepted)),
    }
}

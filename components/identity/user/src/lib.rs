//! `GET /users/:user_id`: one user, shown to himself and to staff. `PATCH`: an edit. `DELETE`: whatever is personal is
//! erased.

use tradepost_endpoint::{Admitted, Header, Principal, Reply, Scope, Scopes, endpoint, identified};
use tradepost_identity::{Changes, Editor, NotAllowed, User};
use tradepost_ids::UserId;
use tradepost_problem::{Code, Problem};
use tradepost_user_directory::{self as directory, Outcome};

endpoint! {
    "/users/:user_id";
    GET (identified()) => show,
    PATCH (identified().media_type("application/merge-patch+json")) => change,
    DELETE (identified()) => erase,
}

/// How often an edit of whoever is there (`If-Match: *`) is tried when others keep editing at the same time.
const MOST_ATTEMPTS: u32 = 5;

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    let may_see = match editor(request, id) {
        Editor::Operator | Editor::Himself(_) => true,
        Editor::Another(scopes) => scopes.contains(Scope::UsersRead),
    };
    if !may_see {
        return Err(user_not_found());
    }
    let user = directory::find(id).await?.ok_or_else(user_not_found)?;
    let version = user.version;
    Ok(Reply::ok(&user)?.etag(version))
}

async fn change(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    for _ in 0..MOST_ATTEMPTS {
        let attempt = async {
            let user = current(request, id).await?;
            request.if_match()?.check(user.version)?;
            let changes = Changes::read(&body)?;
            editor(request, id).may_make(&changes, &user).map_err(refused)?;
            Ok((user.version, user.changed(changes)))
        };
        let (version, changed) = match attempt.await {
            Ok(attempt) => attempt,
            // It may be refused because it has been made already.
            Err(refusal) => return directory::answer_before(idempotency.as_ref()).await?.ok_or(refusal),
        };
        if let Outcome::Answered(reply) =
            directory::change(request, version, changed, idempotency.clone()).await?
        {
            return Ok(reply);
        }
    }
    Err(always_too_late())
}

/// Whoever wants to be forgotten need not have read first what is known of him, so `If-Match` is heeded and not asked
/// for.
async fn erase(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    for _ in 0..MOST_ATTEMPTS {
        let user = current(request, id).await?;
        if request.header(Header::IfMatch)?.is_some() {
            request.if_match()?.check(user.version)?;
        }
        if let Outcome::Answered(reply) = directory::erase(request, &user).await? {
            return Ok(reply);
        }
    }
    Err(always_too_late())
}

/// The user, if whoever asks may edit him.
async fn current(request: &Admitted, id: UserId) -> Result<User, Problem> {
    let editor = editor(request, id);
    // Before anything is looked up: who may see nobody learns nothing by how long it takes.
    if let Editor::Another(scopes) = editor
        && !scopes.contains(Scope::UsersRead)
        && !scopes.contains(Scope::UsersWrite)
    {
        return Err(user_not_found());
    }
    let user = directory::find(id).await?.ok_or_else(user_not_found)?;
    editor.may_edit(&user).map_err(refused)?;
    Ok(user)
}

/// What whoever asks is to the user with this id.
fn editor(request: &Admitted, id: UserId) -> Editor {
    match request.principal() {
        Principal::Admin => Editor::Operator,
        Principal::User { id: own, scopes, .. } if own == id => Editor::Himself(scopes),
        Principal::User { scopes, .. } | Principal::Key { scopes, .. } => Editor::Another(scopes),
        // Not let in.
        Principal::Anonymous => Editor::Another(Scopes::NONE),
    }
}

fn refused(not_allowed: NotAllowed) -> Problem {
    match not_allowed {
        NotAllowed::Unseen => user_not_found(),
        other => Problem::new(Code::Forbidden, capitalised(&other.to_string())),
    }
}

/// An error's text as a sentence begins.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn id_in(request: &Admitted) -> Result<UserId, Problem> {
    request.path_parameter("user_id").and_then(|id| id.parse().ok()).ok_or_else(user_not_found)
}

/// A malformed id is the id of nobody, and so is that of somebody who is none of the caller's business.
fn user_not_found() -> Problem {
    Problem::not_found("User not found")
}

fn always_too_late() -> Problem {
    Problem::new(Code::Conflict, "Others keep changing this user at the same time; try again")
}

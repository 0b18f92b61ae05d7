//! What `/users/:user_id` is to those who call it.

use schemars::JsonSchema;
use serde_json::json;
use tradepost_identity::{EmailAddress, ScopeNames, User, UserName};
use tradepost_ids::UserId;
use tradepost_problem::Code;

use crate::{Answer, Caller, Example, Operation, Route};

/// What an edit says; what it does not name stays as it is.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct UserChanges {
    /// What the person is called from now on.
    #[schemars(with = "UserName", default = "nothing")]
    name: (),
    /// Where mail reaches the person from now on.
    #[schemars(with = "EmailAddress", default = "nothing")]
    email: (),
    /// All that the person may do; null for nothing. It takes the scope `users:write` and each that is given.
    #[schemars(with = "Option<ScopeNames>", default = "nothing")]
    scopes: (),
}

fn nothing() {}

pub(crate) fn routes() -> [Route; 1] {
    [Route::at("/users/:user_id", "Identity")
        .parameter::<UserId>("user_id", "The user.")
        .operation(show())
        .operation(change())
        .operation(erase())]
}

fn show() -> Operation {
    Operation::get("get_user", "Shows a user")
        .text("To himself, and to staff with the scope `users:read`. Anybody else is absent.")
        .identified()
        .answer(Answer::json::<User>(200, "The user.").headers(&["ETag"]))
        .example(Example::new("shown", 200, "A user").by(Caller::Operator).keeps("user_etag", "etag"))
        .example(
            Example::new("absent", 404, "There is no such user")
                .with("user_id", "user_01h455vb4pex5vsknk084sn02q"),
        )
}

fn change() -> Operation {
    Operation::patch("change_user", "Changes a user")
        .text("A merge patch (RFC 7396). Another address has to be verified anew.")
        .identified()
        .body_of::<UserChanges>("application/merge-patch+json")
        .answer(Answer::json::<User>(200, "The user as he is now.").headers(&["ETag"]))
        .idempotent()
        .if_match()
        .problems(&[Code::EmailTaken, Code::Forbidden, Code::Conflict])
        .example(
            Example::new("renamed", 200, "Another name")
                .with("If-Match", "$user_etag")
                .json(json!({ "name": "Ada King" })),
        )
        .example(
            Example::new("without_scopes", 200, "Nothing that he may as staff")
                .with("If-Match", "*")
                .by(Caller::Operator)
                .json(json!({ "scopes": null })),
        )
}

fn erase() -> Operation {
    Operation::delete("erase_user", "Erases what is personal of a user")
        .text("What others need of it, such as the orders' arithmetic, stays.")
        .identified()
        .if_match_optional()
        .answer(Answer::empty(204, "It is erased."))
        .problems(&[Code::Forbidden, Code::Conflict])
        .example(Example::new("erased", 204, "Somebody wants to be forgotten").with("user_id", "$erased_id"))
}

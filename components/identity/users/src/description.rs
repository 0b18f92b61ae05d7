//! What `/users` is to those who call it.

use serde_json::json;
use tradepost_identity::{EmailAddress, NewUser, User, UserWords};
use tradepost_ids::UserId;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    [Route::at("/users", "Identity").operation(register()).operation(list())]
}

fn register() -> Operation {
    Operation::post("register_user", "Registers a person")
        .text(
            "Two spellings of an e-mail address that differ in letter case only are one address. Who has no password cannot \
             log in. Common passwords are refused.",
        )
        .body::<NewUser>()
        .answer(Answer::json::<User>(201, "The user.").headers(&["Location", "ETag"]).leads("user_id", "/data/id"))
        .idempotent()
        .problems(&[Code::EmailTaken])
        .example(
            Example::new("registered", 201, "Somebody registers")
                .json(json!({
                    "name": "Ada Lovelace",
                    "email": "ada@example.com",
                    "password": "a difference of engines",
                }))
                .keeps("user_id", "/data/id"),
        )
        .example(
            Example::new("to_be_erased", 201, "Without a password")
                .json(json!({ "name": "Charles Babbage", "email": "charles@example.com" }))
                .keeps("erased_id", "/data/id"),
        )
        .example(
            Example::new("taken", 409, "The address is somebody's already")
                .json(json!({ "name": "Ada", "email": "ADA@example.com" }))
                .after("register_user.registered"),
        )
        .example(
            Example::new("refused", 400, "Every fault is told")
                .json(json!({ "name": "", "email": "ada.example.com", "colour": "blue" })),
        )
}

fn list() -> Operation {
    Operation::get("list_users", "Lists and searches people")
        .text("Newest first.")
        .scope("users:read")
        .query::<UserWords>("q", "Words that a name or an address has words beginning with.")
        .query::<EmailAddress>("email", "Only who has this address, in whatever letter case.")
        .list::<UserId, User>("A page of users.")
        .example(
            Example::new("found", 200, "Who has an address").with("email", "ada@example.com").after(
                "register_user.registered",
            ),
        )
}

//! Who may change what of whom, and what is told of it.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradepost_access::{Scope, Scopes};
use tradepost_ids::UserId;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{Changes, Editor, NewUser, NotAllowed, User, UserEvent};

fn scopes(text: &str) -> Scopes {
    text.parse().unwrap()
}

fn ann(scopes: &str) -> User {
    let new = NewUser::read(&json!({"name": "Ann", "email": "Ann@example.com"})).unwrap();
    let user = new.registered(UserId::from_uuid(Uuid::nil()), Timestamp::from_micros(0));
    User { scopes: scopes.parse().unwrap(), verified_at: Some(Timestamp::from_micros(1)), ..user }
}

fn changes(patch: &Value) -> Changes {
    Changes::read(patch).unwrap()
}

fn data(event: &UserEvent) -> Value {
    serde_json::from_str(&event.to_data_json().unwrap()).unwrap()
}

#[test]
fn an_edit_changes_what_it_names_and_tells_what_that_was() {
    let rows = [
        (json!({}), None),
        (json!({"name": "Ann", "email": "Ann@example.com", "scopes": ["orders:read"]}), None),
        (json!({"name": "Bea"}), Some(json!(["name"]))),
        (json!({"email": "ANN@example.com"}), Some(json!(["email"]))),
        (json!({"email": "bea@example.com"}), Some(json!(["email", "verified"]))),
        (json!({"scopes": null}), Some(json!(["scopes"]))),
        (json!({"scopes": []}), Some(json!(["scopes"]))),
        (json!({"scopes": ["orders:read", "orders:read", "stock:read"]}), Some(json!(["scopes"]))),
    ];
    for (patch, told) in rows {
        let (user, event) = ann("orders:read").changed(changes(&patch));
        assert_eq!(event.as_ref().map(|event| data(event)["changed"].clone()), told, "{patch}");
        assert_eq!(user.version, if event.is_some() { 2 } else { 1 }, "{patch}");
        let Some(event) = event else { continue };
        assert_eq!(data(&event)["version"], 2);
        assert_eq!(data(&event)["verified"], user.verified_at.is_some());
    }
}

#[test]
fn nothing_that_is_told_of_a_user_tells_who_it_is() {
    let (user, event) = ann("").changed(changes(&json!({"name": "Bea", "email": "bea@example.org"})));
    for event in [ann("").registration(), event.unwrap(), user.erasure()] {
        let data = event.to_data_json().unwrap().to_lowercase();
        for word in ["ann", "bea", "example", "@"] {
            assert!(!data.contains(word), "{data}");
        }
    }
}

#[test]
fn an_address_is_verified_once() {
    let unverified = User { verified_at: None, ..ann("") };
    let (user, event) = unverified.verified(Timestamp::from_micros(7));
    assert_eq!((user.verified_at, user.version), (Some(Timestamp::from_micros(7)), 2));
    assert_eq!(data(&event.unwrap())["changed"], json!(["verified"]));
    let (again, event) = user.clone().verified(Timestamp::from_micros(8));
    assert_eq!((again, event), (user, None));
}

#[test]
fn what_is_wrong_with_an_edit_is_said_all_at_once() {
    let rows: [(Value, &[(&str, &str)]); 5] = [
        (json!({"name": null, "email": null}), &[("/name", "required"), ("/email", "required")]),
        (json!({"name": "", "email": "x"}), &[("/name", "required"), ("/email", "invalid")]),
        (
            json!({"scopes": ["all", 1], "version": 2}),
            &[("/scopes/0", "invalid"), ("/scopes/1", "wrong_type"), ("/version", "unknown_field")],
        ),
        (json!({"scopes": "orders:read"}), &[("/scopes", "wrong_type")]),
        (json!({"scopes": vec!["operations"; 100]}), &[("/scopes", "too_long")]),
    ];
    for (patch, expected) in rows {
        let faults = Changes::read(&patch).unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(found, expected, "{patch}");
    }
}

#[test]
fn customers_edit_themselves_and_staff_those_who_may_no_more_than_they() {
    let (name, read, none) =
        (json!({"name": "Bea"}), json!({"scopes": ["orders:read"]}), json!({"scopes": []}));
    let write = "users:write";
    let rows: [(Editor, &str, &Value, Result<(), NotAllowed>); 16] = [
        (Editor::Operator, "operations", &name, Ok(())),
        (Editor::Operator, "operations", &read, Ok(())),
        (Editor::Himself(Scopes::NONE), "", &name, Ok(())),
        (Editor::Himself(Scopes::NONE), "", &none, Ok(())),
        (Editor::Himself(Scopes::NONE), "", &read, Err(NotAllowed::Scopes)),
        (Editor::Himself(scopes("stock:read")), "stock:read", &none, Err(NotAllowed::Scopes)),
        (Editor::Himself(scopes(write)), write, &none, Ok(())),
        (Editor::Himself(scopes(write)), write, &read, Err(NotAllowed::MoreThanOwn)),
        (Editor::Another(Scopes::NONE), "", &name, Err(NotAllowed::Unseen)),
        (Editor::Another(scopes("orders:write")), "", &name, Err(NotAllowed::Unseen)),
        (Editor::Another(scopes("users:read")), "", &name, Err(NotAllowed::ReadOnly)),
        (Editor::Another(scopes(write)), "", &name, Ok(())),
        (Editor::Another(scopes(write)), "", &read, Err(NotAllowed::MoreThanOwn)),
        (Editor::Another(scopes(write)), "orders:read", &name, Err(NotAllowed::Superior)),
        (Editor::Another(scopes("users:write orders:read")), "orders:read", &none, Ok(())),
        (Editor::Another(scopes("users:write orders:read")), "", &read, Ok(())),
    ];
    for (editor, user, patch, expected) in rows {
        assert_eq!(editor.may_make(&changes(patch), &ann(user)), expected, "{editor:?} {user:?} {patch}");
    }
}

proptest! {
    /// Whatever staff do to others, none of them ends up with more than the staff have, or had before.
    #[test]
    fn nobody_gets_more_than_the_editor_has(own in any::<u16>(), has in any::<u16>(), wanted in any::<u16>()) {
        let of = |bits: u16| -> Scopes {
            Scope::ALL.iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1).map(|(_, scope)| *scope).collect()
        };
        let user = ann(&of(has).to_string());
        let changes = Changes { scopes: Some(of(wanted)), ..Changes::default() };
        for editor in [Editor::Himself(of(own)), Editor::Another(of(own))] {
            if editor.may_make(&changes, &user).is_ok() {
                let (after, _) = user.clone().changed(changes.clone());
                let either = of(own | has);
                prop_assert!(either.contains_all(after.scopes));
                prop_assert!(after.scopes == user.scopes || of(own).contains(Scope::UsersWrite));
            }
        }
    }
}

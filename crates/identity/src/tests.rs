//! People's names and addresses.

mod changing;

use proptest::prelude::*;
use serde_json::json;
use tradepost_ids::UserId;
use tradepost_input::code;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{EmailAddress, NewUser, UserName};

fn email(text: &str) -> Result<String, &'static str> {
    text.parse::<EmailAddress>().map(EmailAddress::into_string).map_err(|invalid| invalid.code)
}

fn key(text: &str) -> String {
    text.parse::<EmailAddress>().unwrap().key()
}

#[test]
fn addresses_that_people_have_are_taken() {
    for address in [
        "ada@example.com",
        "a@b.co",
        "ada.lovelace+orders@mail.example.co.uk",
        "o'brien@example.ie",
        "!#$%&'*+-/=?^_`{|}~@example.com",
        "1@2.3x",
        "ada@xn--bcher-kva.example",
        "ada@bücher.example",
        "用户@例子.公司",
        "पूजा@उदाहरण.भारत",
        "ada@sub-domain.a--b.example",
        "Ada@Example.COM",
    ] {
        assert_eq!(email(address).as_deref(), Ok(address));
    }
    assert_eq!(email("  ada@example.com\n").as_deref(), Ok("ada@example.com"));
}

#[test]
fn what_no_mail_could_reach_is_refused() {
    for address in [
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@localhost",
        "ada@@example.com",
        "ada@b@example.com",
        "ada lovelace@example.com",
        "ada@exam ple.com",
        "ada\t@example.com",
        "ada@example.com\0",
        "ada@exam\u{a0}ple.com",
        "ada\u{85}@example.com",
        "ada\u{200b}@example.com",
        "ada\u{202e}@example.com",
        "ada\u{feff}@example.com",
        "\"ada\"@example.com",
        "ada@[192.0.2.1]",
        "ada@192.0.2.1",
        ".ada@example.com",
        "ada.@example.com",
        "ada..l@example.com",
        "ada@.example.com",
        "ada@example.com.",
        "ada@example..com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@exam_ple.com",
        "ada@例え。jp.com",
        "ada,b@example.com",
        "Ada <ada@example.com>",
        "mailto:ada@example.com",
    ] {
        assert_eq!(email(address), Err(code::INVALID), "{address:?}");
    }
    assert_eq!(email("  "), Err(code::INVALID));
}

#[test]
fn lengths_are_counted_in_octets() {
    let domain = format!("{0}.{0}.{1}", "d".repeat(63), "d".repeat(57));
    let longest = format!("{}@{domain}.ex", "l".repeat(64));
    assert_eq!(longest.len(), 253);
    let rows = [
        (longest.clone(), true),
        (longest.replace("ex", "exa"), true),
        (longest.replace("ex", "exam"), false),
        (format!("{}@example.com", "l".repeat(64)), true),
        (format!("{}@example.com", "l".repeat(65)), false),
        (format!("{}@example.com", "é".repeat(32)), true),
        (format!("{}@example.com", "é".repeat(33)), false),
        (format!("l@{}.com", "d".repeat(63)), true),
        (format!("l@{}.com", "d".repeat(64)), false),
    ];
    for (address, fits) in rows {
        assert_eq!(email(&address).is_ok(), fits, "{address}");
    }
}

#[test]
fn spellings_of_one_address_have_one_key() {
    for (a, b) in [
        ("Ada@Example.COM", "ada@example.com"),
        ("STRASSE@example.com", "straße@example.com"),
        ("ΟΔΟΣ@example.com", "οδος@example.com"),
        ("οδος@example.com", "οδοσ@example.com"),
        ("İ@example.com", "i\u{307}@example.com"),
        ("ADA@BÜCHER.example", "ada@bücher.example"),
    ] {
        assert_eq!(key(a), key(b), "{a} {b}");
    }
    assert_eq!(key(" Ada@Example.com"), "ada@example.com");
}

#[test]
fn two_addresses_have_two_keys() {
    for (a, b) in [
        ("ada@example.com", "ada@example.org"),
        ("ada.l@example.com", "adal@example.com"),
        ("ada+x@example.com", "ada@example.com"),
        ("é@example.com", "e@example.com"),
    ] {
        assert_ne!(key(a), key(b));
    }
}

/// Folding looks at one character at a time, so what holds for each holds for every text.
#[test]
fn folding_any_character_again_or_in_another_case_changes_nothing() {
    let fold = |text: &str| crate::email::fold(text);
    for char in ('\0'..=char::MAX).map(String::from) {
        let folded = fold(&char);
        assert_eq!(fold(&folded), folded, "{char:?} folded twice");
        assert_eq!(fold(&char.to_lowercase()), folded, "lower case of {char:?}");
        assert_eq!(fold(&char.to_uppercase()), folded, "upper case of {char:?}");
    }
}

#[test]
fn names_are_any_line_of_text() {
    let name =
        |text: &str| text.parse::<UserName>().map(UserName::into_string).map_err(|invalid| invalid.code);
    for (text, expected) in [
        ("Ada", Ok("Ada".to_owned())),
        ("  Ada Lovelace \n", Ok("Ada Lovelace".to_owned())),
        ("李", Ok("李".to_owned())),
        ("", Err(code::REQUIRED)),
        (" \u{3000}\t", Err(code::REQUIRED)),
        ("A\nda", Err(code::INVALID)),
        ("A\u{7}da", Err(code::INVALID)),
        (&"é".repeat(200), Ok("é".repeat(200))),
        (&"é".repeat(201), Err(code::TOO_LONG)),
    ] {
        assert_eq!(name(text), expected, "{text:?}");
    }
}

#[test]
fn a_blank_name_and_a_bad_address_are_told_in_the_words_of_the_contract() {
    let faults = NewUser::read(&json!({"name": "", "email": "nope"})).unwrap_err();
    assert_eq!(faults.to_string(), "Name is required; Email looks invalid");
    let faults = NewUser::read(&json!({"name": "  ", "email": ""})).unwrap_err();
    assert_eq!(faults.to_string(), "Name is required; Email looks invalid");
    let faults = NewUser::read(&json!({"email": "ada@example.com"})).unwrap_err();
    assert_eq!(faults.to_string(), "Name is required");
    let faults = NewUser::read(&json!({"name": "Ada", "email": null})).unwrap_err();
    assert_eq!(faults.to_string(), "Email is required");
}

#[test]
fn a_password_is_a_choice_and_follows_its_rules() {
    let with = |password| json!({"name": "Ada", "email": "ada@example.com", "password": password});
    let password = NewUser::read(&with(json!("correct horse"))).unwrap().password;
    assert_eq!(password.map(crate::NewPassword::into_secret).as_deref(), Some("correct horse"));
    assert_eq!(NewUser::read(&json!({"name": "Ada", "email": "ada@example.com"})).unwrap().password, None);
    for (password, expected) in [("2short", code::TOO_SHORT), ("Password", code::INVALID)] {
        let faults = NewUser::read(&with(json!(password))).unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(found, [("/password", expected)]);
        assert!(!faults.to_string().contains("2short"));
    }
}

#[test]
fn a_registered_user_looks_like_this() {
    let new = NewUser::read(&json!({"name": " Ada ", "email": "Ada@example.com "})).unwrap();
    let user = new.registered(UserId::from_uuid(Uuid::nil()), Timestamp::from_micros(0));
    let expected = concat!(
        r#"{"id":"user_00000000000000000000000000","name":"Ada","email":"Ada@example.com","#,
        r#""verified_at":null,"scopes":[],"created_at":"1970-01-01T00:00:00.000000Z","version":1}"#,
    );
    assert_eq!(serde_json::to_string(&user).unwrap(), expected);
}

proptest! {
    #[test]
    fn keys_know_no_case_and_stay_what_they_are(local in "[a-zA-Zß-ÿΑ-ωİıſ]{1,12}", domain in "[a-zA-Zé]{1,9}") {
        let address = format!("{local}@{domain}.com");
        let key = key(&address);
        for other in [key.clone(), address.to_lowercase(), address.to_uppercase()] {
            if let Ok(other) = other.parse::<EmailAddress>() {
                prop_assert_eq!(&other.key(), &key);
            }
        }
    }

    #[test]
    fn no_text_makes_them_panic(text in any::<String>(), near in "[a@. \u{e9}-]{0,20}") {
        for text in [text, near] {
            let _ = email(&text).map(|address| key(&address));
            let _ = text.parse::<UserName>();
        }
    }
}

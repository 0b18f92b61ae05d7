//! Passwords, their hashes, and what is none.

use crate::{Failure, NOBODYS, SALT_BYTES, hash, verify};

const SALT: [u8; SALT_BYTES] = *b"sixteen bytes...";

#[test]
fn a_hash_says_how_it_was_made() {
    let phc = hash("correct horse", SALT).unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcy4uLg$"), "{phc}");
}

#[test]
fn a_password_is_known_by_its_hash_and_no_other_is() {
    let phc = hash("correct horse", SALT).unwrap();
    for (password, matches) in
        [("correct horse", true), ("Correct horse", false), ("correct horse ", false), ("", false)]
    {
        assert_eq!(verify(password, Some(&phc)), Ok(matches), "{password:?}");
    }
    assert_ne!(phc, hash("correct horse", *b"SIXTEEN BYTES...").unwrap(), "a salt is for something");
}

/// From the tests of the reference implementation, phc-winner-argon2.
#[test]
fn a_hash_that_another_implementation_made_is_understood() {
    let phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert_eq!(verify("password", Some(phc)), Ok(true));
    assert_eq!(verify("passwort", Some(phc)), Ok(false));
}

#[test]
fn a_password_of_the_greatest_length_counts_to_its_last_character() {
    let longest = "é".repeat(256);
    let phc = hash(&longest, SALT).unwrap();
    assert_eq!(verify(&longest, Some(&phc)), Ok(true));
    assert_eq!(verify(&format!("{}e", "é".repeat(255)), Some(&phc)), Ok(false));
}

#[test]
fn nobody_has_a_password() {
    for password in ["", "correct horse"] {
        assert_eq!(verify(password, None), Ok(false));
        assert_eq!(verify(password, Some(NOBODYS)), Ok(false));
    }
}

#[test]
fn hashes_with_other_parameters_are_checked_and_excessive_ones_are_not() {
    // What `hash` would have made with 8 KiB and one pass: the parameters of the string are what counts.
    let weaker =
        "$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcy4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(verify("x", Some(weaker)), Ok(false));
    for excessive in ["m=4000000,t=2,p=1", "m=19456,t=1000000,p=1", "m=19456,t=2,p=8"] {
        let phc = NOBODYS.replace("m=19456,t=2,p=1", excessive);
        assert_eq!(verify("x", Some(&phc)), Err(Failure::Malformed), "{excessive}");
    }
}

#[test]
fn what_is_no_hash_is_refused() {
    for text in
        ["", "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$2b$12$abcdefghijklmnopqrstuv"]
    {
        assert_eq!(verify("x", Some(text)), Err(Failure::Malformed), "{text}");
    }
}

//! Passwords: which ones are taken. How they are hashed is the business of `tradepost-password-hash`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use tradepost_input::{Invalid, code};

/// Passwords that everybody tries first, in lower case, sorted by their bytes, a line each: the 5,000 most frequent ones
/// of at least eight characters in the password list of zxcvbn, which counts how often each stands in lists that were
/// published after break-ins (crate `zxcvbn` 3.1.1, MIT licence, `src/frequency_lists.rs`). ASVS 5.0, 6.2.4, asks for
/// 3,000.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that somebody chooses: 8 to 256 characters, of any kind (ASVS 5.0, 6.2.1, 6.2.5 and 6.2.9), and none that
/// everybody tries first.
///
/// It is taken as it is (6.2.8): nothing is trimmed, cut off or put into another form. Two ways to write `é` are two
/// passwords, because a normal form is not stable for characters that Unicode has yet to assign.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

/// A password that somebody shows. It need not follow the rules: an older one may not, and a wrong one must get no other
/// answer.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownPassword(String);

/// The greatest length, in characters. More would be a way to have long texts hashed.
const MOST_CHARS: usize = 256;

impl NewPassword {
    /// The least length, in characters.
    pub const LEAST_CHARS: usize = 8;
    /// The greatest length, in characters.
    pub const MOST_CHARS: usize = MOST_CHARS;

    /// The password, to be hashed.
    pub fn into_secret(self) -> String {
        self.0
    }
}

impl ShownPassword {
    /// The password, to be compared with a hash.
    pub fn into_secret(self) -> String {
        self.0
    }
}

impl FromStr for NewPassword {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let chars = text.chars().count();
        if chars < Self::LEAST_CHARS {
            return Err(Invalid::new(code::TOO_SHORT, "Password must have at least 8 characters"));
        }
        if chars > MOST_CHARS {
            return Err(too_long());
        }
        if is_common(text) {
            return Err(Invalid::new(code::INVALID, "Password is one that everybody tries first"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for ShownPassword {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > MOST_CHARS { Err(too_long()) } else { Ok(Self(text.to_owned())) }
    }
}

fn too_long() -> Invalid {
    Invalid::new(code::TOO_LONG, "Password must have at most 256 characters")
}

/// The salt of the password that somebody registers with by a request with this idempotency key; `fingerprint` is that of the
/// body without the password. The same request has the same salt, and no other has it.
pub fn registration_salt(idempotency_key: &str, fingerprint: &[u8]) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(b"tradepost registration\0")
        .chain_update(fingerprint)
        .chain_update(idempotency_key.as_bytes())
        .finalize();
    let [salt @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = <[u8; 32]>::from(digest);
    salt
}

/// A password is in no log.
impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

impl fmt::Debug for ShownPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShownPassword(…)")
    }
}

/// Whether the list has it, in whatever letter case.
fn is_common(password: &str) -> bool {
    let wanted = password.to_ascii_lowercase();
    let mut list = COMMON;
    // Half of the list at a time, whose middle is brought to the beginning of a line.
    while !list.is_empty() {
        let Some((before, from_middle)) = list.split_at_checked(list.len() / 2) else { return false };
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let Some(line) = list.get(start..).and_then(|rest| rest.lines().next()) else { return false };
        list = match wanted.as_str().cmp(line) {
            Ordering::Equal => return true,
            Ordering::Less => list.get(..start).unwrap_or_default(),
            Ordering::Greater => from_middle.split_once('\n').map_or("", |(_, after)| after),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{COMMON, NewPassword, ShownPassword, is_common};
    use proptest::prelude::*;
    use tradepost_input::code;

    fn chosen(text: &str) -> Result<String, &'static str> {
        text.parse::<NewPassword>().map(NewPassword::into_secret).map_err(|invalid| invalid.code)
    }

    #[test]
    fn any_8_to_256_characters_are_a_password() {
        for text in [
            "tr0ub4dor&3",
            "correct horse battery staple",
            "        x",
            "пароль-пароль",
            "🔑🔑🔑🔑🔑🔑🔑🔑",
            "a\0b\nc\td\u{7f}e",
            &"é".repeat(256),
        ] {
            assert_eq!(chosen(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn shorter_and_longer_ones_are_not() {
        for (text, error) in [
            (String::new(), code::TOO_SHORT),
            ("1234567".to_owned(), code::TOO_SHORT),
            ("é".repeat(7), code::TOO_SHORT),
            ("é".repeat(257), code::TOO_LONG),
        ] {
            assert_eq!(chosen(&text), Err(error), "{text}");
        }
        assert!(
            "x".parse::<ShownPassword>().is_ok(),
            "one that is shown is wrong or right, and nothing else"
        );
        assert!("x".repeat(257).parse::<ShownPassword>().is_err());
    }

    #[test]
    fn what_everybody_tries_first_is_refused_in_any_letter_case() {
        for text in ["password", "Password", "12345678", "QWERTYUIOP", "trustno1", "baseball", "iloveyou"] {
            assert_eq!(chosen(text), Err(code::INVALID), "{text}");
        }
        for text in ["password-of-mine", "xpassword", "!", "zzzzzzzzzzzzzzz~"] {
            assert!(!is_common(text), "{text}");
        }
    }

    #[test]
    fn every_line_of_the_list_is_found_in_it_and_what_is_next_to_it_is_not() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 3_000, "ASVS 5.0, 6.2.4: {}", lines.len());
        assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "sorted, each once");
        for line in &lines {
            assert!(line.len() >= 8 && *line == line.to_ascii_lowercase(), "{line}");
            assert!(is_common(line), "{line}");
            let longer = format!("{line}\u{1}");
            assert!(!is_common(&longer), "{longer:?}");
        }
    }

    #[test]
    fn no_password_is_in_a_log() {
        let (new, shown) =
            ("hunter2hunter2".parse::<NewPassword>(), "hunter2hunter2".parse::<ShownPassword>());
        assert!(!format!("{new:?} {shown:?}").contains("hunter2"));
        for refused in ["hunter2", &"hunter2".repeat(40), "password"] {
            let refusal = format!("{:?}", refused.parse::<NewPassword>());
            assert!(!refusal.contains("hunter2") && !refusal.contains("password"), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn the_list_and_a_walk_through_it_agree(text in "[ -~\n]{0,12}|[a-f0-9]{8}") {
            let lower = text.to_ascii_lowercase();
            prop_assert_eq!(is_common(&text), COMMON.lines().any(|line| line == lower));
        }
    }
}

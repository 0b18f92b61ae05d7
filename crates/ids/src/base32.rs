//! 128 bits as 26 characters, in the alphabet and order of TypeID.

use crate::ParseIdError;

/// Crockford's alphabet in lower case: no i, l, o and u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 × 5 bits are 130: the first character carries only 3 of the 128.
const LENGTH: usize = 26;

pub(crate) fn encode(value: u128) -> [u8; LENGTH] {
    let mut text = [b'0'; LENGTH];
    let mut rest = value;
    for place in text.iter_mut().rev() {
        let digit = (rest & 31) as usize;
        // Always `Some`: five bits number 32 symbols.
        *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    text
}

/// Strict: TypeID allows neither upper case nor Crockford's look-alikes, so that an id has one spelling.
pub(crate) fn decode(text: &[u8]) -> Result<u128, ParseIdError> {
    if text.len() != LENGTH {
        return Err(ParseIdError::Length);
    }
    let mut digits = text.iter().map(|&symbol| digit(symbol).ok_or(ParseIdError::Alphabet));
    let first = digits.next().unwrap_or(Err(ParseIdError::Length))?;
    let value = digits.try_fold(u128::from(first & 7), |value, digit| Ok(value << 5 | u128::from(digit?)))?;
    if first > 7 { Err(ParseIdError::Overflow) } else { Ok(value) }
}

fn digit(symbol: u8) -> Option<u8> {
    match symbol {
        b'0'..=b'9' => Some(symbol - b'0'),
        b'a'..=b'h' => Some(symbol - b'a' + 10),
        b'j' | b'k' => Some(symbol - b'j' + 18),
        b'm' | b'n' => Some(symbol - b'm' + 20),
        b'p'..=b't' => Some(symbol - b'p' + 22),
        b'v'..=b'z' => Some(symbol - b'v' + 27),
        _ => None,
    }
}

//! Signs what is sent to the payment provider, and verifies what it sends: `t=<unix seconds>,v1=<hex>`, where the
//! second part is HMAC-SHA256 (RFC 2104) over the time, a dot and the body.
//!
//! The time is part of what is signed, so a message that somebody recorded is good for minutes and not for ever.

#[cfg(test)]
mod tests;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// How far the sender's clock may be from ours, in seconds, either way.
pub const TOLERANCE_SECONDS: i64 = 300;

/// No honest header is longer: room for a time and some dozen signatures.
const MOST_HEADER_BYTES: usize = 1_024;

/// Why a message is not taken for the sender's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no secret to verify with.
    #[error("no secret is set, so nothing can be verified")]
    NoSecret,
    /// The header does not have the form.
    #[error("must be of the form `t=<unix seconds>,v1=<hexadecimal>`")]
    Malformed,
    /// It was signed too long ago, or will be.
    #[error("its time is more than {TOLERANCE_SECONDS} seconds away")]
    Stale,
    /// Nobody with the secret signed this body at this time.
    #[error("is not that of this body")]
    Mismatch,
}

/// The header of a body that is sent at `unix_seconds`.
pub fn sign(secret: &str, unix_seconds: i64, body: &[u8]) -> String {
    let mut header = format!("t={unix_seconds},v1=");
    if let Some(mac) = mac(secret, &unix_seconds.to_string(), body) {
        header += &hex::encode(mac.finalize().into_bytes());
    }
    header
}

/// Verifies a body that came with `header`, at `now_unix_seconds`. An empty secret verifies nothing.
///
/// A header may have several `v1`, while the sender changes from one secret to the next; one that fits is enough. Other
/// parts are for other readers.
pub fn verify(secret: &str, header: &str, body: &[u8], now_unix_seconds: i64) -> Result<(), Refusal> {
    if secret.is_empty() {
        return Err(Refusal::NoSecret);
    }
    if header.len() > MOST_HEADER_BYTES {
        return Err(Refusal::Malformed);
    }
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let mut times = parts().filter(|(name, _)| *name == "t").map(|(_, value)| value);
    let (Some(written), None) = (times.next(), times.next()) else { return Err(Refusal::Malformed) };
    let time: i64 = written.parse().map_err(|_| Refusal::Malformed)?;
    let mut signatures =
        parts().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| bytes(value)).peekable();
    signatures.peek().ok_or(Refusal::Malformed)?;
    if time.abs_diff(now_unix_seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(Refusal::Stale);
    }
    // Over the time as it was written: another spelling of the same number was signed as that spelling. The
    // comparison takes the same time wherever the first difference is.
    let fits = |signature: [u8; 32]| {
        mac(secret, written, body).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
    };
    if signatures.any(fits) { Ok(()) } else { Err(Refusal::Mismatch) }
}

/// Always there: HMAC takes keys of every length.
fn mac(secret: &str, time: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

/// 32 bytes written in hexadecimal.
fn bytes(hexadecimal: &str) -> Option<[u8; 32]> {
    let digits = hexadecimal.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = (*byte << 4) | u8::try_from(value).ok()?;
        }
    }
    Some(bytes)
}

//! How passwords are hashed and checked: Argon2id (RFC 9106), written as PHC strings.
//!
//! A PHC string says with which parameters it was made, so old ones stay good when the parameters for new ones rise.
//! Salts are arguments: chance belongs to the caller.

#[cfg(test)]
mod tests;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's Password Storage Cheat Sheet and ASVS 5.0 (appendix C) name 19 MiB with two passes and one lane as the least;
/// more memory would have fewer people log in at once, and one lane is what one thread can use.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most that a hash which is checked may ask for. None was ever made with more, and one that somebody has put into
/// the database must not be able to stop the component.
const MOST_MEMORY_KIB: u32 = 2 * MEMORY_KIB;
const MOST_PASSES: u32 = 2 * PASSES;

/// Length of a salt, in bytes: RFC 9106, section 3.1, recommends 16.
pub const SALT_BYTES: usize = 16;

/// The hash of no password that anybody has, made with the parameters of new ones: what a check costs that has nothing
/// to check against. Its output is all zeros, which nobody knows a password for.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password was not hashed or not checked. Neither it nor a hash is repeated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// What is said to be a hash is none, or asks for more than any hash that was made here.
    Malformed,
    /// There was not enough memory.
    Exhausted,
}

/// The PHC string of a password.
pub fn hash(password: &str, salt: [u8; SALT_BYTES]) -> Result<String, Failure> {
    let hash =
        argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| Failure::Exhausted)?;
    Ok(hash.to_string())
}

/// Whether this is the password of which `phc` is the hash. Without a hash it takes as long, and is not.
///
/// The comparison takes the same time wherever two hashes begin to differ.
pub fn verify(password: &str, phc: Option<&str>) -> Result<bool, Failure> {
    let hash = PasswordHash::new(phc.unwrap_or(NOBODYS)).map_err(|_| Failure::Malformed)?;
    let parameters = Params::try_from(&hash).map_err(|_| Failure::Malformed)?;
    if parameters.m_cost() > MOST_MEMORY_KIB
        || parameters.t_cost() > MOST_PASSES
        || parameters.p_cost() > LANES
    {
        return Err(Failure::Malformed);
    }
    match argon2()?.verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(phc.is_some()),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_) => Err(Failure::Exhausted),
    }
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| Failure::Exhausted)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

//! Having a password looked at.

use tradepost_problem::Problem;

use crate::ports::tradepost::identity::password_hashing::{self, HashingError};

/// Whether it is the one of which `phc` is the hash; without a hash it takes as long, and is not.
pub(crate) async fn verify(password: String, phc: Option<String>) -> Result<bool, Problem> {
    password_hashing::verify(password, phc).await.map_err(|error| match error {
        HashingError::Unavailable(cause) => Problem::unavailable(cause),
        HashingError::Other(cause) => Problem::internal(cause),
    })
}

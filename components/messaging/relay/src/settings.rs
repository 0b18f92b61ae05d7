//! What an operator can set.

use std::str::FromStr;

use spin_sdk::variables;
use tradepost_messaging::{Backoff, Policy};

/// How patient the relay is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
}

impl Settings {
    pub(crate) async fn read() -> Result<Self, String> {
        let most_attempts: u32 = number("relay_attempts").await?;
        let base_milliseconds = number("relay_backoff_milliseconds").await?;
        if most_attempts == 0 {
            return Err("the variable relay_attempts must be 1 or more".to_owned());
        }
        Ok(Self { policy: Policy { most_attempts, backoff: Backoff { base_milliseconds } } })
    }
}

async fn number<N: FromStr>(variable: &str) -> Result<N, String> {
    let value = variables::get(variable).await.map_err(|_| format!("the variable {variable} is not set"))?;
    value.trim().parse().map_err(|_| format!("the variable {variable} must be a whole number"))
}

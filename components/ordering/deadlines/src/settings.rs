//! What an operator can set: how long an order may stay where it is.

use std::time::Duration;

use spin_sdk::variables;
use tradepost_ordering::Deadlines;

pub(crate) async fn read() -> Result<Deadlines, String> {
    Ok(Deadlines {
        pending: seconds("order_pending_seconds").await?,
        on_hold: seconds("order_review_seconds").await?,
        placed: seconds("order_fulfilment_seconds").await?,
    })
}

async fn seconds(variable: &str) -> Result<Duration, String> {
    let value = variables::get(variable).await.map_err(|_| format!("the variable {variable} is not set"))?;
    // 32 bits are 136 years, with which a moment can be reckoned.
    let seconds: u32 = value
        .trim()
        .parse()
        .map_err(|_| format!("the variable {variable} must be a whole number of seconds"))?;
    Ok(Duration::from_secs(seconds.into()))
}

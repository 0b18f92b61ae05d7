//! `POST /payments/webhook`: the payment provider tells what became of an operation.
//!
//! What it tells is taken as the answer to a look: the same rules decide what it means, and what the stream knows already
//! changes nothing, however often and however late it is told. So it is never needed, and only saves a wait.

mod notice;
mod recording;

use serde::Serialize;
use spin_sdk::variables;
use tradepost_endpoint::{Admitted, Header, Reply, endpoint, now, open};
use tradepost_problem::{Code, Problem};
use tradepost_signature::Refusal;

use notice::Notice;
use recording::{Recorded, record};

endpoint! {
    "/payments/webhook";
    POST (open()) => receive,
}

/// What became of a notice.
#[derive(Serialize)]
struct Received {
    outcome: &'static str,
}

async fn receive(request: &Admitted) -> Result<Reply, Problem> {
    let secret = variables::get("payment_webhook_secret")
        .await
        .map_err(|_| Problem::internal("the variable payment_webhook_secret cannot be read"))?;
    let header = request.header(Header::PaymentSignature)?;
    let seconds = now().as_micros().div_euclid(1_000_000);
    tradepost_signature::verify(
        secret.trim(),
        header.as_deref().unwrap_or_default(),
        request.body(),
        seconds,
    )
    .map_err(unsigned)?;

    let outcome = match Notice::read(&request.json()?)? {
        Some(notice) => record(&notice).await?,
        None => Recorded::Ignored,
    };
    Reply::ok(&Received { outcome: outcome.as_str() })
}

/// Whoever has no secret is told no more than whoever has a wrong one.
fn unsigned(refusal: Refusal) -> Problem {
    let detail = match refusal {
        Refusal::NoSecret => Refusal::Mismatch.to_string(),
        refusal => refusal.to_string(),
    };
    Problem::new(Code::BadSignature, format!("The Payment-Signature {detail}"))
        .header("www-authenticate", "Payment-Signature")
}

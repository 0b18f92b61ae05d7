//! Writing down what the provider told.

use tradepost_endpoint::now;
use tradepost_payment::{Named, Operation};
use tradepost_payment_desk::{AppendFailure, Failure, append, load};
use tradepost_problem::Problem;

use crate::notice::Notice;

/// Who causes what happens here.
const ACTOR: &str = "payment-provider";

/// How often a payment that somebody else was faster at is loaded and decided on.
const MOST_TRIES: u32 = 8;

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It was news, and is written down.
    Now,
    /// The stream knew it, or has gone on without it.
    Before,
    /// It is about nothing of ours.
    Ignored,
}

impl Recorded {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "recorded",
            Self::Before => "known",
            Self::Ignored => "ignored",
        }
    }
}

/// Records what a notice tells. What is to be done next because of it, the tick finds.
pub(crate) async fn record(notice: &Notice) -> Result<Recorded, Problem> {
    for _ in 0..MOST_TRIES {
        let Some(mut case) = load(notice.payment, ACTOR).await.map_err(failed)? else {
            return Ok(Recorded::Ignored);
        };
        if is_of_a_void(notice.named) && case.payment().ending().is_none() {
            // Nobody lets go of a promise while the payment goes on.
            return Ok(Recorded::Before);
        }
        let (_, is_news) = case.react(&notice.named.look_up(), notice.answer.clone(), now());
        if !is_news {
            return Ok(Recorded::Before);
        }
        match append(&mut case, None).await {
            Ok(_) => return Ok(Recorded::Now),
            Err(AppendFailure::Conflict) => {}
            Err(AppendFailure::KeyReused) => return Err(Problem::internal("a key without a key")),
            Err(AppendFailure::Failed(failure)) => return Err(failed(failure)),
        }
    }
    Err(Problem::unavailable("others were faster again and again"))
}

fn is_of_a_void(named: Named) -> bool {
    matches!(named, Named::Attempt { operation: Operation::Void, .. })
}

fn failed(failure: Failure) -> Problem {
    match failure {
        Failure::Unavailable(cause) => Problem::unavailable(cause),
        Failure::Other(cause) => Problem::internal(cause),
    }
}

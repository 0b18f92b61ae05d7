//! Giving money back.
//!
//! Two statements, with the provider between them: what is to be given back is written before the provider is asked, or
//! nobody would know of it after a crash; what became of it is written together with the answer that is kept under the
//! idempotency key. The refund's id follows from the key, so whoever asks again finds it wherever the first one broke
//! off, and a refund that nobody asks about again is found by the reconciliation.

use serde_json::to_vec;
use tradepost_endpoint::{Admitted, Idempotency, Reply, key_reused, now};
use tradepost_ids::{PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_payment::{Command, RefundRequest, Refusal, is_under_one_key, refund_asked_for, view};
use tradepost_payment_desk::{
    AppendFailure, Appended, Case, Failure, append, ask_for_refund, find_answer, in_seconds, load,
};
use tradepost_problem::{Code, Problem};
use wasip3::clocks::monotonic_clock;

use crate::answer::{answer_of, replayed, scope_of};
use crate::ports::tradepost::payment::payment_view_updates::{PaymentView, put_recent};
use crate::{id_in, payment_not_found};

/// For how long it is tried, in seconds: the provider answers within 5, and others may be giving back of the same payment.
const SECONDS: u64 = 8;

/// The longest wait before the next try, in nanoseconds: 16 ms. Everybody who lost waits for some part of it.
const MOST_WAIT: u64 = 16_000_000;

/// `POST`.
pub(crate) async fn give_back(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    let body = request.json()?;
    let idempotency = request.required_idempotency(&body)?;
    let RefundRequest { amount } = RefundRequest::read(&body)?;
    let Idempotency { principal, method, path, key, .. } = &idempotency;
    let asked = Asked {
        id,
        refund_id: refund_asked_for([principal, method, path, key], &idempotency.fingerprint),
        amount,
        idempotency: &idempotency,
    };
    let until = in_seconds(SECONDS);
    let mut begun = false;
    loop {
        let mut case = load(id, &request.actor())
            .await
            .map_err(|error| failed(&error))?
            .ok_or_else(payment_not_found)?;
        case.traceparent = Some(request.traceparent().into());
        if let Some(reply) = asked.go_on(&mut case, &mut begun, until).await? {
            return Ok(reply);
        }
        if monotonic_clock::now() >= until {
            return asked.give_up(&case);
        }
        let [part] = tradepost_chance::random_bytes();
        monotonic_clock::wait_for(MOST_WAIT / 256 * u64::from(part)).await;
    }
}

/// What a client asks for.
struct Asked<'a> {
    id: PaymentId,
    refund_id: RefundId,
    amount: Option<Money>,
    idempotency: &'a Idempotency,
}

impl Asked<'_> {
    /// Brings the refund as far as it goes; `None` when somebody else has written to the payment meanwhile. `begun` is
    /// whether this request has begun the refund.
    async fn go_on(&self, case: &mut Case, begun: &mut bool, until: u64) -> Result<Option<Reply>, Problem> {
        let is_there = case.payment().refund(self.refund_id).is_some();
        if is_there && !*begun {
            let kept = find_answer(scope_of(self.idempotency), self.idempotency.fingerprint.clone()).await;
            if let Some(answer) = kept.map_err(|error| failed(&error))? {
                return Ok(Some(replayed(answer)));
            }
        } else if !is_there && !self.begin(case).await? {
            return Ok(None);
        }
        *begun |= !is_there;

        ask_for_refund(case, self.refund_id, until).await;
        let answer = answer_of(self.id, case.payment(), self.refund_id)?;
        if !case.has_news() {
            // Somebody else has found out what became of it, or nobody has.
            return if *begun { answer.into_reply() } else { answer.into_repeated_reply() }.map(Some);
        }
        match append(case, answer.kept(self.idempotency)).await {
            Ok(Appended::AtVersion(_)) => {
                show(case).await;
                answer.into_reply().map(Some)
            }
            Ok(Appended::Replayed(answer)) => Ok(Some(replayed(answer))),
            Err(failure) => lost(failure),
        }
    }

    /// Writes what is to be given back; `false` when somebody else was faster.
    async fn begin(&self, case: &mut Case) -> Result<bool, Problem> {
        if case.payment().refunds().iter().any(|refund| is_under_one_key(refund.id, self.refund_id)) {
            return Err(key_reused());
        }
        let (refund_id, reason) = (self.refund_id, "requested".to_owned());
        let command = Command::Refund { refund_id, amount: self.amount, reason };
        case.decide(command, now()).map_err(|refusal| refused(&refusal))?;
        match append(case, None).await {
            Ok(_) => Ok(true),
            Err(failure) => lost(failure).map(|_| false),
        }
    }

    /// Others were faster again and again. What was begun is not lost: the reconciliation goes on with it.
    fn give_up(&self, case: &Case) -> Result<Reply, Problem> {
        if case.payment().refund(self.refund_id).is_none() {
            let detail = "Others keep giving back of this payment at the same time; try again";
            return Err(Problem::new(Code::Conflict, detail));
        }
        answer_of(self.id, case.payment(), self.refund_id)?.into_reply()
    }
}

/// Nothing for whoever lost a race; the problem otherwise.
fn lost(failure: AppendFailure) -> Result<Option<Reply>, Problem> {
    match failure {
        AppendFailure::Conflict => Ok(None),
        AppendFailure::KeyReused => Err(key_reused()),
        AppendFailure::Failed(failure) => Err(failed(&failure)),
    }
}

/// A courtesy, which the projection makes superfluous.
async fn show(case: &Case) {
    let Some(view) = view(case.payment()) else { return };
    let Ok(body) = to_vec(&view) else { return };
    let _ = put_recent(case.id.as_uuid().to_string(), PaymentView { version: view.version, body }).await;
}

fn refused(refusal: &Refusal) -> Problem {
    let not_refundable = |detail: String, refundable: Option<Money>| {
        let problem = Problem::new(Code::NotRefundable, detail);
        match refundable.and_then(|money| serde_json::to_value(money).ok()) {
            Some(money) => problem.member("refundable", money),
            None => problem,
        }
    };
    match refusal {
        Refusal::NotCaptured { .. } => {
            not_refundable("Nothing was taken that could be given back".to_owned(), None)
        }
        Refusal::OtherCurrency { refundable } => {
            not_refundable(format!("What was taken is {}", refundable.currency().code()), Some(*refundable))
        }
        Refusal::NotRefundable { refundable } => {
            not_refundable(format!("{} are left to be given back", refundable.amount()), Some(*refundable))
        }
        Refusal::NotRequested | Refusal::AlreadyRequested | Refusal::NegativeAmount => {
            Problem::internal(refusal)
        }
    }
}

fn failed(failure: &Failure) -> Problem {
    match failure {
        Failure::Unavailable(cause) => Problem::unavailable(cause),
        Failure::Other(cause) => Problem::internal(cause),
    }
}

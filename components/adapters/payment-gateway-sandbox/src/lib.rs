//! The port `payment-gateway` as a provider that exists only here: it moves no money, and test tokens say how it is to
//! behave. `docs/payment-provider.md` has the tokens.
//!
//! Its books are in the key-value store, so they outlive it. What was asked for stands under `sandbox:<reference>`, a key
//! that no other operation writes. What an authorisation came to stands under
//! `sandbox:<reference of the authorisation>:settled` and `…:refunds`.
//!
//! Each operation has one write that makes it happen, and whoever looks it up reads what that one wrote; so nothing that
//! breaks off in between can have happened and not be found. For an authorisation and a refund it is the operation's own
//! key; the refunds that are listed before it count once however often they come. For a capture and a void it is
//! `…:settled`, which names the one of them that was first; its own key is written before and says only what it was for.
//!
//! The store promises no compare-and-swap: of two operations on one authorisation that meet, both may be approved
//! though only one should. The rules of payment keep that from happening; a real provider would too.

mod books;
mod token;

use futures::future::join3;
use tradepost_kept_store::Failure;
use wasip3::clocks::monotonic_clock::wait_for;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Sandbox;

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-gateway-sandbox;

            world component {
                export tradepost:payment/payment-gateway@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });

    export!(Sandbox);
}

use books::{Kind, Later, Record, Settled};
use ports::exports::tradepost::payment::payment_gateway::{
    Authorisation, Decline, Finding, Guest, Operation, Outcome,
};
use token::Behaviour;

/// What the provider's references begin with; ours follow.
const PREFIX: &str = "sandbox_";

const LOST: &str = "the sandbox was told not to answer";

struct Sandbox;

impl Guest for Sandbox {
    async fn authorise(asked: Authorisation) -> Outcome {
        if is_reference(&asked.reference) {
            settle(authorise(asked).await)
        } else {
            declined("invalid_reference")
        }
    }

    async fn capture(asked: Operation) -> Outcome {
        if is_reference(&asked.reference) {
            settle(close(Kind::Capture, asked).await)
        } else {
            declined("invalid_reference")
        }
    }

    async fn void(asked: Operation) -> Outcome {
        if is_reference(&asked.reference) {
            settle(close(Kind::Void, asked).await)
        } else {
            declined("invalid_reference")
        }
    }

    async fn refund(asked: Operation) -> Outcome {
        if is_reference(&asked.reference) {
            settle(refund(asked).await)
        } else {
            declined("invalid_reference")
        }
    }

    async fn look_up(reference: String) -> Finding {
        match books::record(&reference).await {
            Ok(None) => Finding::Absent,
            Ok(Some(record)) => found(&reference, &record).await.unwrap_or_else(|failure| unknown(&failure)),
            Err(failure) => unknown(&failure),
        }
    }
}

/// As the port has it; what is no reference could be another key of the books.
fn is_reference(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// A store that fails is a provider that does not answer.
fn settle(outcome: Result<Outcome, Failure>) -> Outcome {
    outcome.unwrap_or_else(|failure| Outcome::Unknown(failure.to_string()))
}

async fn authorise(asked: Authorisation) -> Result<Outcome, Failure> {
    if let Some(before) = books::record(&asked.reference).await? {
        return Ok(answer(&asked.reference, &before));
    }
    let mut record = Record {
        operation: Kind::Authorise,
        order_id: Some(asked.order_id),
        authorisation: None,
        amount: asked.amount.amount,
        currency: asked.amount.currency,
        decline: None,
        later: Later::Nothing,
    };
    match token::behaviour(&asked.payment_method, &asked.reference) {
        _ if record.amount <= 0 => record.decline = Some("invalid_amount".to_owned()),
        Behaviour::Silence => return Ok(Outcome::Unknown(LOST.to_owned())),
        Behaviour::Decline(code) => record.decline = Some(code.to_owned()),
        Behaviour::Approve { after_nanoseconds, later } => {
            if after_nanoseconds > 0 {
                wait_for(after_nanoseconds).await;
            }
            record.later = later;
        }
    }
    books::write(&asked.reference, &record).await?;
    Ok(answer(&asked.reference, &record))
}

/// A capture or a void: an authorisation has one of the two, once.
async fn close(kind: Kind, asked: Operation) -> Result<Outcome, Failure> {
    let authorised_as = authorised_as(&asked);
    let (before, authorisation, settled) =
        join3(books::record(&asked.reference), books::record(&authorised_as), books::settled(&authorised_as))
            .await;
    let settled = settled?;
    if let Some(before) = before?
        && (before.decline.is_some() || is_by(settled.as_ref(), &asked.reference))
    {
        return Ok(answer(&asked.reference, &before));
    }
    let mut record = record_of(kind, &asked);
    let mut later = Later::Nothing;
    match (authorisation?.filter(Record::is_authorised), settled) {
        (None, _) => record.decline = Some("authorisation_unknown".to_owned()),
        (Some(promised), _) if (promised.amount, &promised.currency) != (record.amount, &record.currency) => {
            record.decline = Some("amount_mismatch".to_owned());
        }
        (Some(_), Some(settled)) if settled.reference != asked.reference => {
            record.decline = Some(settled.operation.refusal().to_owned());
        }
        (Some(promised), _) => later = promised.later,
    }
    books::write(&asked.reference, &record).await?;
    if record.decline.is_none() {
        let settled = Settled { operation: kind, reference: asked.reference.clone() };
        books::settle(&authorised_as, &settled).await?;
    }
    if later == Later::LoseCapture && kind == Kind::Capture {
        return Ok(Outcome::Unknown(LOST.to_owned()));
    }
    Ok(answer(&asked.reference, &record))
}

async fn refund(asked: Operation) -> Result<Outcome, Failure> {
    let authorised_as = authorised_as(&asked);
    let (before, authorisation, settled) =
        join3(books::record(&asked.reference), books::record(&authorised_as), books::settled(&authorised_as))
            .await;
    if let Some(before) = before? {
        return Ok(answer(&asked.reference, &before));
    }
    let mut record = record_of(Kind::Refund, &asked);
    let captured = authorisation?
        .filter(Record::is_authorised)
        .filter(|_| matches!(&settled, Ok(Some(Settled { operation: Kind::Capture, .. }))));
    settled?;
    let mut later = Later::Nothing;
    match captured {
        None => record.decline = Some("not_captured".to_owned()),
        _ if record.amount <= 0 => record.decline = Some("invalid_amount".to_owned()),
        Some(captured) if captured.currency != record.currency => {
            record.decline = Some("currency_mismatch".to_owned());
        }
        Some(Record { later: Later::DeclineRefunds, .. }) => {
            record.decline = Some("refund_failed".to_owned());
        }
        Some(captured) => {
            later = captured.later;
            let mut refunds = books::refunds(&authorised_as).await?;
            refunds.insert(asked.reference.clone(), record.amount);
            let sum: i128 = refunds.values().map(|amount| i128::from(*amount)).sum();
            if sum > i128::from(captured.amount) {
                record.decline = Some("amount_too_large".to_owned());
            } else {
                books::write_refunds(&authorised_as, &refunds).await?;
            }
        }
    }
    books::write(&asked.reference, &record).await?;
    if later == Later::LoseRefunds && record.decline.is_none() {
        return Ok(Outcome::Unknown(LOST.to_owned()));
    }
    Ok(answer(&asked.reference, &record))
}

fn record_of(operation: Kind, asked: &Operation) -> Record {
    Record {
        operation,
        order_id: None,
        authorisation: Some(asked.authorisation.clone()),
        amount: asked.amount.amount,
        currency: asked.amount.currency.clone(),
        decline: None,
        later: Later::Nothing,
    }
}

/// Our reference of the authorisation that an operation names by the provider's.
fn authorised_as(asked: &Operation) -> String {
    own_reference(&asked.authorisation).to_owned()
}

/// Ours for the provider's. What has another prefix was never given out, so nothing is found under the empty reference.
fn own_reference(providers: &str) -> &str {
    providers.strip_prefix(PREFIX).unwrap_or_default()
}

/// Whether this capture or void was the one that settled its authorisation.
fn is_by(settled: Option<&Settled>, reference: &str) -> bool {
    settled.is_some_and(|settled| settled.reference == reference)
}

/// What became of an operation that was asked for. A capture or a void that was not declined has happened if it settled its
/// authorisation, and else has broken off.
async fn found(reference: &str, record: &Record) -> Result<Finding, Failure> {
    let settles = matches!(record.operation, Kind::Capture | Kind::Void) && record.decline.is_none();
    if settles {
        let authorisation = record.authorisation.as_deref().unwrap_or_default();
        let settled = books::settled(own_reference(authorisation)).await?;
        if !is_by(settled.as_ref(), reference) {
            return Ok(Finding::Absent);
        }
    }
    Ok(match answer(reference, record) {
        Outcome::Approved(reference) => Finding::Approved(reference),
        Outcome::Declined(decline) => Finding::Declined(decline),
        Outcome::Unknown(reason) => Finding::Unknown(reason),
    })
}

/// A store that does not answer is a provider that does not.
fn unknown(failure: &Failure) -> Finding {
    Finding::Unknown(failure.to_string())
}

/// What is said of an operation, the first time as any other.
fn answer(reference: &str, record: &Record) -> Outcome {
    match &record.decline {
        None => Outcome::Approved(format!("{PREFIX}{reference}")),
        Some(code) => declined(code),
    }
}

fn declined(code: &str) -> Outcome {
    Outcome::Declined(Decline { code: code.to_owned(), message: token::message(code).to_owned() })
}

//! A question to the provider, in the port's words.

use tradepost_payment::{Answer, Step};

use crate::ports::gateway::{self, Authorisation, Finding, Money, Operation, Outcome};

/// Asks the provider.
pub(crate) async fn ask(step: &Step) -> Answer {
    match step {
        Step::Authorise { reference, amount, method, order_id, .. } => {
            let authorisation = Authorisation {
                reference: reference.clone(),
                amount: money(*amount),
                payment_method: method.as_str().to_owned(),
                order_id: order_id.to_string(),
            };
            gateway::authorise(authorisation).await.into()
        }
        Step::Capture { reference, authorisation, amount, .. } => {
            gateway::capture(operation(reference, authorisation, *amount)).await.into()
        }
        Step::Void { reference, authorisation, amount, .. } => {
            gateway::void(operation(reference, authorisation, *amount)).await.into()
        }
        Step::Refund { reference, authorisation, amount, .. } => {
            gateway::refund(operation(reference, authorisation, *amount)).await.into()
        }
        Step::LookUp { reference, .. }
        | Step::LookUpAfterVoid { reference, .. }
        | Step::LookUpRefund { reference, .. } => gateway::look_up(reference.clone()).await.into(),
    }
}

fn operation(reference: &str, authorisation: &str, amount: tradepost_money::Money) -> Operation {
    Operation {
        reference: reference.to_owned(),
        authorisation: authorisation.to_owned(),
        amount: money(amount),
    }
}

fn money(money: tradepost_money::Money) -> Money {
    Money { amount: money.amount(), currency: money.currency().code().to_owned() }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Approved(reference) => Self::Approved(reference),
            Outcome::Declined(decline) => Self::Declined { code: decline.code },
            Outcome::Unknown(_) => Self::Unknown,
        }
    }
}

impl From<Finding> for Answer {
    fn from(finding: Finding) -> Self {
        match finding {
            Finding::Approved(reference) => Self::Approved(reference),
            Finding::Declined(decline) => Self::Declined { code: decline.code },
            Finding::Pending => Self::Pending,
            Finding::Absent => Self::Absent,
            Finding::Unknown(_) => Self::Unknown,
        }
    }
}

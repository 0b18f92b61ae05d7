//! How risky a payment looks, and from when on somebody has to look at it.

use spin_sdk::variables;
use tradepost_consumer::Outcome;
use tradepost_events::payment::{Risk, RiskReason};
use tradepost_payment::Requested;
use tradepost_payment_desk::Recent;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-charge;

            world component {
                import tradepost:payment/risk-score@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });
}

use ports::tradepost::payment::risk_score::{self, Blocklist, Payment};

/// What the operator says of risk.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// From which score on an order waits until somebody has looked at it.
    review_score: u32,
    blocklist: Blocklist,
}

impl Settings {
    /// A variable that is not what it should be is the operator's to mend, so it uses up no event's tries.
    pub(crate) async fn read() -> Result<Self, Outcome> {
        let review_score = variable("risk_review_score").await?;
        let review_score = review_score.trim().parse().map_err(|_| {
            Outcome::Unavailable("the variable risk_review_score must be a whole number".to_owned())
        })?;
        let emails = list(&variable("risk_blocked_emails").await?);
        let countries = list(&variable("risk_blocked_countries").await?);
        Ok(Self { review_score, blocklist: Blocklist { emails, countries } })
    }

    /// Scores a payment.
    pub(crate) async fn assess(&self, requested: &Requested, recent: &Recent) -> Risk {
        let payment = Payment {
            amount: requested.amount.amount(),
            currency: requested.amount.currency().code().to_owned(),
            email: requested.email.clone(),
            guest: requested.guest,
            shipping_country: requested.shipping_country.clone(),
            pieces: requested.pieces,
            email_payments_last_hour: recent.email,
            method_payments_last_hour: recent.method,
        };
        let assessment = risk_score::assess(payment, self.blocklist.clone()).await;
        let reasons = assessment.reasons.into_iter();
        let reasons = reasons.map(|reason| RiskReason {
            rule: reason.rule,
            points: reason.points,
            detail: reason.detail,
        });
        Risk {
            score: assessment.score,
            reasons: reasons.collect(),
            review: assessment.score >= self.review_score,
        }
    }
}

async fn variable(name: &str) -> Result<String, Outcome> {
    variables::get(name).await.map_err(|_| Outcome::Unavailable(format!("the variable {name} is not set")))
}

/// What stands between commas and blanks.
fn list(text: &str) -> Vec<String> {
    text.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

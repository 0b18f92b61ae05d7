//! What was given back of a payment, from its view.

use tradepost_endpoint::{Admitted, Page, Reply};
use tradepost_events::payment::{Payment, Refund};
use tradepost_ids::RefundId;
use tradepost_input::{Fault, Faults, code};
use tradepost_problem::{Code, Problem};

use crate::ports::tradepost::payment::payment_views::{self, ViewError};
use crate::{id_in, payment_not_found};

/// `GET`: newest first.
pub(crate) async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let id = id_in(request)?;
    let page = request.query(Page::<RefundId>::read)?;
    let view = payment_views::get(id.as_uuid().to_string()).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    let payment: Payment = serde_json::from_slice(&view.ok_or_else(payment_not_found)?.body)?;
    let refunds: Vec<(RefundId, Refund)> =
        payment.refunds.into_iter().rev().map(|refund| (refund.id, refund)).collect();

    let part = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => refunds.get(place(&refunds, id, "starting_after")? + 1..),
        (None, Some(id)) => refunds.get(..place(&refunds, id, "ending_before")?),
        (None, None) => Some(refunds.as_slice()),
    };
    let (items, has_more) = page.cut(part.unwrap_or_default().to_vec());
    Reply::list(request, &page, &items, has_more)
}

fn place(refunds: &[(RefundId, Refund)], id: &RefundId, parameter: &str) -> Result<usize, Problem> {
    refunds.iter().position(|(other, _)| other == id).ok_or_else(|| {
        let detail = format!("The payment has no refund {id}");
        let fault = Fault { pointer: format!("/{parameter}"), code: code::INVALID, detail };
        Problem::with_faults(Code::MalformedRequest, Faults::from(fault))
    })
}

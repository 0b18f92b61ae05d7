//! A customer orders: prices are found, lines are added up.

use std::collections::BTreeMap;

use tradepost_identity::EmailAddress;
use tradepost_money::{Money, MoneyError};

use crate::{OrderLine, OrderPlaced, Owner, PlaceOrder, Price, Refusal, RequestedLine, UnknownSku};

/// The greatest total, in minor units: 2^53 − 1. A JSON reader that keeps numbers as doubles, as every browser
/// does, would see a greater one wrong (RFC 8259, section 6). Lines are bounded by it too, being no greater than
/// the total.
pub const MOST_TOTAL_MINOR_UNITS: i64 = (1 << 53) - 1;

pub(crate) fn place(request: PlaceOrder, prices: &[Price], owner: Owner) -> Result<OrderPlaced, Refusal> {
    let lines_with_prices = find_prices(&request.lines, prices)?;
    let mut total: Option<Money> = None;
    let mut lines = Vec::with_capacity(lines_with_prices.len());
    for (line, price) in lines_with_prices {
        let refusal = |error| refusal(line.line_index, error);
        let line_total = price.unit.checked_mul(line.quantity.get()).map_err(refusal)?;
        let so_far = match total {
            Some(so_far) => so_far.checked_add(line_total).map_err(refusal)?,
            None => line_total,
        };
        if so_far.amount() > MOST_TOTAL_MINOR_UNITS {
            return Err(Refusal::TotalTooLarge { line_index: line.line_index });
        }
        total = Some(so_far);
        lines.push(OrderLine {
            sku: line.sku.as_str().to_owned(),
            name: price.name.clone(),
            quantity: line.quantity.get(),
            unit_price: price.unit,
            total: line_total,
        });
    }
    let total = total.ok_or(Refusal::NoLines)?;
    Ok(OrderPlaced {
        owner,
        lines,
        total,
        email: request.email.map(EmailAddress::into_string),
        payment_method: request.payment_method,
        shipping_address: request.shipping_address,
    })
}

/// Each line with its price, or all lines that have none.
fn find_prices<'a>(
    lines: &'a [RequestedLine],
    prices: &'a [Price],
) -> Result<Vec<(&'a RequestedLine, &'a Price)>, Refusal> {
    let by_sku: BTreeMap<&str, &Price> = prices.iter().map(|price| (price.sku.as_str(), price)).collect();
    let mut found = Vec::with_capacity(lines.len());
    let mut unknown = Vec::new();
    for line in lines {
        let sku = line.sku.as_str();
        if let Some(price) = by_sku.get(sku) {
            found.push((line, *price));
        } else {
            unknown.push(UnknownSku { line_index: line.line_index, sku: sku.to_owned() });
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(Refusal::UnknownSkus(unknown)) }
}

fn refusal(line_index: usize, error: MoneyError) -> Refusal {
    match error {
        MoneyError::Overflow => Refusal::TotalTooLarge { line_index },
        MoneyError::CurrencyMismatch { expected, found } => {
            Refusal::MixedCurrencies { line_index, expected, found }
        }
    }
}

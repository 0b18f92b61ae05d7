//! The arithmetic of lines: what is open, sent and back.

use tradepost_events::ordering::{OrderLine, Pieces};
use tradepost_ids::{FulfilmentId, ReturnId};
use tradepost_money::{Money, MoneyError};

use crate::order::Life;
use crate::{
    OrderCompleted, OrderEvent, OrderFulfilled, OrderReturned, PiecesFault, Refusal, RequestedLine,
    RequestedPieces,
};

/// All that is open and what it costs.
pub(crate) fn open_pieces(life: &Life) -> Result<(Vec<Pieces>, Money), Refusal> {
    let open = life.lines.iter().filter(|line| line.open > 0);
    let pieces = open.map(|line| Pieces { sku: line.sku.clone(), quantity: line.open }).collect();
    let value = value_of(life, life.lines.iter().map(|line| (line, line.open)))?;
    Ok((pieces, value))
}

/// Sends pieces that are open. With the last of them the order is complete.
pub(crate) fn fulfil(
    life: &Life,
    id: FulfilmentId,
    pieces: RequestedPieces,
) -> Result<Vec<OrderEvent>, Refusal> {
    find_lines(&life.lines, &pieces.lines, |line| line.open)?;
    let (sent, open): (u64, u64) = (
        pieces.lines.iter().map(|line| u64::from(line.quantity.get())).sum(),
        life.lines.iter().map(|line| u64::from(line.open)).sum(),
    );
    let mut events =
        vec![OrderFulfilled { id, lines: to_pieces(&pieces.lines), tracking: pieces.tracking }.into()];
    if sent == open {
        events.push(OrderCompleted {}.into());
    }
    Ok(events)
}

/// Takes back pieces that were sent and are not back yet.
pub(crate) fn take_back(
    life: &Life,
    id: ReturnId,
    pieces: RequestedPieces,
) -> Result<Vec<OrderEvent>, Refusal> {
    let lines = find_lines(&life.lines, &pieces.lines, |line| line.fulfilled.saturating_sub(line.returned))?;
    let value = value_of(life, lines.into_iter())?;
    let lines = to_pieces(&pieces.lines);
    Ok(vec![OrderReturned { id, lines, tracking: pieces.tracking, value }.into()])
}

/// The order's line for each that is asked for, or everything that is wrong with what is asked for.
fn find_lines<'o>(
    ordered: &'o [OrderLine],
    wanted: &[RequestedLine],
    available: impl Fn(&OrderLine) -> u32,
) -> Result<Vec<(&'o OrderLine, u32)>, Refusal> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut faults = Vec::new();
    for RequestedLine { sku, quantity, line_index } in wanted {
        let (line_index, sku, wanted) = (*line_index, sku.as_str(), quantity.get());
        match ordered.iter().find(|line| line.sku == sku) {
            None => faults.push(PiecesFault::NoSuchLine { line_index, sku: sku.to_owned() }),
            Some(line) if available(line) < wanted => {
                faults.push(PiecesFault::NotThatMany { line_index, wanted, available: available(line) });
            }
            Some(line) => found.push((line, wanted)),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(Refusal::Pieces(faults)) }
}

fn to_pieces(lines: &[RequestedLine]) -> Vec<Pieces> {
    let pieces =
        |line: &RequestedLine| Pieces { sku: line.sku.as_str().to_owned(), quantity: line.quantity.get() };
    lines.iter().map(pieces).collect()
}

/// No greater than the order's total, which was checked when it was placed; an error means that the stream is damaged.
fn value_of<'o>(life: &Life, pieces: impl Iterator<Item = (&'o OrderLine, u32)>) -> Result<Money, Refusal> {
    let nothing = Money::new(0, life.agreed.total.currency());
    pieces
        .map(|(line, pieces)| line.unit_price.checked_mul(pieces))
        .try_fold(nothing, |sum, value| sum.checked_add(value?))
        .map_err(|_: MoneyError| Refusal::Damaged)
}

//! The rules, told from outside: requests in, decisions and views out.

mod arithmetic;
mod deciding;
mod drafting;
mod machines;
mod moving;
mod placing;
mod recording;
mod requesting;
mod statuses;

use serde_json::{Value, json};
use tradepost_events::payment::{Risk, RiskReason};
use tradepost_ids::{FulfilmentId, OrderId, RefundId, ReturnId, UserId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{
    Command, Draft, Order, OrderEvent, Owner, PlaceOrder, Price, ReasonCode, Recorded, Refusal,
    RequestedPieces, Status, decide,
};

const NOON: Timestamp = Timestamp::from_micros(1_795_354_400_123_456);

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_0000_0000_0000 + number)
}

fn order_id() -> OrderId {
    OrderId::from_uuid(uuid(1))
}

fn ada() -> Owner {
    Owner::Customer(UserId::from_uuid(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057)))
}

fn money(amount: i64, currency: &str) -> Money {
    Money::new(amount, currency.parse().unwrap())
}

fn price(sku: &str, amount: i64, currency: &str) -> Price {
    Price { sku: sku.to_owned(), name: sku.to_uppercase(), unit: money(amount, currency) }
}

/// A request for these SKUs and quantities.
fn request(lines: &[(&str, i64)]) -> PlaceOrder {
    PlaceOrder::read(&body(lines)).unwrap()
}

/// These SKUs and quantities, to be sent or taken back.
fn pieces(lines: &[(&str, i64)]) -> RequestedPieces {
    RequestedPieces::read(&body(lines)).unwrap()
}

fn body(lines: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect();
    json!({ "lines": lines })
}

fn place(request: PlaceOrder, prices: &[Price]) -> Result<Vec<OrderEvent>, Refusal> {
    decide(&Order::default(), Command::Place { request, prices, owner: ada() }, NOON)
}

fn recorded(event: impl Into<OrderEvent>) -> Recorded {
    Recorded { event: event.into(), at: NOON, caused_by: None }
}

fn risk(review: bool) -> Risk {
    let reason =
        RiskReason { rule: "amount".to_owned(), points: 70, detail: "The amount is unusual".to_owned() };
    Risk { score: if review { 70 } else { 0 }, reasons: if review { vec![reason] } else { vec![] }, review }
}

fn confirm() -> Command<'static> {
    Command::Confirm { captured: money(3998, "USD"), risk: risk(false) }
}

fn cancel() -> Command<'static> {
    Command::Cancel { reason: ReasonCode::CustomerRequest.with(None) }
}

fn hold() -> Command<'static> {
    Command::Hold { reason: ReasonCode::StaffRequest.with(Some("Looks odd".to_owned())) }
}

fn release() -> Command<'static> {
    Command::Release { detail: None }
}

fn fulfil(lines: &[(&str, i64)]) -> Command<'static> {
    Command::Fulfil { id: FulfilmentId::from_uuid(uuid(2)), pieces: pieces(lines) }
}

fn take_back(lines: &[(&str, i64)]) -> Command<'static> {
    Command::Return { id: ReturnId::from_uuid(uuid(3)), pieces: pieces(lines) }
}

fn refund_id() -> RefundId {
    RefundId::from_uuid(uuid(4))
}

/// A pending order of two teas for 19.99 each and a pot for 50.
fn pending() -> Draft {
    let prices = [price("tea", 1999, "USD"), price("pot", 5000, "USD")];
    let mut draft = Draft::of(order_id(), Order::default());
    let placed =
        Command::Place { request: request(&[("tea", 2), ("pot", 1)]), prices: &prices, owner: ada() };
    assert!(draft.command(placed, None, NOON).unwrap());
    draft
}

/// That order after these commands, each of which must do something.
fn after(commands: impl IntoIterator<Item = Command<'static>>) -> Draft {
    let mut draft = pending();
    for command in commands {
        assert!(draft.command(command.clone(), None, NOON).unwrap(), "{command:?}");
    }
    draft
}

/// The order in this state, nothing of it sent, if that can be.
fn in_state(status: Status) -> Draft {
    let everything = [("tea", 2), ("pot", 1)];
    let draft = match status {
        Status::Pending => pending(),
        Status::Placed => after([confirm()]),
        Status::OnHold => after([confirm(), hold()]),
        Status::Completed => after([confirm(), fulfil(&everything)]),
        Status::Cancelled => after([cancel()]),
        Status::Rejected => after([Command::Reject { short: vec![] }]),
        Status::Expired => after([Command::LoseReservation]),
    };
    assert_eq!(draft.order().status(), Some(status));
    draft
}

fn status_of(draft: &Draft) -> Status {
    draft.order().status().unwrap()
}

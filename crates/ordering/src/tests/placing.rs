//! What becomes of a request to order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tradepost_input::code;

use super::{NOON, ada, money, place, price, recorded, request};
use crate::{
    Command, MOST_TOTAL_MINOR_UNITS, Order, OrderEvent, OrderPlaced, Price, Refusal, Status, UnknownSku,
    decide,
};

fn placed(lines: &[(&str, i64)], prices: &[Price]) -> OrderPlaced {
    let events = place(request(lines), prices).unwrap();
    let [OrderEvent::OrderPlaced(placed)] = events.as_slice() else { panic!("one event, not {events:?}") };
    placed.clone()
}

fn pointers(refusal: &Refusal) -> Vec<(String, &'static str)> {
    refusal.faults().iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
}

#[test]
fn an_order_keeps_names_and_prices_of_its_moment() {
    let prices = [price("pot", 5000, "USD"), price("tea", 1999, "USD"), price("unasked", 1, "EUR")];
    let placed = placed(&[("tea", 2), ("pot", 1), ("tea", 1)], &prices);
    let lines: Vec<_> = placed
        .lines
        .iter()
        .map(|line| (line.sku.as_str(), line.name.as_str(), line.quantity, line.unit_price, line.total))
        .collect();
    let expected = [
        ("tea", "TEA", 3, money(1999, "USD"), money(5997, "USD")),
        ("pot", "POT", 1, money(5000, "USD"), money(5000, "USD")),
    ];
    assert_eq!(lines, expected);
    assert_eq!(placed.total, money(10_997, "USD"));
    assert_eq!(placed.owner, ada());
}

#[test]
fn all_products_that_are_not_on_sale_are_told() {
    let refusal = place(request(&[("a", 1), ("tea", 1), ("b", 1), ("a", 1)]), &[price("tea", 1, "USD")]);
    let unknown = |line_index, sku: &str| UnknownSku { line_index, sku: sku.to_owned() };
    let refusal = refusal.unwrap_err();
    assert_eq!(refusal, Refusal::UnknownSkus(vec![unknown(0, "a"), unknown(2, "b")]));
    let expected = [("/lines/0/sku".to_owned(), "unknown_sku"), ("/lines/2/sku".to_owned(), "unknown_sku")];
    assert_eq!(pointers(&refusal), expected);
}

#[test]
fn the_first_line_in_another_currency_is_told() {
    let prices = [price("tea", 1, "USD"), price("pot", 1, "EUR"), price("cup", 1, "JPY")];
    let refusal = place(request(&[("tea", 1), ("tea", 1), ("pot", 1), ("cup", 1)]), &prices).unwrap_err();
    let expected = Refusal::MixedCurrencies {
        line_index: 2,
        expected: "USD".parse().unwrap(),
        found: "EUR".parse().unwrap(),
    };
    assert_eq!(refusal, expected);
    assert_eq!(pointers(&refusal), [("/lines/2/sku".to_owned(), "mixed_currencies")]);
}

#[test]
fn a_total_stays_exact_in_every_json_reader() {
    let half = (MOST_TOTAL_MINOR_UNITS - 1) / 2;
    let fits = [price("a", half, "USD"), price("b", half, "USD"), price("c", 1, "USD")];
    assert_eq!(placed(&[("a", 1), ("b", 1), ("c", 1)], &fits).total.amount(), MOST_TOTAL_MINOR_UNITS);
    let too_much = [price("a", half, "USD"), price("b", half, "USD"), price("c", 2, "USD")];
    let refusal = place(request(&[("a", 1), ("b", 1), ("c", 1)]), &too_much).unwrap_err();
    assert_eq!(refusal, Refusal::TotalTooLarge { line_index: 2 });
    assert_eq!(pointers(&refusal), [("/lines/2".to_owned(), code::OUT_OF_RANGE)]);
    let refusal = place(request(&[("a", 1_000_000)]), &[price("a", i64::MAX, "USD")]).unwrap_err();
    assert_eq!(refusal, Refusal::TotalTooLarge { line_index: 0 });
}

#[test]
fn an_order_may_be_free() {
    assert_eq!(placed(&[("a", 1)], &[price("a", 0, "JPY")]).total, money(0, "JPY"));
}

#[test]
fn an_order_is_placed_only_once() {
    let prices = [price("tea", 1, "USD")];
    let placed = place(request(&[("tea", 1)]), &prices).unwrap();
    let order = Order::fold(&placed.into_iter().map(recorded).collect::<Vec<_>>());
    let again = Command::Place { request: request(&[("tea", 1)]), prices: &prices, owner: ada() };
    let refusal = decide(&order, again, NOON).unwrap_err();
    assert_eq!(refusal, Refusal::AlreadyPlaced { status: Status::Pending });
    assert!(refusal.faults().is_empty());
}

#[test]
fn no_price_at_all_names_every_line() {
    let refusal = place(request(&[("a", 1), ("b", 1)]), &[]).unwrap_err();
    assert_eq!(refusal.faults().len(), 2);
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_the_lines(
        lines in prop::collection::vec(("[a-e]", 1..1_000_i64), 1..30),
        units in prop::collection::vec(0..1_000_000_i64, 5),
    ) {
        let prices: Vec<Price> =
            ["a", "b", "c", "d", "e"].iter().zip(&units).map(|(sku, unit)| price(sku, *unit, "USD")).collect();
        let lines: Vec<(&str, i64)> = lines.iter().map(|(sku, quantity)| (sku.as_str(), *quantity)).collect();
        let placed = placed(&lines, &prices);

        let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
        for (sku, quantity) in &lines {
            *wanted.entry(sku).or_default() += quantity;
        }
        let ordered: BTreeMap<&str, i64> =
            placed.lines.iter().map(|line| (line.sku.as_str(), i64::from(line.quantity))).collect();
        prop_assert_eq!(&ordered, &wanted);
        prop_assert_eq!(placed.lines.len(), ordered.len(), "each SKU once");
        for line in &placed.lines {
            prop_assert_eq!(line.total.amount(), line.unit_price.amount() * i64::from(line.quantity));
        }
        prop_assert_eq!(placed.total.amount(), placed.lines.iter().map(|line| line.total.amount()).sum::<i64>());
    }

    #[test]
    fn any_prices_end_in_a_decision(amount in any::<i64>(), other in any::<i64>(), quantity in 1..=1_000_000_i64) {
        let prices = [price("a", amount, "USD"), price("b", other, "USD")];
        let _ = place(request(&[("a", quantity), ("b", quantity)]), &prices);
    }
}

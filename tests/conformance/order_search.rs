//! The port `ordering/order-search`, on the store that `ordering/order-journal` writes.

use crate::ground::{Ground, Plug, call, gives_away_an_address};
use port::Port;
use port::exports::tradepost::ordering::order_search::{Filter, Part, SearchError};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/ordering",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:ordering/order-search@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "order-search-postgres", granted_as: "ordering-orders" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

const ANN: u128 = 1;
const BOB: u128 = 2;

struct Search {
    adapter: Adapter,
    port: Port,
}

impl Search {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    /// The numbers of the orders that are found, in their order.
    async fn search(&mut self, filter: &Filter, part: &Part, most: u32) -> Result<Vec<u128>, SearchError> {
        let orders =
            call!(self.tradepost_ordering_order_search.call_search(filter.clone(), part.clone(), most))?;
        let number = |id: &str| Uuid::try_parse(id).unwrap().as_u128();
        Ok(orders
            .iter()
            .map(|order| {
                let number = number(&order.id);
                assert_eq!(String::from_utf8_lossy(&order.view), view(number));
                number
            })
            .collect())
    }
}

/// Neither sorted nor spaced as a database would.
fn view(number: u128) -> String {
    format!(r#"{{ "z":{number}, "a":"é" }}"#)
}

fn filter(customer: Option<u128>, status: Option<&str>) -> Filter {
    Filter {
        customer: customer.map(|customer| Uuid::from_u128(customer).to_string()),
        status: status.map(str::to_owned),
    }
}

fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// Orders 1 to 12: every third a guest's, every third Ann's, every third Bob's; the even ones placed, the odd pending.
async fn shelf(ground: &Ground) {
    let database = ground.database.as_ref().unwrap().connect().await;
    for number in 1..=12_u128 {
        let customer =
            [None, Some(ANN), Some(BOB)][usize::try_from(number % 3).unwrap()].map(Uuid::from_u128);
        let status = if number % 2 == 0 { "placed" } else { "pending" };
        let insert = "INSERT INTO ordering.orders
                          (order_id, customer, status, version, created_at, status_since, view)
                      VALUES ($1, $2, $3, 1, now(), now(), $4::text::json)";
        database
            .execute(insert, &[&Uuid::from_u128(number), &customer, &status, &view(number)])
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_matches_is_found_newest_first_and_as_clients_see_it() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        shelf(&ground).await;
        let mut search = Search::on(&ground, *plug).await;
        let rows = [
            (filter(None, None), vec![12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
            (filter(Some(ANN), None), vec![10, 7, 4, 1]),
            (filter(None, Some("pending")), vec![11, 9, 7, 5, 3, 1]),
            (filter(Some(BOB), Some("placed")), vec![8, 2]),
            (filter(Some(BOB), Some("expired")), vec![]),
            (filter(Some(77), None), vec![]),
            (filter(None, Some("' OR true --")), vec![]),
        ];
        for (filter, expected) in rows {
            let found = search.search(&filter, &Part::Beginning, 100).await;
            assert_eq!(found, Ok(expected), "{plug:?} {filter:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_is_found_from_either_end() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        shelf(&ground).await;
        let mut search = Search::on(&ground, *plug).await;
        let rows = [
            (filter(None, None), Part::Beginning, 2, vec![12, 11]),
            (filter(None, None), Part::After(id(11)), 3, vec![10, 9, 8]),
            (filter(None, None), Part::Before(id(3)), 3, vec![6, 5, 4]),
            (filter(Some(ANN), None), Part::After(id(9)), 2, vec![7, 4]),
            (filter(Some(ANN), None), Part::Before(id(2)), 2, vec![7, 4]),
            (filter(None, Some("placed")), Part::Before(id(11)), 9, vec![12]),
            (filter(None, Some("placed")), Part::After(id(2)), 9, vec![]),
        ];
        for (filter, part, most, expected) in rows {
            assert_eq!(
                search.search(&filter, &part, most).await,
                Ok(expected),
                "{plug:?} {filter:?} {part:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_is_a_fault() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut search = Search::on(&ground, *plug).await;
        let found = search.search(&filter(None, None), &Part::After("x".to_owned()), 1).await;
        assert!(matches!(found, Err(SearchError::Other(_))), "{plug:?} {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut search = Search::on(&ground, *plug).await;
        match search.search(&filter(None, None), &Part::Beginning, 1).await {
            Err(SearchError::Unavailable(reason)) => assert!(!gives_away_an_address(&reason), "{reason}"),
            other => panic!("{plug:?} {other:?}"),
        }
    }
}

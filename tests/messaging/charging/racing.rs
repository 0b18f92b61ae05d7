//! Whoever comes first, the streams stay whole and the money comes right.

use super::{Order, check, deliver, rest};
use futures::future::{join, join_all};
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_called_off_while_it_is_being_charged_costs_nothing_in_the_end() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> = (1..=24).map(|n| Order::of(100 + n, "tok_ok")).collect();
    deliver(&app, &orders.iter().map(Order::placed).collect::<Vec<_>>()).await;
    join_all(orders.iter().map(async |order| {
        let (reserved, cancelled) = ([order.reserved()], [order.cancelled(order.amount)]);
        // Two of the consumer at once, which the relay never has for one order; a broker might.
        join(deliver(&app, &reserved), deliver(&app, &cancelled)).await;
    }))
    .await;
    super::make_due(&client).await;
    rest(&app, &client).await;
    for order in &orders {
        let (payment, books) = (order.payment(&client).await, order.at_the_provider(&app));
        assert_eq!((books.captured - books.refunded, books.promised), (0, 0), "{payment}");
        assert!(books.captures <= 1, "{payment}");
    }
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_reconciliations_at_once_charge_once() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> = (1..=30).map(|n| Order::of(100 + n, "tok_timeout_captured")).collect();
    let events: Vec<_> = orders.iter().flat_map(|order| [order.placed(), order.reserved()]).collect();
    deliver(&app, &events).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    for _ in 0..3 {
        super::make_due(&client).await;
        let again = async { deliver(&app, &events).await };
        join(join_all((0..4).map(|_| super::reconcile(&app))), again).await;
    }
    rest(&app, &client).await;
    for order in &orders {
        let payment = order.payment(&client).await;
        assert_eq!(payment["status"], "succeeded", "{payment}");
        assert_eq!(order.at_the_provider(&app).captures, 1);
        let captured = order.story(&client).await.matches("payment-captured").count();
        assert_eq!(captured, 1);
    }
    check(&app, &client).await;
}

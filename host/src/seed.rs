//! `tradepost seed`: fills a running Tradepost with a believable shop, through the public API and nothing else.
//!
//! Whoever runs it again changes nothing: products that are there are left alone, and every other request carries an
//! idempotency key that says what it is for.

mod api;
mod goods;
mod orders;
mod people;

use crate::admin_key::AdminKey;
use crate::cli::Common;
use crate::up::step;
use anyhow::{Context as _, Result, ensure};
use api::Api;
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use std::collections::BTreeMap;

/// Requests at once. More would make the seed compete with whoever is trying the shop out.
const AT_ONCE: usize = 8;

/// What `seed` wants to know.
#[derive(Args, Clone)]
pub(crate) struct Seed {
    /// Where Tradepost answers.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    url: String,
    /// How many orders to place.
    #[arg(long, value_name = "NUMBER", default_value_t = 140)]
    orders: usize,
}

/// Makes the shop.
pub(crate) async fn seed(common: &Common, admin_key: Option<String>, options: &Seed) -> Result<()> {
    let admin_key = AdminKey::known(admin_key, &common.data)?;
    let api = Api::at(&options.url, admin_key.expose())?;

    let products = goods::products();
    let created = import(&api, &products).await?;
    step(&format!("products: {} on sale, {created} of them new", products.len()));

    let counted = stream::iter(&products)
        .map(|product| {
            let body = json!({ "delta": product.stock, "reason": "opening stock" });
            let path = format!("/stock/{}/adjustments", product.sku);
            let api = &api;
            async move {
                // The row of stock follows its product by an event.
                let key = format!("seed-stock-{}", product.sku);
                api.post_once_found(&path, &key, &body).await?.expect("stock", &[200, 201])
            }
        })
        .buffer_unordered(AT_ONCE);
    step(&format!("stock: {} products counted in", all(counted).await?.len()));

    let people = people::people();
    let registered = stream::iter(&people)
        .map(|person| {
            let body = json!({ "name": person.name, "email": person.email });
            let api = &api;
            async move {
                let answer = api.post("/users", &format!("seed-user-{}", person.email), &body).await?;
                // 409 is somebody who registered in an earlier run, longer ago than idempotency keys are kept.
                answer.expect("a user", &[201, 409])
            }
        })
        .buffer_unordered(AT_ONCE);
    step(&format!("users: {}", all(registered).await?.len()));

    let plans: Vec<_> = (0..options.orders).map(|number| orders::plan(number, &products, &people)).collect();
    let carried_out =
        stream::iter(&plans).map(|plan| orders::carry_out(&api, plan)).buffer_unordered(AT_ONCE);
    let mut statuses = BTreeMap::new();
    for status in all(carried_out).await? {
        *statuses.entry(status).or_insert(0_usize) += 1;
    }
    let statuses: Vec<_> = statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
    step(&format!("orders: {}", statuses.join(", ")));
    Ok(())
}

/// Puts the products on sale by one import; how many were not there before.
async fn import(api: &Api, products: &[goods::Product]) -> Result<usize> {
    let lines: String =
        products.iter().flat_map(|product| [product.to_json().to_string(), "\n".to_owned()]).collect();
    let answer = api.import("/products/import", lines).await?;
    let of_status =
        |status: &str| answer.iter().filter(|line| line.get("status").is_some_and(|it| it == status)).count();
    let created = of_status("created");
    let refused = products.len() - created - of_status("unchanged");
    ensure!(
        refused == 0,
        "{refused} products were refused: {}",
        answer.last().unwrap_or(&serde_json::Value::Null)
    );
    Ok(created)
}

/// What comes of all of them, telling every hundred; the first error ends it.
async fn all<T>(work: impl futures::Stream<Item = Result<T>>) -> Result<Vec<T>> {
    let mut work = std::pin::pin!(work);
    let mut done = Vec::new();
    while let Some(one) = work.try_next().await.context("the shop is not whole; run `seed` again")? {
        done.push(one);
        if done.len() % 100 == 0 {
            step(&format!("  {} done", done.len()));
        }
    }
    Ok(done)
}

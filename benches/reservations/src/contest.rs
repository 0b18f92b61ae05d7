//! The measurements: connections that each send their next statement when they have the answer to the last.

use crate::{SKUS, connect};
use anyhow::{Result, ensure};
use futures::future::try_join_all;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

/// What the connections do.
#[derive(Clone, Copy)]
pub(crate) enum Contest {
    UpdateOneRow,
    UpdateAnyRow,
    ReserveHotSku,
    ReserveHotSkuInBatches,
    ReserveSoldOutSku,
    ReserveAnySku,
    ReserveThreeSkus,
    ReserveThreeSkusInBatches,
}

/// How many orders a batch has: what a relay delivers to a consumer at once when there is much to do.
const BATCH: usize = 50;

impl Contest {
    pub(crate) const ALL: [Self; 8] = [
        Self::UpdateOneRow,
        Self::ReserveHotSku,
        Self::ReserveHotSkuInBatches,
        Self::ReserveSoldOutSku,
        Self::UpdateAnyRow,
        Self::ReserveAnySku,
        Self::ReserveThreeSkus,
        Self::ReserveThreeSkusInBatches,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UpdateOneRow => "UPDATE of one row by its key",
            Self::UpdateAnyRow => "UPDATE of any of many rows by its key",
            Self::ReserveHotSku => "one piece of one SKU",
            Self::ReserveHotSkuInBatches => "one piece of one SKU, 50 orders a batch",
            Self::ReserveSoldOutSku => "one piece of one SKU that is sold out",
            Self::ReserveAnySku => "one piece of any SKU",
            Self::ReserveThreeSkus => "one piece each of any three SKUs",
            Self::ReserveThreeSkusInBatches => "one piece each of any three SKUs, 50 orders a batch",
        }
    }

    /// What one statement does this often.
    const fn at_once(self) -> usize {
        match self {
            Self::ReserveHotSkuInBatches | Self::ReserveThreeSkusInBatches => BATCH,
            _ => 1,
        }
    }

    /// Orders, or updates, a second.
    pub(crate) async fn measure(self, url: &str, connections: u64, span: Duration) -> Result<f64> {
        let runners = try_join_all((0..connections).map(|number| self.runner(url, number))).await?;
        let start = Instant::now();
        let counts = try_join_all(runners.into_iter().map(|mut runner| async move {
            let mut done = 0_u32;
            while start.elapsed() < span {
                runner.step().await?;
                done += u32::try_from(self.at_once())?;
            }
            anyhow::Ok(done)
        }))
        .await?;
        Ok(f64::from(counts.into_iter().sum::<u32>()) / start.elapsed().as_secs_f64())
    }

    async fn runner(self, url: &str, number: u64) -> Result<Runner> {
        let client = connect(url).await?;
        let statement = match self {
            Self::UpdateOneRow | Self::UpdateAnyRow => "UPDATE public.rows SET n = n + 1 WHERE id = $1",
            _ => {
                client.batch_execute("SET ROLE tradepost_inventory").await?;
                "SELECT outcome FROM inventory.reserve_stock($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
            }
        };
        let statement = client.prepare(statement).await?;
        Ok(Runner { contest: self, client, statement, dice: number * 2 + 1 })
    }
}

struct Runner {
    contest: Contest,
    client: Client,
    statement: Statement,
    dice: u64,
}

impl Runner {
    async fn step(&mut self) -> Result<()> {
        match self.contest {
            Contest::UpdateOneRow => self.update(0).await,
            Contest::UpdateAnyRow => {
                let row = self.roll();
                self.update(i64::try_from(row)?).await
            }
            Contest::ReserveHotSku | Contest::ReserveHotSkuInBatches => {
                self.reserve(|_| vec!["hot".to_owned()], "reserved").await
            }
            Contest::ReserveSoldOutSku => self.reserve(|_| vec!["sold-out".to_owned()], "rejected").await,
            Contest::ReserveAnySku => self.reserve(|runner| vec![runner.sku(0)], "reserved").await,
            Contest::ReserveThreeSkus | Contest::ReserveThreeSkusInBatches => {
                let basket = |runner: &mut Self| (0..3).map(|third| runner.sku(third)).collect();
                self.reserve(basket, "reserved").await
            }
        }
    }

    async fn update(&self, row: i64) -> Result<()> {
        ensure!(self.client.execute(&self.statement, &[&row]).await? == 1, "there is no row {row}");
        Ok(())
    }

    async fn reserve(&mut self, basket: impl Fn(&mut Self) -> Vec<String>, expected: &str) -> Result<()> {
        let orders = self.contest.at_once();
        let (mut numbers, mut skus) = (Vec::new(), Vec::new());
        for number in 1..=i32::try_from(orders)? {
            let basket = basket(self);
            numbers.extend(vec![number; basket.len()]);
            skus.extend(basket);
        }
        let ids = |count: usize| (0..count).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
        let (order_ids, event_ids, low_event_ids) = (ids(orders), ids(orders), ids(skus.len()));
        let subjects: Vec<String> = order_ids.iter().map(|id| format!("order_{}", id.simple())).collect();
        let expires_at = vec![1_795_348_860_000_000_i64; orders];
        let traceparents: Vec<Option<String>> = vec![None; orders];
        let quantities = vec![1_i64; skus.len()];
        let at = 1_795_348_800_000_000_i64;
        let rows = self
            .client
            .query(
                &self.statement,
                &[
                    &order_ids,
                    &subjects,
                    &event_ids,
                    &expires_at,
                    &traceparents,
                    &numbers,
                    &skus,
                    &quantities,
                    &low_event_ids,
                    &at,
                ],
            )
            .await?;
        for row in rows {
            let outcome: &str = row.get(0);
            ensure!(outcome == expected, "{outcome}, not {expected}");
        }
        Ok(())
    }

    /// One of a third of the SKUs, so that a basket names none twice.
    fn sku(&mut self, third: u64) -> String {
        format!("sku-{}", self.roll() / 3 * 3 % (SKUS - 3) + third)
    }

    /// Any number below [`SKUS`]: xorshift, which is random enough to spread.
    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % SKUS
    }
}

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
    ReserveSoldOutSku,
    ReserveAnySku,
    ReserveThreeSkus,
}

impl Contest {
    pub(crate) const ALL: [Self; 6] = [
        Self::UpdateOneRow,
        Self::ReserveHotSku,
        Self::ReserveSoldOutSku,
        Self::UpdateAnyRow,
        Self::ReserveAnySku,
        Self::ReserveThreeSkus,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UpdateOneRow => "UPDATE of one row by its key",
            Self::UpdateAnyRow => "UPDATE of any of many rows by its key",
            Self::ReserveHotSku => "one piece of one SKU",
            Self::ReserveSoldOutSku => "one piece of one SKU that is sold out",
            Self::ReserveAnySku => "one piece of any SKU",
            Self::ReserveThreeSkus => "one piece each of any three SKUs",
        }
    }

    /// Commits a second.
    pub(crate) async fn measure(self, url: &str, connections: u64, span: Duration) -> Result<f64> {
        let runners = try_join_all((0..connections).map(|number| self.runner(url, number))).await?;
        let start = Instant::now();
        let counts = try_join_all(runners.into_iter().map(|mut runner| async move {
            let mut commits = 0_u32;
            while start.elapsed() < span {
                runner.step().await?;
                commits += 1;
            }
            anyhow::Ok(commits)
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
                "SELECT outcome FROM inventory.reserve_stock($1, $2, $3, $4, $5, $6, $7, $8, NULL)"
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
            Contest::ReserveHotSku => self.reserve(&["hot".to_owned()], "reserved").await,
            Contest::ReserveSoldOutSku => self.reserve(&["sold-out".to_owned()], "rejected").await,
            Contest::ReserveAnySku => {
                let sku = self.sku(0);
                self.reserve(&[sku], "reserved").await
            }
            Contest::ReserveThreeSkus => {
                let skus = [self.sku(0), self.sku(1), self.sku(2)];
                self.reserve(&skus, "reserved").await
            }
        }
    }

    async fn update(&self, row: i64) -> Result<()> {
        ensure!(self.client.execute(&self.statement, &[&row]).await? == 1, "there is no row {row}");
        Ok(())
    }

    async fn reserve(&self, skus: &[String], expected: &str) -> Result<()> {
        let (order_id, event_id) = (Uuid::now_v7(), Uuid::now_v7());
        let quantities = vec![1_i64; skus.len()];
        let low_event_ids: Vec<Uuid> = skus.iter().map(|_| Uuid::now_v7()).collect();
        let (at, expires_at) = (1_795_348_800_000_000_i64, 1_795_348_860_000_000_i64);
        let subject = format!("order_{}", order_id.simple());
        let row = self
            .client
            .query_one(
                &self.statement,
                &[&order_id, &subject, &skus, &quantities, &low_event_ids, &event_id, &at, &expires_at],
            )
            .await?;
        let outcome: &str = row.get(0);
        ensure!(outcome == expected, "{outcome}, not {expected}");
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

//! What an answered write is worth, tried on a disk whose syncs and failures the test controls.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::simulated_disk::SimulatedDisk;
use crate::stores::Handle;
use crate::{Durability, Error, Store, Stores};

const REOPEN_INTERVAL: Duration = Duration::from_millis(20);

fn open(disk: &SimulatedDisk, durability: Durability) -> Stores {
    let reopened = disk.clone();
    let reopen = Box::new(move || reopened.open());
    let handle = Handle::start(disk.open().unwrap(), reopen, durability, REOPEN_INTERVAL).unwrap();
    Stores::from(handle)
}

fn views(disk: &SimulatedDisk, durability: Durability) -> Store {
    open(disk, durability).label("default").unwrap()
}

fn found_after_power_failure(disk: &SimulatedDisk, key: &str) -> Option<Vec<u8>> {
    views(&disk.after_power_failure(), Durability::Synced).get(key).unwrap()
}

#[tokio::test]
async fn an_answered_write_outlives_a_power_failure() {
    let disk = SimulatedDisk::default();
    let views = views(&disk, Durability::Synced);
    for version in 0..20 {
        let key = format!("order:{}", version % 3);
        views.set(&key, vec![version]).await.unwrap();
        assert_eq!(found_after_power_failure(&disk, &key), Some(vec![version]));
    }
    views.delete("order:0").await.unwrap();
    assert_eq!(found_after_power_failure(&disk, "order:0"), None);
}

#[tokio::test]
async fn a_buffered_write_is_answered_before_it_is_on_the_disk_and_gets_there_by_a_close() {
    let disk = SimulatedDisk::default();
    let stores = open(&disk, Durability::Buffered);
    let views = stores.label("default").unwrap();
    views.set("order:1", vec![1]).await.unwrap();
    assert_eq!(views.get("order:1").unwrap(), Some(vec![1]));
    assert_eq!(found_after_power_failure(&disk, "order:1"), None);
    stores.close().await.unwrap();
    assert_eq!(found_after_power_failure(&disk, "order:1"), Some(vec![1]));
}

#[tokio::test]
async fn writers_that_wait_together_share_a_sync() {
    let disk = SimulatedDisk::default();
    let views = views(&disk, Durability::Synced);
    disk.sync_takes(Duration::from_millis(50));
    let syncs_before = disk.syncs();
    let mut writers = JoinSet::new();
    for writer in 0..200_u8 {
        let views = views.clone();
        writers.spawn(async move { views.set(&format!("order:{writer}"), vec![writer]).await });
    }
    for written in writers.join_all().await {
        written.unwrap();
    }
    // The first commit takes whoever is there, the second all that came while it synced.
    assert!(disk.syncs() - syncs_before <= 3, "{} syncs for 200 writes", disk.syncs() - syncs_before);
}

#[tokio::test]
async fn a_reader_does_not_wait_for_a_slow_sync_nor_see_what_is_not_durable_yet() {
    let disk = SimulatedDisk::default();
    let views = Arc::new(views(&disk, Durability::Synced));
    views.set("order:1", vec![1]).await.unwrap();
    disk.sync_takes(Duration::from_secs(1));
    let writer = tokio::spawn({
        let views = Arc::clone(&views);
        async move { views.set("order:1", vec![2]).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked = std::time::Instant::now();
    assert_eq!(views.get("order:1").unwrap(), Some(vec![1]));
    assert!(asked.elapsed() < Duration::from_millis(500));
    assert!(!writer.is_finished());
    writer.await.unwrap().unwrap();
    assert_eq!(views.get("order:1").unwrap(), Some(vec![2]));
    disk.sync_takes(Duration::ZERO);
}

#[tokio::test]
async fn a_full_disk_costs_the_writes_an_error_and_nothing_once_there_is_space() {
    let disk = SimulatedDisk::default();
    let views = views(&disk, Durability::Synced);
    views.set("order:1", vec![1]).await.unwrap();

    disk.set_full(true);
    let refused = views.set("order:2", vec![2]).await.unwrap_err();
    assert!(matches!(refused, Error::Storage(_)), "{refused}");

    // Refused as long as the disk is full, each time without harm.
    for _ in 0..3 {
        views.set("order:2", vec![2]).await.unwrap_err();
    }
    disk.set_full(false);
    written_eventually(&views, "order:2", 3).await;
    assert_eq!(views.get("order:1").unwrap(), Some(vec![1]));
    assert_eq!(found_after_power_failure(&disk, "order:2"), Some(vec![3]));
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_again_says_so_until_it_can() {
    let disk = SimulatedDisk::default();
    let stores = open(&disk, Durability::Synced);
    let views = stores.label("default").unwrap();
    views.set("order:1", vec![1]).await.unwrap();

    disk.set_full(true);
    disk.set_gone(true);
    views.set("order:2", vec![2]).await.unwrap_err();
    // The failed write is answered before the store is taken down for reopening; this one comes after.
    let refused = views.set("order:2", vec![2]).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable), "{refused}");
    assert!(matches!(views.get("order:1"), Err(Error::Unavailable)));
    assert!(matches!(stores.health(), Err(Error::Unavailable)));

    disk.set_full(false);
    disk.set_gone(false);
    written_eventually(&views, "order:2", 3).await;
    stores.health().unwrap();
    assert_eq!(views.get("order:1").unwrap(), Some(vec![1]));
}

async fn written_eventually(views: &Store, key: &str, value: u8) {
    for _ in 0..500 {
        if views.set(key, vec![value]).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    views.set(key, vec![value]).await.unwrap();
}

//! Many tasks at once: everyone reads their own writes, nobody sees time run backwards, nothing is lost.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::task::JoinSet;
use tradepost_key_value::{Error, OpenError, Stores};

const WRITERS: u32 = 32;
const WRITES: u32 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_read_their_own_writes_and_readers_never_see_an_older_one_again() {
    let dir = tempfile::tempdir().unwrap();
    let stores = Stores::open(dir.path()).unwrap();
    let views = stores.label("default").unwrap();
    let done = Arc::new(AtomicBool::new(false));

    let mut readers = JoinSet::new();
    for writer in 0..4 {
        let (views, done) = (views.clone(), Arc::clone(&done));
        readers.spawn_blocking(move || {
            let mut newest = 0;
            let mut changes = 0;
            while !done.load(Ordering::Relaxed) {
                let Some(value) = views.get(&format!("order:{writer}")).unwrap() else { continue };
                let version = u32::from_be_bytes(value[..4].try_into().unwrap());
                assert!(value[4..].iter().all(|byte| *byte == value[3]), "a value is whole");
                assert!(version >= newest, "version {version} after {newest}");
                changes += u32::from(version > newest);
                newest = version;
            }
            changes
        });
    }
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let views = views.clone();
        writers.spawn(async move {
            let key = format!("order:{writer}");
            for version in 1..=WRITES {
                let mut value = version.to_be_bytes().to_vec();
                value.resize(500 + 40 * version as usize, value[3]);
                views.set(&key, value.clone()).await.unwrap();
                assert_eq!(views.get(&key).unwrap(), Some(value));
            }
            views.set(&format!("{key}:temporary"), Vec::new()).await.unwrap();
            views.delete(&format!("{key}:temporary")).await.unwrap();
            assert!(!views.exists(&format!("{key}:temporary")).unwrap());
        });
    }
    writers.join_all().await;
    done.store(true, Ordering::Relaxed);
    for changes in readers.join_all().await {
        assert!(changes > 1, "the reader ran beside the writers");
    }

    drop((views, stores));
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
    assert_eq!(views.keys().unwrap().count(), WRITERS as usize);
    for writer in 0..WRITERS {
        let value = views.get(&format!("order:{writer}")).unwrap().unwrap();
        assert_eq!(value[..4], WRITES.to_be_bytes());
    }
}

#[tokio::test]
async fn one_tasks_writes_to_a_key_take_effect_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
    // All are begun before the first is answered, so that they meet in one commit.
    let (first, second, third, fourth) = tokio::join!(
        views.set("order:1", vec![1]),
        views.delete("order:1"),
        views.set("order:1", vec![3]),
        views.set("order:2", vec![4]),
    );
    for written in [first, second, third, fourth] {
        written.unwrap();
    }
    assert_eq!(views.get("order:1").unwrap(), Some(vec![3]));
    assert_eq!(views.get("order:2").unwrap(), Some(vec![4]));
}

#[tokio::test]
async fn labels_do_not_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let stores = Stores::open(dir.path()).unwrap();
    let (views, sessions) = (stores.label("default").unwrap(), stores.label("sessions").unwrap());
    views.set("key", vec![1]).await.unwrap();
    assert_eq!(sessions.get("key").unwrap(), None);
    sessions.delete("key").await.unwrap();
    assert_eq!(views.get("key").unwrap(), Some(vec![1]));
    assert_eq!(sessions.keys().unwrap().count(), 0);
}

#[tokio::test]
async fn keys_are_those_of_the_moment_they_were_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
    for key in ["b", "a", "c"] {
        views.set(key, Vec::new()).await.unwrap();
    }
    let mut keys = views.keys().unwrap();
    assert_eq!(keys.next().unwrap().unwrap(), "a");
    views.delete("c").await.unwrap();
    views.set("bb", Vec::new()).await.unwrap();
    assert_eq!(keys.map(Result::unwrap).collect::<Vec<_>>(), ["b", "c"]);
}

#[tokio::test]
async fn closing_commits_what_is_queued_and_refuses_what_comes_later() {
    let dir = tempfile::tempdir().unwrap();
    let stores = Stores::open(dir.path()).unwrap();
    let views = stores.label("default").unwrap();
    let (written, closed) = tokio::join!(views.set("order:1", vec![1]), stores.close());
    written.unwrap();
    closed.unwrap();
    assert!(matches!(views.get("order:1"), Err(Error::Closed)));
    assert!(matches!(views.set("order:1", vec![2]).await, Err(Error::Closed)));
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
    assert_eq!(views.get("order:1").unwrap(), Some(vec![1]));
}

/// An executor in the act of shutting down: drops its task when it is told to go on with it.
struct DropsOnWake(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>, mpsc::Sender<bool>);

impl Wake for DropsOnWake {
    fn wake(self: Arc<Self>) {
        let task = self.0.lock().unwrap().take();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(task)));
        self.1.send(dropped.is_ok()).unwrap();
    }
}

#[test]
fn the_last_handle_may_go_on_the_writers_own_thread() {
    let dir = tempfile::tempdir().unwrap();
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
    let task = Box::pin(async move { views.set("order:1", vec![1]).await.unwrap() });
    let (told, outcome) = mpsc::channel();
    let executor = Arc::new(DropsOnWake(Mutex::new(Some(task)), told));
    {
        let mut task = executor.0.lock().unwrap();
        let waker = Waker::from(Arc::clone(&executor));
        assert!(task.as_mut().unwrap().as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert!(outcome.recv_timeout(Duration::from_secs(10)).unwrap(), "dropping the task did not panic");
    // Nobody waited for the writer, so the file is released a little later.
    let views = loop {
        match Stores::open(dir.path()) {
            Ok(stores) => break stores.label("default").unwrap(),
            Err(OpenError::InUse { .. }) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(views.get("order:1").unwrap(), Some(vec![1]));
}

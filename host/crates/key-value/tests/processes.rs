//! Other processes: one that is killed in the middle of writing, and one that already has the directory.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tokio::task::JoinSet;
use tradepost_key_value::{OpenError, Stores};

const DIR: &str = "KEY_VALUE_TEST_DIR";
const ROUND: &str = "KEY_VALUE_TEST_ROUND";
const WRITERS: u32 = 8;

fn value(round: u32, writer: u32, number: u32) -> Vec<u8> {
    format!("round {round}, writer {writer}, number {number};").repeat(1 + number as usize % 200).into_bytes()
}

/// Not a test of its own: what the killed process does. Writes without end and tells each answer on standard
/// output.
#[test]
#[ignore = "the other tests here start it, as a process of its own"]
fn child_that_writes() {
    let (dir, round) = (std::env::var(DIR).unwrap(), std::env::var(ROUND).unwrap().parse().unwrap());
    let views = Stores::open(Path::new(&dir)).unwrap().label("default").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let views = views.clone();
            writers.spawn(async move {
                for number in 0.. {
                    views.set(&format!("order:{writer}"), value(round, writer, number)).await.unwrap();
                    println!("\nanswered {writer} {number}");
                }
            });
        }
        writers.join_all().await;
    });
}

fn start_child(dir: &Path, round: u32) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let answers = BufReader::new(child.stdout.take().unwrap());
    (child, answers)
}

/// Takes what the child has told so far: pairs of writer and number.
fn answers(lines: impl Iterator<Item = std::io::Result<String>>) -> impl Iterator<Item = (u32, u32)> {
    lines.map_while(Result::ok).filter_map(|line| {
        let (writer, number) = line.strip_prefix("answered ")?.split_once(' ')?;
        Some((writer.parse().ok()?, number.parse().ok()?))
    })
}

#[test]
fn what_was_answered_is_there_after_the_process_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let (mut child, output) = start_child(dir.path(), round);
        let mut last_answered = [None; WRITERS as usize];
        let mut lines = output.lines();
        for (writer, number) in answers(lines.by_ref()).take(400) {
            last_answered[writer as usize] = Some(number);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Answers told between the last line read and the kill count too.
        for (writer, number) in answers(lines) {
            last_answered[writer as usize] = Some(number);
        }

        let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
        for (writer, answered) in (0..).zip(last_answered) {
            let found = views.get(&format!("order:{writer}")).unwrap();
            let Some(answered) = answered else { continue };
            // The write after the last answered one may have been committed when the kill came, none later.
            assert!(
                found == Some(value(round, writer, answered))
                    || found == Some(value(round, writer, answered + 1)),
                "round {round}: writer {writer} was answered {answered}, found {}",
                String::from_utf8_lossy(&found.unwrap_or_default()).split(';').next().unwrap(),
            );
        }
        assert!(last_answered.iter().all(Option::is_some), "every writer was answered: {last_answered:?}");
    }
}

#[test]
fn a_directory_in_use_is_refused_until_its_process_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, output) = start_child(dir.path(), 0);
    // Kept, or the child would end at its next answer; once the pipe is full it waits.
    let mut lines = output.lines();
    answers(lines.by_ref()).next().expect("the child writes");

    let refused = Stores::open(dir.path()).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("in use by another process"), "{refused}");

    child.kill().unwrap();
    child.wait().unwrap();
    Stores::open(dir.path()).unwrap();
}

#[test]
fn a_directory_in_use_by_this_process_is_refused_until_the_last_handle_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let stores = Stores::open(dir.path()).unwrap();
    let views = stores.label("default").unwrap();
    drop(stores);
    assert!(matches!(Stores::open(dir.path()), Err(OpenError::InUse { .. })));
    drop(views);
    Stores::open(dir.path()).unwrap();
}

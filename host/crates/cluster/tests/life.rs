//! The life of a cluster, on real servers: started, taken over, crashed, stopped, thrown away.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};
use tradepost_cluster::{Cluster, ClusterError, Durability, Options};

type Outcome = Result<(), Box<dyn Error>>;

/// A directory of the test's own, deleted when the test is done.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tradepost-life-{}-{name}", std::process::id()));
        assert!(!path.exists(), "{} is left over", path.display());
        Self(path)
    }

    fn durable(&self) -> Options {
        Options::new(&self.0, Durability::Durable)
    }

    fn server_pid(&self) -> String {
        let file = fs::read_to_string(self.0.join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_owned()
    }

    fn is_running(&self) -> bool {
        self.0.join("data/postmaster.pid").exists()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

fn signal(signal: &str, pid: &str) -> bool {
    Command::new("kill").args([signal, pid]).stderr(Stdio::null()).status().unwrap().success()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come true");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_restart_keeps_data_password_and_port() -> Outcome {
    let scratch = Scratch::new("restart");
    let (told, steps) = mpsc::channel();
    let cluster =
        Cluster::start(scratch.durable().on_progress(move |step| told.send(step.to_owned()).unwrap()))
            .await?;
    assert_eq!(
        steps.iter().collect::<Vec<_>>(),
        ["creating the database cluster (first start)", "starting Postgres"]
    );
    cluster.create_database("shop").await?;
    cluster.create_database("shop").await?;
    let url = cluster.url("shop");
    let client = connect(&url).await?;
    client.batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still here')").await?;
    assert_eq!(text(&client, "SHOW fsync").await, "on");
    assert_eq!(text(&client, "SHOW data_checksums").await, "on");
    assert_eq!(text(&client, "SHOW synchronous_commit").await, "on");
    assert_eq!(text(&client, "SHOW server_encoding").await, "UTF8");
    assert_eq!(text(&client, "SELECT lower('ÉCLAIR')").await, "éclair");
    cluster.stop().await?;
    assert!(!scratch.is_running());
    assert!(connect(&url).await.is_err());

    let cluster = Cluster::start(scratch.durable()).await?;
    assert_eq!(cluster.url("shop"), url);
    assert_eq!(text(&connect(&url).await?, "SELECT word FROM kept").await, "still here");
    cluster.stop().await?;
    Ok(())
}

#[tokio::test]
async fn only_the_holder_of_the_password_gets_in_and_only_from_this_machine() -> Outcome {
    let scratch = Scratch::new("password");
    let cluster = Cluster::start(scratch.durable()).await?;
    let url = cluster.url("postgres");
    let password = fs::read_to_string(scratch.0.join("password"))?.trim().to_owned();
    assert_eq!(password.len(), 32);
    assert_eq!(fs::metadata(scratch.0.join("password"))?.permissions().mode() & 0o777, 0o600);
    let refusal = connect(&url.replace(&password, "guess")).await.err().unwrap();
    assert_eq!(refusal.code().unwrap().code(), "28P01");
    let client = connect(&url).await?;
    assert_eq!(text(&client, "SHOW listen_addresses").await, "127.0.0.1");
    assert_eq!(text(&client, "SHOW unix_socket_directories").await, "");
    let stored = text(&client, "SELECT rolpassword FROM pg_authid WHERE rolname = 'tradepost'").await;
    assert!(stored.starts_with("SCRAM-SHA-256$"), "{stored}");
    assert!(!format!("{cluster:?}").contains(&password));
    for file in fs::read_dir(&scratch.0)?.flatten().filter(|file| file.path().is_file()) {
        let holds = fs::read_to_string(file.path())?.contains(&password);
        assert_eq!(holds, file.file_name() == "password", "{:?}", file.file_name());
    }
    Ok(())
}

#[tokio::test]
async fn a_crash_of_the_server_loses_nothing_that_was_committed() -> Outcome {
    let scratch = Scratch::new("crash");
    let cluster = Cluster::start(scratch.durable()).await?;
    let client = connect(&cluster.url("postgres")).await?;
    client.batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still here')").await?;
    assert!(signal("-KILL", &scratch.server_pid()));
    drop(cluster);
    assert!(scratch.is_running(), "the crash should have left its pid file");

    let cluster = Cluster::start(scratch.durable()).await?;
    let client = connect(&cluster.url("postgres")).await?;
    assert_eq!(text(&client, "SELECT word FROM kept").await, "still here");
    Ok(())
}

#[tokio::test]
async fn a_pid_file_whose_number_is_somebody_elses_now_does_not_stop_a_start() -> Outcome {
    let scratch = Scratch::new("stale");
    Cluster::start(scratch.durable()).await?.stop().await?;
    // A process that Postgres may signal and is not the server: to Postgres itself it looks alive.
    let mut sleeper = Command::new("sleep").arg("60").spawn()?;
    let data = scratch.0.join("data").canonicalize()?;
    let stale = format!("{}\n{}\n1\n5432\n\n127.0.0.1\n1 1\nready   \n", sleeper.id(), data.display());
    fs::write(data.join("postmaster.pid"), stale)?;
    let started = Cluster::start(scratch.durable()).await;
    sleeper.kill()?;
    sleeper.wait()?;
    let cluster = started?;
    let client = connect(&cluster.url("postgres")).await?;
    assert_eq!(text(&client, "SELECT 'up'").await, "up");
    Ok(())
}

#[tokio::test]
async fn a_second_user_of_a_directory_joins_the_server_and_the_last_one_stops_it() -> Outcome {
    let scratch = Scratch::new("shared");
    let (first, second) = tokio::join!(Cluster::start(scratch.durable()), Cluster::start(scratch.durable()));
    let (first, second) = (first?, second?);
    assert_eq!(first.url("postgres"), second.url("postgres"));
    first.stop().await?;
    assert_eq!(text(&connect(&second.url("postgres")).await?, "SELECT 'up'").await, "up");
    second.stop().await?;
    assert!(!scratch.is_running());
    Ok(())
}

#[tokio::test]
async fn two_directories_are_two_servers() -> Outcome {
    let (left, right) = (Scratch::new("left"), Scratch::new("right"));
    let (one, two) = tokio::join!(Cluster::start(left.durable()), Cluster::start(right.durable()));
    let (one, two) = (one?, two?);
    one.create_database("only_here").await?;
    assert!(connect(&one.url("only_here")).await.is_ok());
    let refusal = connect(&two.url("only_here")).await.err().unwrap();
    assert_eq!(refusal.code().unwrap().code(), "3D000");
    let password = |home: &Scratch| fs::read_to_string(home.0.join("password")).unwrap();
    assert_ne!(password(&left), password(&right));
    Ok(())
}

#[tokio::test]
async fn another_program_on_the_usual_port_moves_the_server_to_a_free_one() -> Outcome {
    let scratch = Scratch::new("port");
    Cluster::start(scratch.durable()).await?.stop().await?;
    let port: u16 = fs::read_to_string(scratch.0.join("port"))?.trim().parse()?;
    let squatter = std::net::TcpListener::bind(("127.0.0.1", port))?;
    let cluster = Cluster::start(scratch.durable()).await?;
    drop(squatter);
    assert!(!cluster.url("postgres").contains(&format!(":{port}/")));
    assert!(connect(&cluster.url("postgres")).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_database_cloned_from_a_template_has_its_rows_and_goes_its_own_way() -> Outcome {
    let scratch = Scratch::new("clone");
    let cluster = Cluster::start(Options::new(&scratch.0, Durability::Throwaway)).await?;
    // A name that needs quoting in SQL and escaping in a URL.
    let name = "A \"template\"/1";
    cluster.create_database(name).await?;
    let client = connect(&cluster.url(name)).await?;
    client.batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('copied')").await?;
    drop(client);
    cluster.create_database_from_template("clone", name).await?;
    let clone = connect(&cluster.url("clone")).await?;
    assert_eq!(text(&clone, "SELECT word FROM kept").await, "copied");
    let refusal = cluster.create_database_from_template("clone", name).await.unwrap_err().to_string();
    assert!(refusal.contains("already exists") && refusal.contains("42P04"), "{refusal}");
    cluster.drop_database("clone").await?;
    cluster.drop_database("clone").await?;
    assert!(clone.query("SELECT 1", &[]).await.is_err(), "the database should have gone under its client");
    Ok(())
}

#[tokio::test]
async fn a_throw_away_cluster_is_gone_after_its_stop_and_wants_an_empty_directory() -> Outcome {
    let scratch = Scratch::new("throwaway");
    let cluster = Cluster::start(Options::new(&scratch.0, Durability::Throwaway)).await?;
    assert_eq!(text(&connect(&cluster.url("postgres")).await?, "SHOW fsync").await, "off");
    let pid = scratch.server_pid();
    cluster.stop().await?;
    assert!(!signal("-0", &pid), "the server should have ended");
    assert!(!scratch.0.exists());

    fs::create_dir(&scratch.0)?;
    fs::write(scratch.0.join("precious"), "data")?;
    let refusal = Cluster::start(Options::new(&scratch.0, Durability::Throwaway)).await.unwrap_err();
    assert!(matches!(refusal, ClusterError::NotEmpty { .. }), "{refusal}");
    assert!(scratch.0.join("precious").exists());
    Ok(())
}

/// Not a test of its own: the process that the tests below kill.
#[tokio::test]
#[ignore = "is run by the tests that kill it"]
async fn hold_a_cluster() {
    let directory = std::env::var_os("TRADEPOST_LIFE_DIRECTORY").unwrap();
    let durability = match std::env::var("TRADEPOST_LIFE_DURABILITY").unwrap().as_str() {
        "durable" => Durability::Durable,
        _ => Durability::Throwaway,
    };
    let _cluster = Cluster::start(Options::new(Path::new(&directory), durability)).await.unwrap();
    std::thread::sleep(Duration::from_mins(1));
}

fn owner(scratch: &Scratch, durability: &str) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "hold_a_cluster"])
        .env("TRADEPOST_LIFE_DIRECTORY", &scratch.0)
        .env("TRADEPOST_LIFE_DURABILITY", durability)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn kill(mut owner: std::process::Child) {
    owner.kill().unwrap();
    owner.wait().unwrap();
}

fn wait_until_ready(scratch: &Scratch) {
    wait_until("the server's start", || {
        fs::read_to_string(scratch.0.join("data/postmaster.pid")).is_ok_and(|file| file.contains("ready"))
    });
}

#[test]
fn a_throw_away_cluster_does_not_outlive_a_process_that_is_killed() {
    let scratch = Scratch::new("killed");
    let owner = owner(&scratch, "throwaway");
    wait_until_ready(&scratch);
    let server = scratch.server_pid();
    assert!(signal("-0", &server));
    kill(owner);
    wait_until("the server's end", || !signal("-0", &server));
    wait_until("the directory's end", || !scratch.0.exists());
}

#[test]
fn a_throw_away_cluster_is_cleaned_up_even_if_its_creation_is_killed() {
    let scratch = Scratch::new("unborn");
    let owner = owner(&scratch, "throwaway");
    // `initdb` has begun, and goes on when we are gone.
    wait_until("the directory", || {
        fs::read_dir(&scratch.0)
            .is_ok_and(|mut found| found.any(|entry| entry.unwrap().path().join("base").exists()))
    });
    kill(owner);
    wait_until("the directory's end", || !scratch.0.exists());
}

#[tokio::test]
async fn a_durable_server_whose_owner_was_killed_is_taken_over() -> Outcome {
    let scratch = Scratch::new("orphan");
    let owner = owner(&scratch, "durable");
    wait_until_ready(&scratch);
    let server = scratch.server_pid();
    kill(owner);
    let cluster = Cluster::start(scratch.durable()).await?;
    assert_eq!(scratch.server_pid(), server);
    assert_eq!(text(&connect(&cluster.url("postgres")).await?, "SELECT 'up'").await, "up");
    cluster.stop().await?;
    assert!(!scratch.is_running());
    Ok(())
}

/// For root, who cannot be the server; for anybody else an ordinary directory.
#[tokio::test]
async fn a_directory_that_only_its_owner_may_enter_will_do() -> Outcome {
    let scratch = Scratch::new("closed");
    fs::create_dir(&scratch.0)?;
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o700))?;
    let home = scratch.0.join("home");
    for _ in 0..2 {
        let cluster = Cluster::start(Options::new(&home, Durability::Throwaway)).await?;
        assert_eq!(text(&connect(&cluster.url("postgres")).await?, "SELECT 'up'").await, "up");
        let data = home.join("data").canonicalize()?;
        cluster.stop().await?;
        assert!(!home.exists() && !data.exists(), "{}", data.display());
    }
    Ok(())
}

#[tokio::test]
async fn data_without_its_password_is_refused_with_what_to_do() -> Outcome {
    let scratch = Scratch::new("lost");
    Cluster::start(scratch.durable()).await?.stop().await?;
    fs::remove_file(scratch.0.join("password"))?;
    let refusal = Cluster::start(scratch.durable()).await.unwrap_err().to_string();
    assert!(refusal.contains("password is missing") && refusal.contains("move"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() -> Outcome {
    let scratch = Scratch::new("broken");
    Cluster::start(scratch.durable()).await?.stop().await?;
    let configuration = scratch.0.join("data/postgresql.conf");
    let text = fs::read_to_string(&configuration)?;
    fs::write(&configuration, format!("{text}\nno_such_setting = 1\n"))?;
    let refusal = Cluster::start(scratch.durable()).await.unwrap_err().to_string();
    assert!(refusal.contains("no_such_setting") && refusal.contains("server.log"), "{refusal}");
    Ok(())
}

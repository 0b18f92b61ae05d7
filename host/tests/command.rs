//! The `tradepost` command as an operator meets it: started, asked, stopped by a signal, started again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running command.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    /// Starts it on a free port and waits until it is ready.
    fn start(data: &Path) -> Self {
        let mut child = command(data).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("tradepost ready on http://");
        let address = address.unwrap_or_else(|| panic!("not ready, but {line:?}")).to_owned();
        Self { child, address }
    }

    /// Sends a request, with a body if there is one, and returns the answer, head and all.
    fn ask(&self, line: &str, admin_key: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let content = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
        };
        let head = format!(
            "{line} HTTP/1.1\r\nhost: tradepost\r\nconnection: close\r\nauthorization: Bearer {admin_key}\r\n{content}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends it a signal and waits for its end.
    fn stop(mut self, signal: &str) -> ExitStatus {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap()
    }
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradepost"));
    command
        .args(["--listen", "127.0.0.1:0", "--manifest", concat!(env!("CARGO_MANIFEST_DIR"), "/../spin.toml")])
        .arg("--data")
        .arg(data)
        .env_remove("DATABASE_URL")
        .env_remove("TRADEPOST_ADMIN_KEY");
    command
}

#[test]
fn what_was_registered_is_there_after_a_stop_and_a_start_and_views_are_rebuilt_meanwhile() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("state");
    let running = Running::start(&data);
    let key = std::fs::read_to_string(data.join("admin-key")).unwrap();
    let registered =
        running.ask("POST /users", key.trim(), r#"{"name":"First Customer","email":"first@example.com"}"#);
    assert!(registered.starts_with("HTTP/1.1 201 "), "{registered}");
    let location = registered.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    assert!(running.stop("-TERM").success());
    assert!(!data.join("postgres/data/postmaster.pid").exists(), "the database it started is stopped");

    let running = Running::start(&data);
    let found = running.ask(&format!("GET {location}"), key.trim(), "");
    assert!(found.starts_with("HTTP/1.1 200 ") && found.contains("First Customer"), "{found}");
    let product = r#"{"sku":"BK-1","name":"Bookcase","price":{"amount":1,"currency":"USD"}}"#;
    let created = running.ask("POST /products", key.trim(), product);
    let product = created.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
    assert!(running.stop("-INT").success());

    let rebuilt = command(&data).arg("rebuild-views").output().unwrap();
    let said = String::from_utf8_lossy(&rebuilt.stderr);
    assert!(rebuilt.status.success(), "{said}");
    assert!(said.contains("1 events delivered again"), "{said}");
    let running = Running::start(&data);
    let found = running.ask(&format!("GET {product}"), key.trim(), "");
    assert!(found.starts_with("HTTP/1.1 200 ") && found.contains("Bookcase"), "{found}");
    let while_running = command(&data).arg("rebuild-views").output().unwrap();
    assert!(!while_running.status.success(), "somebody else has the store");
    assert!(running.stop("-INT").success());
}

#[test]
fn an_error_says_what_to_do_next_and_keeps_the_password_to_itself() {
    let data = tempfile::tempdir().unwrap();
    let output = command(data.path())
        .args(["migrate", "--database-url", "postgres://tradepost:hunter2@127.0.0.1:1/tradepost"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot connect to Postgres") && said.contains("127.0.0.1:1"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let output = command(data.path()).args(["migrate", "--database-url", "hunter2"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("postgres://user:password@host:port/database") && !said.contains("hunter2"),
        "{said}"
    );
}

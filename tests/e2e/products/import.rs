//! `/products/import`

use super::{add, product, told};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tradepost::limits::Limits;
use tradepost_tests::{ADMIN_KEY, Answer, Application, Setup};

async fn import(app: &Application, lines: impl Into<Vec<u8>>) -> Answer {
    app.post("/products/import").as_admin().bytes("application/x-ndjson", lines).send().await
}

/// The answer's lines.
fn results(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"), "{answer:?}");
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Line, status and, if there is one, the error's code.
fn in_short(results: &[Value]) -> Vec<String> {
    let code =
        |result: &Value| result["error"]["code"].as_str().map_or(String::new(), |code| format!(" {code}"));
    results
        .iter()
        .map(|result| format!("{} {}{}", result["line"], result["status"].as_str().unwrap(), code(result)))
        .collect()
}

fn lines(count: usize) -> String {
    let lines: Vec<String> = (0..count)
        .map(|n| {
            product(&format!("SKU-{n}"), 1, "USD").to_string()
                + "
"
        })
        .collect();
    lines.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_answered_and_none_depends_on_another() {
    let app = Application::start().await;
    add(&app, product("TAKEN", 5, "USD")).await.data(201);
    let mut body = Vec::new();
    for line in [
        product("A", 1, "USD").to_string().into_bytes(),
        b"".to_vec(),
        b"{\"sku\": \"B\"".to_vec(),
        b"{\"sku\": \"B\", \"name\": \"\xff\"}".to_vec(),
        b"[]".to_vec(),
        product("TAKEN", 5, "USD").to_string().into_bytes(),
        product("TAKEN", 6, "USD").to_string().into_bytes(),
        b" \t\r".to_vec(),
        json!({"sku": "a b", "name": " ", "price": 1, "colour": "red"}).to_string().into_bytes(),
        json!({"sku": "C", "name": "x".repeat(1 << 20)}).to_string().into_bytes(),
        json!({"sku": "D", "name": "D", "price": {"amount": 1, "currency": "USD"}, "categories": ["x".repeat(10_000)]})
            .to_string()
            .into_bytes(),
        product("A", 1, "USD").to_string().into_bytes(),
    ] {
        body.extend(line);
        body.push(b'\n');
    }
    body.extend(product("LAST", 1, "USD").to_string().into_bytes());

    let results = results(&import(&app, body).await);
    assert_eq!(
        in_short(&results),
        [
            "1 created",
            "3 failed malformed_json",
            "4 failed malformed_json",
            "5 failed validation_failed",
            "6 unchanged",
            "7 failed sku_taken",
            "9 failed validation_failed",
            "10 failed payload_too_large",
            "11 failed validation_failed",
            "12 unchanged",
            "13 created",
        ]
    );
    let pointers: Vec<_> =
        results[6]["error"]["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
    assert_eq!(pointers, ["/sku", "/name", "/price", "/colour"]);
    assert_eq!(results[0]["id"], results[9]["id"]);
    assert_eq!((&results[0]["error"], &results[1]["id"]), (&Value::Null, &Value::Null));
    assert_eq!(told(&app).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_sent_again_goes_on_where_it_was_cut_off() {
    let app = Application::start().await;
    let all = lines(1_050);
    let (first, _) = all.split_at(all.len() / 3);
    let before = results(&import(&app, first.rsplit_once('\n').unwrap().0).await);
    assert!(before.iter().all(|result| result["status"] == "created"), "{before:?}");
    let after = results(&import(&app, all).await);
    assert_eq!(after.len(), 1_050);
    for (n, result) in after.iter().enumerate() {
        let expected = if n < before.len() { "unchanged" } else { "created" };
        assert_eq!((&result["line"], &result["status"]), (&json!(n + 1), &json!(expected)));
    }
    assert_eq!(after[0]["id"], before[0]["id"]);
    assert_eq!(told(&app).await.len(), 1_050);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_of_the_same_file_at_once_create_each_product_once() {
    let app = Application::start().await;
    let answers = futures::future::join_all((0..4).map(|_| import(&app, lines(500)))).await;
    let all: Vec<Value> = answers.iter().flat_map(results).collect();
    let count = |status: &str| all.iter().filter(|result| result["status"] == status).count();
    assert_eq!((count("created"), count("unchanged")), (500, 1_500));
    assert_eq!(told(&app).await.len(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_imports_and_only_lines() {
    let app = Application::start().await;
    let ask = || app.post("/products/import");
    ask().bytes("application/x-ndjson", lines(1)).send().await.problem(401, "unauthenticated");
    ask().as_admin().bytes("application/json", lines(1)).send().await.problem(415, "unsupported_media_type");
    let wrong = app.get("/products/import").send().await;
    wrong.problem(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), "POST, OPTIONS");
    assert_eq!(results(&import(&app, "").await), [] as [Value; 0]);
    assert_eq!(results(&import(&app, "\n\n").await), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_the_database_could_not_take_failed_and_the_others_did_not() {
    let app = Application::start().await;
    let database = app.database().connect().await;
    database
        .batch_execute(
            "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE 'no' USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON catalog.products FOR EACH ROW
             WHEN (new.sku = 'SKU-150') EXECUTE FUNCTION public.refuse();",
        )
        .await
        .unwrap();
    let results = results(&import(&app, lines(1_000)).await);
    let failed: Vec<&Value> = results.iter().filter(|result| result["status"] == "failed").collect();
    assert!((1..=100).contains(&failed.len()), "{failed:?}");
    assert!(failed.iter().all(|result| result["error"]["code"] == "unavailable"), "{failed:?}");
    assert!(failed.iter().any(|result| result["line"] == 151), "{failed:?}");
    assert_eq!((results.len(), told(&app).await.len()), (1_000, 1_000 - failed.len()));

    database
        .batch_execute(
            "DROP TRIGGER refuse ON catalog.products;
             CREATE TRIGGER refuse BEFORE INSERT ON catalog.products FOR EACH ROW EXECUTE FUNCTION public.refuse();",
        )
        .await
        .unwrap();
    let results = self::results(&import(&app, lines(5_000)).await);
    let last = results.last().unwrap();
    assert!(results.len() < 1_500, "it gives up");
    assert_eq!(last["error"]["code"], "unavailable");
    let resume_from = last["resume_from"].as_u64().unwrap();
    assert!(results.iter().any(|result| result["line"] == resume_from && result["status"] == "failed"));
    assert!(results.iter().all(|result| result["line"].as_u64().unwrap() >= resume_from
        || result["status"] == "unchanged"
        || result["error"]["code"] == "unavailable"));
}

/// A connection on which the head of an import has been sent, its body to come in chunks.
async fn begun(app: &Application) -> BufReader<TcpStream> {
    let mut connection = TcpStream::connect(app.address()).await.unwrap();
    let head = format!(
        "POST /products/import HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {ADMIN_KEY}\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    BufReader::new(connection)
}

async fn send(connection: &mut BufReader<TcpStream>, text: &str) {
    connection.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await.unwrap();
}

/// The next line of the answer that has `word` in it.
async fn line_with(connection: &mut BufReader<TcpStream>, word: &str) -> String {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        let reading = tokio::time::timeout(Duration::from_secs(20), connection.read_line(&mut line));
        assert_ne!(reading.await.unwrap().unwrap(), 0, "the answer ended without {word}");
    }
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_answered_before_the_next_is_sent() {
    let app = Application::start().await;
    let mut connection = begun(&app).await;
    for n in 1..=3 {
        let line = product(&format!("SKU-{n}"), 1, "USD").to_string();
        let (half, rest) = line.split_at(20);
        send(&mut connection, half).await;
        send(&mut connection, &format!("{rest}\n")).await;
        let answer = line_with(&mut connection, "\"line\"").await;
        assert!(answer.starts_with(&format!(r#"{{"line":{n},"status":"created""#)), "{answer}");
    }
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    line_with(&mut connection, "0\r\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_what_it_has_imported() {
    let app = Application::start().await;
    let mut connection = begun(&app).await;
    send(&mut connection, &format!("{}\n{{\"sku\"", product("A", 1, "USD"))).await;
    line_with(&mut connection, "created").await;
    drop(connection);
    assert_eq!(results(&import(&app, product("A", 1, "USD").to_string()).await)[0]["status"], "unchanged");
    assert_eq!(told(&app).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_answered_with_where_to_go_on() {
    let app = Application::start().await;
    let mut connection = begun(&app).await;
    send(&mut connection, &format!("{}{{\"sku\"", lines(2))).await;
    line_with(&mut connection, "\"line\":2").await;
    connection.write_all(b"this is no chunk\r\n").await.unwrap();
    let last = line_with(&mut connection, "resume_from").await;
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!((&last["line"], &last["resume_from"]), (&json!(3), &json!(3)));
    assert_eq!(last["error"]["code"], "malformed_request");
    let mut rest = Vec::new();
    connection.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_hosts_limit_is_answered_with_where_to_go_on() {
    let limits = Limits { request_body_bytes: 2_000, ..Limits::default() };
    let app = Application::with(Setup { limits: Some(limits), ..Setup::default() }).await;
    let mut connection = begun(&app).await;
    for n in 0..100 {
        let line = format!("{}\n", product(&format!("SKU-{n}"), 1, "USD"));
        let chunk = format!("{:x}\r\n{line}\r\n", line.len());
        if connection.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let last: Value = serde_json::from_str(&line_with(&mut connection, "resume_from").await).unwrap();
    assert_eq!(last["error"]["code"], "payload_too_large");
    let imported = i64::try_from(told(&app).await.len()).unwrap();
    assert_eq!(last["resume_from"], imported + 1);
}

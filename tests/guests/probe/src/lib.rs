//! A component that does what it is told, good or bad: what the host's tests run where they need a guest that
//! misbehaves. The path says what to do, the query with what.

use spin_sdk::http::{IntoResponse, Method, Request, Response, body::IncomingBodyExt as _};
use spin_sdk::key_value::Store;
use spin_sdk::pg::Connection;
use spin_sdk::{http_service, variables};
use std::hint::black_box;
use std::time::Duration;

type Done = Result<String, String>;

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let argument = request.uri().query().map(decoded).unwrap_or_default();
    let done = match path.trim_start_matches('/') {
        "hello" => Ok("hello".to_owned()),
        "headers" => Ok(headers(&request)),
        "length" => length(request).await,
        "loop" => spin(),
        "sleep" => sleep(&argument).await,
        "allocate" => allocate(&argument),
        "trap" => panic!("told to"),
        "begin-and-trap" => begin_and_trap(&argument).await,
        "query" => query(&argument).await,
        "set" => set(&argument).await,
        "set-afterwards" => set_afterwards(argument),
        "get" => get(&argument).await,
        "variable" => variables::get(&argument).await.map_err(|error| format!("{error:?}")),
        "fetch" => fetch(&argument).await,
        "print" => print(&argument),
        "clock" => clock(),
        "random" => Ok(format!("{:032x}", random())),
        unknown => Err(format!("the probe cannot {unknown:?}")),
    };
    let (status, body) = match done {
        Ok(body) => (200, body),
        Err(error) => (418, error),
    };
    Response::builder().status(status).header("content-length", body.len()).body(body)
}

/// Undoes percent-encoding.
fn decoded(query: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = query.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn headers(request: &Request) -> String {
    let mut lines: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines.join("\n")
}

async fn length(request: Request) -> Done {
    assert_eq!(request.method(), Method::POST);
    let body = request.into_body().bytes().await.map_err(|error| format!("{error:?}"))?;
    Ok(body.len().to_string())
}

fn spin() -> Done {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

async fn sleep(milliseconds: &str) -> Done {
    spin_sdk::time::sleep(Duration::from_millis(milliseconds.parse().unwrap())).await;
    Ok("slept".to_owned())
}

fn allocate(mib: &str) -> Done {
    let block = vec![1_u8; mib.parse::<usize>().unwrap() << 20];
    Ok(black_box(&block).len().to_string())
}

async fn open() -> Result<Connection, String> {
    let url = variables::get("database_url").await.map_err(|error| format!("{error:?}"))?;
    Connection::open(url).await.map_err(|error| format!("{error:?}"))
}

async fn begin_and_trap(statement: &str) -> Done {
    let connection = open().await?;
    connection.execute("BEGIN", []).await.map_err(|error| format!("{error:?}"))?;
    connection.execute(statement, []).await.map_err(|error| format!("{error:?}"))?;
    panic!("with the transaction open");
}

async fn query(statement: &str) -> Done {
    let connection = open().await?;
    let rows = connection.query(statement, []).await.map_err(|error| format!("{error:?}"))?;
    let rows = rows.collect().await.map_err(|error| format!("{error:?}"))?;
    Ok(match rows.first() {
        Some(row) => format!("{} rows, first {:?}", rows.len(), row[0]),
        None => "0 rows".to_owned(),
    })
}

/// `label=key=value`
async fn set(argument: &str) -> Done {
    let mut parts = argument.splitn(3, '=');
    let (label, key, value) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let store = Store::open(label).await.map_err(|error| format!("{error:?}"))?;
    store.set(key, value.as_bytes()).await.map_err(|error| format!("{error:?}"))?;
    Ok("set".to_owned())
}

/// Answers, and then does what `set` does.
fn set_afterwards(argument: String) -> Done {
    spin_sdk::wasip3::spawn(async move {
        spin_sdk::time::sleep(Duration::from_millis(20)).await;
        set(&argument).await.unwrap();
    });
    Ok("will set".to_owned())
}

/// Whole seconds since the Unix epoch, by the wall clock.
fn clock() -> Done {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Ok(now.as_secs().to_string())
}

fn random() -> u128 {
    let bytes = spin_sdk::wasip3::random::random::get_random_bytes(16);
    u128::from_be_bytes(bytes.try_into().unwrap())
}

/// `label=key`
async fn get(argument: &str) -> Done {
    let (label, key) = argument.split_once('=').unwrap();
    let store = Store::open(label).await.map_err(|error| format!("{error:?}"))?;
    let value = store.get(key).await.map_err(|error| format!("{error:?}"))?;
    Ok(value.map_or_else(|| "nothing".to_owned(), |value| String::from_utf8(value).unwrap()))
}

async fn fetch(url: &str) -> Done {
    let response = spin_sdk::http::get(url).await.map_err(|error| format!("{error:?}"))?;
    let status = response.status();
    let body = response.into_body().bytes().await.map_err(|error| format!("{error:?}"))?;
    Ok(format!("{} {}", status.as_u16(), String::from_utf8_lossy(&body)))
}

fn print(text: &str) -> Done {
    eprintln!("{text}");
    Ok("printed".to_owned())
}

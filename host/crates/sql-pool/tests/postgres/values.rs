//! Every case of a parameter and of a value, and what is refused.

use tradepost_sql_pool::BoundKind::{Exclusive, Inclusive};
use tradepost_sql_pool::{Column, DataType, Error, Interval, Parameter, Value};

use crate::{World, code, refusal, rows, text, value};

#[tokio::test]
async fn every_parameter_comes_back_as_its_value() {
    use Parameter as P;
    use Value as V;
    let owned = str::to_owned;
    let span = Interval { micros: -5, days: 4, months: -3 };
    let cases = [
        ("bool", P::Boolean(true), V::Boolean(true), DataType::Boolean),
        ("int2", P::Int16(-2), V::Int16(-2), DataType::Int16),
        ("int4", P::Int32(i32::MIN), V::Int32(i32::MIN), DataType::Int32),
        ("int8", P::Int64(i64::MAX), V::Int64(i64::MAX), DataType::Int64),
        ("float4", P::Floating32(1.5), V::Floating32(1.5), DataType::Floating32),
        ("float8", P::Floating64(-0.1), V::Floating64(-0.1), DataType::Floating64),
        ("text", P::Str(owned("grün")), V::Str(owned("grün")), DataType::Str),
        ("varchar", P::Str(owned("v")), V::Str(owned("v")), DataType::Str),
        ("char(3)", P::Str(owned("c")), V::Str(owned("c  ")), DataType::Str),
        ("bytea", P::Binary(vec![0, 255]), V::Binary(vec![0, 255]), DataType::Binary),
        ("date", P::Date((2026, 2, 28)), V::Date((2026, 2, 28)), DataType::Date),
        ("date", P::Date((-43, 3, 15)), V::Date((-43, 3, 15)), DataType::Date),
        ("time", P::Time((23, 59, 58, 123_456_000)), V::Time((23, 59, 58, 123_456_000)), DataType::Time),
        (
            "timestamp",
            P::Datetime((2026, 12, 31, 1, 2, 3, 4000)),
            V::Datetime((2026, 12, 31, 1, 2, 3, 4000)),
            DataType::Datetime,
        ),
        (
            "uuid",
            P::Uuid(owned("0198C5A4F2D27C3E9F0A1B2C3D4E5F60")),
            V::Uuid(owned("0198c5a4-f2d2-7c3e-9f0a-1b2c3d4e5f60")),
            DataType::Uuid,
        ),
        (
            "jsonb",
            P::Jsonb(br#"{"b":[1,2.50,null], "a":"x"}"#.to_vec()),
            V::Jsonb(br#"{"a": "x", "b": [1, 2.50, null]}"#.to_vec()),
            DataType::Jsonb,
        ),
        ("numeric", P::Decimal(owned("-123.4500")), V::Decimal(owned("-123.4500")), DataType::Decimal),
        (
            "int4range",
            P::RangeInt32((Some((1, Exclusive)), Some((5, Inclusive)))),
            V::RangeInt32((Some((2, Inclusive)), Some((6, Exclusive)))),
            DataType::RangeInt32,
        ),
        (
            "int4range",
            P::RangeInt32((None, Some((i32::MAX, Exclusive)))),
            V::RangeInt32((None, Some((i32::MAX, Exclusive)))),
            DataType::RangeInt32,
        ),
        (
            "int8range",
            P::RangeInt64((Some((i64::MIN, Inclusive)), None)),
            V::RangeInt64((Some((i64::MIN, Inclusive)), None)),
            DataType::RangeInt64,
        ),
        (
            "int8range",
            P::RangeInt64((Some((5, Inclusive)), Some((1, Inclusive)))),
            V::RangeInt64((None, None)),
            DataType::RangeInt64,
        ),
        (
            "numrange",
            P::RangeDecimal((Some((owned("1.5"), Exclusive)), Some((owned("2.25"), Inclusive)))),
            V::RangeDecimal((Some((owned("1.5"), Exclusive)), Some((owned("2.25"), Inclusive)))),
            DataType::RangeDecimal,
        ),
        (
            "int4[]",
            P::ArrayInt32(vec![Some(1), None]),
            V::ArrayInt32(vec![Some(1), None]),
            DataType::ArrayInt32,
        ),
        ("int8[]", P::ArrayInt64(vec![]), V::ArrayInt64(vec![]), DataType::ArrayInt64),
        (
            "numeric[]",
            P::ArrayDecimal(vec![None, Some(owned("0.10"))]),
            V::ArrayDecimal(vec![None, Some(owned("0.10"))]),
            DataType::ArrayDecimal,
        ),
        (
            "text[]",
            P::ArrayStr(vec![Some(owned("a,\"b")), None]),
            V::ArrayStr(vec![Some(owned("a,\"b")), None]),
            DataType::ArrayStr,
        ),
        ("interval", P::Interval(span), V::Interval(span), DataType::Interval),
        ("int4", P::Null, V::Null, DataType::Int32),
        ("jsonb", P::Null, V::Null, DataType::Jsonb),
    ];
    let world = World::new().await;
    let lease = world.lease().await;
    for (ty, parameter, expected, data_type) in cases {
        let sql = format!("SELECT $1::{ty} AS it");
        let (columns, rows) = lease.query(&sql, &[parameter]).await.unwrap().all().await.unwrap();
        assert_eq!(columns, [Column { name: "it".to_owned(), data_type }], "{ty}");
        assert_eq!(rows, [[expected]], "{ty}");
    }
}

#[tokio::test]
async fn cases_without_a_value_of_their_own_are_understood_by_the_server() {
    let world = World::new().await;
    let lease = world.lease().await;
    for (sql, parameter, expected) in [
        (
            "SELECT $1::timestamptz = 'epoch'::timestamptz + '90 s'",
            Parameter::Timestamp(90),
            Value::Boolean(true),
        ),
        ("SELECT $1::\"char\" = 'A'", Parameter::Int8(65), Value::Boolean(true)),
        ("SELECT ($1::json -> 'a')::text", Parameter::Jsonb(b"{\"a\": 1.0}".to_vec()), text("1.0")),
        ("SELECT $1::name = 'n'", Parameter::Str("n".to_owned()), Value::Boolean(true)),
    ] {
        assert_eq!(rows(&lease, sql, &[parameter]).await.unwrap(), [[expected]], "{sql}");
    }
}

#[tokio::test]
async fn other_types_come_as_bytes_under_their_name() {
    let world = World::new().await;
    world.outside.batch_execute("CREATE TYPE mood AS ENUM ('glad')").await.unwrap();
    let lease = world.lease().await;
    let sql = "SELECT 'glad'::mood, '{\"a\":  1}'::json, 'x'::name, '1.2.3.4'::inet, NULL::mood";
    let (columns, rows) = lease.query(sql, &[]).await.unwrap().all().await.unwrap();
    let types: Vec<_> = columns.into_iter().map(|column| column.data_type).collect();
    assert_eq!(types, ["mood", "json", "name", "inet", "mood"].map(|name| DataType::Other(name.to_owned())));
    let bytes = |bytes: &[u8]| Value::Unsupported(bytes.to_vec());
    assert_eq!(
        rows,
        [[
            bytes(b"glad"),
            bytes(b"{\"a\":  1}"),
            bytes(b"x"),
            bytes(&[2, 32, 0, 4, 1, 2, 3, 4]),
            Value::Null
        ]]
    );
}

#[tokio::test]
async fn a_parameter_of_another_type_is_refused_and_nothing_is_sent() {
    let world = World::new().await;
    let lease = world.lease().await;
    for (ty, parameter, rust) in [
        ("jsonb", Parameter::Str("{}".to_owned()), "alloc::string::String"),
        ("int4", Parameter::Int64(1), "i64"),
        ("int8", Parameter::Int32(1), "i32"),
        ("text", Parameter::Uuid("0198c5a4-f2d2-7c3e-9f0a-1b2c3d4e5f60".to_owned()), "uuid::Uuid"),
        ("uuid", Parameter::Str("0198c5a4-f2d2-7c3e-9f0a-1b2c3d4e5f60".to_owned()), "alloc::string::String"),
        ("text", Parameter::Jsonb(b"{}".to_vec()), "serde_json::value::Value"),
        ("timestamptz", Parameter::Datetime((2026, 1, 1, 0, 0, 0, 0)), "NaiveDateTime"),
        ("timestamp", Parameter::Timestamp(0), "DateTime"),
        ("int8range", Parameter::RangeInt32((None, None)), "i32"),
        ("text[]", Parameter::ArrayInt32(vec![]), "i32"),
    ] {
        let sql = format!("SELECT $1::{ty}");
        let refused = refusal(rows(&lease, &sql, std::slice::from_ref(&parameter)).await);
        assert!(refused.contains("kind: ToSql(0)") && refused.contains(rust), "{ty}: {refused}");
        assert_eq!(refusal(lease.execute(&sql, &[parameter]).await), refused, "{ty}");
    }
    let counted = refusal(rows(&lease, "SELECT $1::int4, $2::int4", &[Parameter::Int32(1)]).await);
    assert_eq!(counted, "Error { kind: Parameters(1, 2), cause: None }");
    assert_eq!(world.pools.statistics().connections_opened_total, 1);
    assert_eq!(world.pools.statistics().connections_idle, 1);
}

#[tokio::test]
async fn a_parameter_that_is_not_what_its_case_says_is_refused_without_being_quoted() {
    let world = World::new().await;
    let lease = world.lease().await;
    for (parameter, why) in [
        (Parameter::Uuid("secret".to_owned()), "parameter $1: invalid UUID"),
        (
            Parameter::Jsonb(b"{\"secret\": ]".to_vec()),
            "parameter $1: invalid JSON: expected value at line 1 column 12",
        ),
        (Parameter::Jsonb(b"\"\xff\"".to_vec()), "parameter $1: invalid JSON"),
        (Parameter::Jsonb(b"1 2".to_vec()), "parameter $1: invalid JSON"),
        (Parameter::Decimal("secret".to_owned()), "parameter $1: invalid decimal"),
        (Parameter::Date((2026, 2, 29)), "parameter $1: invalid date"),
        (Parameter::Time((24, 0, 0, 0)), "parameter $1: invalid time"),
        (Parameter::Datetime((2026, 1, 1, 0, 0, 61, 0)), "parameter $1: invalid time"),
        (Parameter::Timestamp(i64::MAX), "parameter $1: invalid epoch timestamp"),
        (Parameter::ArrayDecimal(vec![Some("x".to_owned())]), "parameter $1: invalid decimal"),
        (Parameter::RangeDecimal((Some(("x".to_owned(), Inclusive)), None)), "parameter $1: invalid decimal"),
    ] {
        let parameters = [parameter];
        let Err(Error::BadParameter(text)) = rows(&lease, "SELECT $1", &parameters).await else {
            panic!("{why}")
        };
        assert!(text.starts_with(why) && !text.contains("secret"), "{text}");
        let executed = lease.execute("SELECT $1", &parameters).await;
        assert_eq!(executed, Err(Error::ValueConversionFailed(text)));
    }
}

#[tokio::test]
async fn what_only_the_server_can_refuse_is_its_refusal() {
    let world = World::new().await;
    let lease = world.lease().await;
    let surrogate = [Parameter::Jsonb(br#""\ud800""#.to_vec())];
    assert_eq!(code(rows(&lease, "SELECT $1::jsonb", &surrogate).await), "22P02");
    // i32::MAX inclusive: the canonical upper end would be one more.
    let range = [Parameter::RangeInt32((None, Some((i32::MAX, Inclusive))))];
    assert_eq!(code(rows(&lease, "SELECT $1::int4range", &range).await), "22003");
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
}

#[tokio::test]
async fn what_spin_cannot_read_is_an_error_at_the_end_of_the_rows() {
    let world = World::new().await;
    let lease = world.lease().await;
    for sql in [
        "SELECT now()",
        "SELECT NULL::timestamptz",
        "SELECT 'infinity'::timestamp",
        "SELECT 'infinity'::date",
        "SELECT 'NaN'::numeric",
        "SELECT '-Infinity'::numeric",
        "SELECT 1e29::numeric",
        "SELECT 1e36::numeric",
        "SELECT 1e40::numeric",
        "SELECT ARRAY[1e36]::numeric[]",
        "SELECT numrange(1e36, NULL)",
        "SELECT ARRAY[[1, 2], [3, 4]]",
    ] {
        let rows = lease.query(sql, &[]).await.unwrap();
        assert_eq!(rows.columns().len(), 1, "{sql}");
        let text = refusal(rows.all().await);
        assert!(text.starts_with("error deserializing column 0: "), "{sql}: {text}");
    }
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
}

#[tokio::test]
async fn no_rows_have_no_columns() {
    let world = World::new().await;
    let lease = world.lease().await;
    let whole = lease.query("SELECT * FROM note", &[]).await.unwrap().whole().unwrap();
    assert_eq!((whole.columns, whole.rows, whole.outcome), (vec![], vec![], Ok(())));
    assert_eq!(lease.execute("SELECT generate_series(1, 3)", &[]).await.unwrap().rows, 3);
    assert_eq!(lease.execute("", &[]).await.unwrap().rows, 0);
}

#[tokio::test]
async fn a_small_result_is_whole_at_once_and_a_large_one_keeps_its_order() {
    let world = World::new().await;
    let lease = world.lease().await;
    let small = lease.query("SELECT n FROM generate_series(1, 20) n", &[]).await.unwrap();
    assert_eq!(world.pools.statistics().connections_idle, 1, "its connection is free");
    assert_eq!(small.whole().unwrap().rows.len(), 20);
    let large = lease.query("SELECT n FROM generate_series(1, 30000) n", &[]).await.unwrap();
    let large = large.whole().unwrap_err();
    let (_, rows) = large.all().await.unwrap();
    assert!(rows.iter().zip(1..=30_000).all(|(row, number)| row == &[Value::Int32(number)]));
    assert_eq!(rows.len(), 30_000);
}

#[tokio::test]
async fn what_fails_while_it_runs_fails_at_the_end_of_the_rows() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    let clash = lease.query("INSERT INTO note VALUES (1) RETURNING id", &[]).await.unwrap().whole().unwrap();
    assert_eq!((clash.columns, clash.rows), (vec![], vec![]));
    assert_eq!(code(clash.outcome), "23505");
    let later =
        lease.query("SELECT 10 / (3 - n) FROM generate_series(1, 5) n", &[]).await.unwrap().whole().unwrap();
    assert_eq!(later.rows, [[Value::Int32(5)], [Value::Int32(10)]]);
    assert_eq!(code(later.outcome), "22012");
}

#[tokio::test]
async fn a_refusal_by_the_server_carries_all_it_said() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    let Err(Error::QueryFailed(tradepost_sql_pool::QueryError::Db(error))) =
        lease.execute("INSERT INTO note VALUES (1)", &[]).await
    else {
        panic!("the key was not unique")
    };
    assert_eq!((error.severity.as_str(), error.code.as_str()), ("ERROR", "23505"));
    assert_eq!(error.message, "duplicate key value violates unique constraint \"note_pkey\"");
    assert_eq!(error.detail.as_deref(), Some("Key (id)=(1) already exists."));
    let extra =
        |name: &str| error.extras.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(extra("constraint"), Some("note_pkey"));
    assert_eq!((extra("schema"), extra("table"), extra("column")), (Some("public"), Some("note"), None));
    assert_eq!(extra("routine"), Some("_bt_check_unique"));
    assert!(extra("line").is_some_and(|line| line.parse::<u32>().is_ok()));
    assert!(error.as_text.contains("note_pkey") && error.as_text.contains("23505"), "{}", error.as_text);
}

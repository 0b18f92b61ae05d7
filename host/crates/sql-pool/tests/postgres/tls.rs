//! TLS, to a server with a certificate of the test's own authority.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_postgres::NoTls;
use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_sql_pool::{CaRoot, Error, Limits, Pools, Value};

use crate::value;

/// Writes a text file as the server's own account, readable by that account only.
async fn write(client: &tokio_postgres::Client, name: &str, text: &str) {
    let sql = format!(
        "COPY (SELECT unnest(string_to_array('{}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'",
        text.trim()
    );
    client.batch_execute(&sql).await.unwrap();
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test]
async fn sslmode_and_roots_are_honoured() {
    let directory = std::env::temp_dir().join(format!("tradepost-tls-{}", std::process::id()));
    let cluster = Cluster::start(Options::new(&directory, Durability::Throwaway)).await.unwrap();
    let url = cluster.url("postgres");
    let pools = Pools::new(Limits::default());

    let required = format!("{url}?sslmode=require");
    let Err(Error::ConnectionFailed(text)) = pools.open(&required, None).await else {
        panic!("there is no TLS yet")
    };
    assert!(text.contains("does not offer TLS"), "{text}");
    let plain = pools.open(&url, None).await.unwrap();
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(value(&plain, encrypted).await, Value::Boolean(false));

    let authority = authority();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    write(&client, "server.crt", &certificate.pem()).await;
    write(&client, "server.key", &key.serialize_pem()).await;
    client.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();

    let ca_root = CaRoot::from_pem(&authority.pem()).unwrap();
    // The reload takes a moment. Each round is another address, so another pool.
    let mut round = 0;
    let lease = loop {
        round += 1;
        let address = format!("{required}&application_name=round{round}");
        match pools.open(&address, Some(&ca_root)).await {
            Ok(lease) => break lease,
            Err(error) if round > 100 => panic!("{error}"),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    assert_eq!(value(&lease, encrypted).await, Value::Boolean(true));

    let bound = pools.open(&format!("{required}&channel_binding=require"), Some(&ca_root)).await.unwrap();
    assert_eq!(value(&bound, encrypted).await, Value::Boolean(true));

    // Cancelling goes over TLS as well.
    let sleep = bound.execute("SELECT pg_sleep(60)", &[]);
    tokio::time::timeout(std::time::Duration::from_millis(200), sleep).await.unwrap_err();
    let start = std::time::Instant::now();
    while pools.statistics().connections_idle < pools.statistics().connections_open {
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "the statement was not cancelled");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }

    let preferring = pools.open(&format!("{url}?sslmode=prefer"), Some(&ca_root)).await.unwrap();
    assert_eq!(value(&preferring, encrypted).await, Value::Boolean(true));
    let disabled = pools.open(&format!("{url}?sslmode=disable"), Some(&ca_root)).await.unwrap();
    assert_eq!(value(&disabled, encrypted).await, Value::Boolean(false));

    let Err(Error::ConnectionFailed(text)) = pools.open(&required, None).await else {
        panic!("{required} was trusted")
    };
    assert!(text.contains("UnknownIssuer"), "{text}");
    let preferring = pools.open(&format!("{url}?sslmode=prefer"), None).await.unwrap();
    assert_eq!(value(&preferring, encrypted).await, Value::Boolean(true));
    let stranger = CaRoot::from_pem(&self::authority().pem()).unwrap();
    assert!(pools.open(&required, Some(&stranger)).await.is_err());
    let misnamed = required.replace("127.0.0.1", "localhost");
    let Err(Error::ConnectionFailed(text)) = pools.open(&misnamed, Some(&ca_root)).await else {
        panic!("wrong name")
    };
    assert!(text.contains("not valid for name"), "{text}");
}

#[tokio::test]
async fn a_root_that_is_no_certificate_is_refused() {
    for pem in ["", "no", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
        let Err(Error::Other(text)) = CaRoot::from_pem(pem) else { panic!("{pem} was accepted") };
        assert!(text.starts_with("invalid root certificate: "), "{text}");
    }
}

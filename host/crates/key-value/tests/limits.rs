//! What is refused, and that it leaves everything as it was.

use tradepost_key_value::{Error, MAX_KEY_BYTES, MAX_LABEL_BYTES, MAX_VALUE_BYTES, Stores};

#[tokio::test]
async fn keys_and_values_up_to_the_limits_are_kept_and_longer_ones_refused() {
    let dir = tempfile::tempdir().unwrap();
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();

    let longest = "é".repeat(MAX_KEY_BYTES / 2);
    views.set(&longest, vec![7; MAX_VALUE_BYTES]).await.unwrap();
    assert_eq!(views.get(&longest).unwrap(), Some(vec![7; MAX_VALUE_BYTES]));

    let too_long = format!("{longest}x");
    let length_bytes = MAX_KEY_BYTES + 1;
    let refused =
        |error: &Error| matches!(error, Error::KeyTooLong { length_bytes: n } if *n == length_bytes);
    assert!(refused(&views.get(&too_long).unwrap_err()));
    assert!(refused(&views.exists(&too_long).unwrap_err()));
    assert!(refused(&views.set(&too_long, Vec::new()).await.unwrap_err()));
    assert!(refused(&views.delete(&too_long).await.unwrap_err()));

    let error = views.set(&longest, vec![8; MAX_VALUE_BYTES + 1]).await.unwrap_err();
    assert_eq!(error.to_string(), "the value has 1048577 bytes, the limit is 1048576");
    assert_eq!(views.get(&longest).unwrap(), Some(vec![7; MAX_VALUE_BYTES]));
}

#[test]
fn a_label_has_a_name_of_reasonable_length() {
    let dir = tempfile::tempdir().unwrap();
    let stores = Stores::open(dir.path()).unwrap();
    assert!(stores.label(&"l".repeat(MAX_LABEL_BYTES)).is_ok());
    for refused in [String::new(), "l".repeat(MAX_LABEL_BYTES + 1)] {
        assert!(matches!(stores.label(&refused), Err(Error::LabelLength { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_large_writes_at_once_than_the_queue_holds_wait_and_are_all_made() {
    let dir = tempfile::tempdir().unwrap();
    let views = Stores::open(dir.path()).unwrap().label("default").unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..80 {
        let views = views.clone();
        writers.spawn(async move { views.set(&format!("{writer}"), vec![1; MAX_VALUE_BYTES]).await });
    }
    for written in writers.join_all().await {
        written.unwrap();
    }
    assert_eq!(views.keys().unwrap().count(), 80);
}

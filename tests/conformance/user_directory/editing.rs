//! Edits and erasures.

use super::{ADAPTERS, Directory, KEY_VALUE, POSTGRES, edit, user};
use crate::ground::{Ground, Plug};
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;

use super::port::exports::tradepost::identity::user_directory::{User, WriteError, Written};

fn after(before: &User, name: &str) -> User {
    User { name: name.to_owned(), version: before.version + 1, ..before.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_made_on_the_version_that_it_expects_and_on_no_other() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let first = user("first");
        directory.register(&first, "key").await.unwrap();
        let second = User {
            email: "second@example.com".to_owned(),
            verified_at: Some(7),
            scopes: "operations".to_owned(),
            ..after(&first, "second")
        };
        assert_eq!(directory.write(edit(&second, "second")).await, Ok(Written::Done), "{plug:?}");
        assert_eq!(directory.find(&first.id).await, Ok(Some(second.clone())), "{plug:?}");
        let far = User { version: u64::MAX, ..second.clone() };
        for stale in [after(&first, "third"), far, User { version: 9, ..second.clone() }] {
            let written = directory.write(edit(&stale, "second")).await;
            assert_eq!(written, Err(WriteError::VersionConflict), "{plug:?} {stale:?}");
        }
        let nobody = User { version: 2, ..user("nobody") };
        let written = directory.write(edit(&nobody, "nobody")).await;
        assert_eq!(written, Err(WriteError::VersionConflict), "{plug:?}");
        assert_eq!(directory.find(&first.id).await, Ok(Some(second)), "{plug:?}");
        assert_eq!(directory.find(&nobody.id).await, Ok(None), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_goes_from_one_user_to_another_and_never_belongs_to_two() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let (first, second) = (user("first"), user("second"));
        directory.register(&first, "first").await.unwrap();
        directory.register(&second, "second").await.unwrap();
        let taking = after(&second, "second");
        let taken = directory.write(edit(&taking, "first")).await;
        assert_eq!(taken, Err(WriteError::EmailTaken), "{plug:?}");
        assert_eq!(directory.find(&second.id).await, Ok(Some(second.clone())), "{plug:?}");
        directory.write(edit(&after(&first, "first"), "elsewhere")).await.unwrap();
        assert_eq!(directory.write(edit(&taking, "first")).await, Ok(Written::Done), "{plug:?}");
        assert_eq!(directory.register(&user("third"), "second").await, Ok(Written::Done), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_user_is_found_no_more_and_his_address_is_free() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let first = user("first");
        directory.register(&first, "key").await.unwrap();
        for other in [User { version: 2, ..first.clone() }, user("nobody")] {
            assert_eq!(directory.erase(&other).await, Ok(false), "{plug:?}");
        }
        let no_uuid = User { id: "user_x".to_owned(), ..first.clone() };
        assert_eq!(directory.erase(&no_uuid).await, Ok(false), "{plug:?}");
        assert_eq!(directory.erase(&first).await, Ok(true), "{plug:?}");
        assert_eq!(directory.erase(&first).await, Ok(true), "{plug:?}: as if for the first time");
        assert_eq!(directory.find(&first.id).await, Ok(None), "{plug:?}");
        let gone = User { version: 3, ..first.clone() };
        assert_eq!(directory.erase(&User { version: 2, ..first.clone() }).await, Ok(false), "{plug:?}");
        assert_eq!(directory.write(edit(&gone, "key")).await, Err(WriteError::VersionConflict), "{plug:?}");
        assert_eq!(directory.register(&user("second"), "key").await, Ok(Written::Done), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Directory::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut directory = Directory::unlucky_on(&ground, *plug, &mishap).await;
                let user = user("first");
                let key = format!("{moment:?} {ordinal}");
                another.register(&user, &key).await.unwrap();
                if directory.erase(&user).await != Ok(true) {
                    assert_eq!(directory.erase(&user).await, Ok(true), "{plug:?} {mishap:?}");
                }
                assert_eq!(another.find(&user.id).await, Ok(None), "{plug:?} {mishap:?}");
                let again = another.register(&super::user("heir"), &key).await;
                assert_eq!(again, Ok(Written::Done), "{plug:?} {mishap:?}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{plug:?} {mishap:?}");
                    break;
                }
            }
        }
    }
}

/// Only where the store promises it: see what the adapter on the other says of itself.
#[tokio::test(flavor = "multi_thread")]
async fn of_edits_of_one_version_at_once_one_is_made() {
    for plug in ADAPTERS.iter().filter(|plug| plug.package != KEY_VALUE.package) {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Directory::on(&ground, *plug))).await;
        let first = user("first");
        instances[0].register(&first, "key").await.unwrap();
        let written = join_all((0..).zip(instances.iter_mut()).map(|(n, instance)| {
            let entry = edit(&after(&first, &format!("rival {n}")), "key");
            instance.write(entry)
        }))
        .await;
        assert_eq!(written.iter().filter(|written| **written == Ok(Written::Done)).count(), 1, "{written:?}");
        let others = written.iter().filter(|written| **written == Err(WriteError::VersionConflict));
        assert_eq!(others.count(), 3, "{written:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_to_a_user_goes_to_the_outbox_in_order() {
    let plug: Plug = POSTGRES;
    let ground = Ground::fresh().await;
    let mut directory = Directory::on(&ground, plug).await;
    let first = user("first");
    directory.register(&first, "key").await.unwrap();
    let second = after(&first, "second");
    directory.write(edit(&second, "key")).await.unwrap();
    directory.write(edit(&second, "key")).await.unwrap_err();
    directory.erase(&second).await.unwrap();
    let client = ground.database.as_ref().unwrap().connect().await;
    let query = "SELECT sequence, type, subject = partitionkey AND subject LIKE 'user\\_%', data->>'name'
                 FROM identity.outbox ORDER BY position";
    let rows = client.query(query, &[]).await.unwrap();
    let told: Vec<(i64, String, bool, String)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let expected = [(1, "registered"), (2, "changed"), (3, "erased")];
    let expected =
        expected.map(|(n, name)| (n, format!("tradepost.identity.user-{name}.v1"), true, name.to_owned()));
    assert_eq!(told, expected);
}

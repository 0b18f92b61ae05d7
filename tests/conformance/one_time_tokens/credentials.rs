//! The port `identity/credentials`.

use super::{NOW, PHC, Purpose, ResetOutcome, Tokens, key, token, with_ann};
use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::identity::credentials::{Change, CredentialError};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/credentials@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(super) const POSTGRES: Plug =
    Plug { package: "credentials-postgres", granted_as: "identity-user-password" };

struct Credentials {
    adapter: Adapter,
    port: Port,
}

impl Credentials {
    async fn on(ground: &Ground) -> Self {
        let mut adapter = ground.instance(POSTGRES).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn find(&mut self, id: &str) -> Result<Option<String>, CredentialError> {
        call!(self.tradepost_identity_credentials.call_find(id.to_owned()))
    }

    async fn change(&mut self, change: Change) -> Result<Option<Vec<String>>, CredentialError> {
        call!(self.tradepost_identity_credentials.call_replace(change))
    }
}

fn change(user_id: &str, phc: &str, new_phc: &str, session: Option<&str>) -> Change {
    Change {
        user_id: user_id.to_owned(),
        phc: phc.to_owned(),
        new_phc: new_phc.to_owned(),
        session: session.map(str::to_owned),
        at: NOW,
        event_id: Uuid::now_v7().to_string(),
        traceparent: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_from_what_it_was_and_ends_all_sessions_but_one() {
    let (ground, ann) = with_ann().await;
    let mut credentials = Credentials::on(&ground).await;
    for nobody in [ann.as_str(), "x", "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11"] {
        assert_eq!(credentials.find(nobody).await, Ok(None), "{nobody}");
    }
    let mut tokens = Tokens::on(&ground).await;
    tokens.send(token(1, Purpose::PasswordReset), key("ann"), NOW).await.unwrap();
    assert_eq!(tokens.reset(1, NOW, None).await, Ok(ResetOutcome::Done(Vec::new())));
    assert_eq!(credentials.find(&ann).await, Ok(Some(PHC.to_owned())));

    let client = ground.database.as_ref().unwrap().connect().await;
    let sessions = "INSERT INTO identity.sessions (id, user_id, created_at, expires_at)
                    SELECT gen_random_uuid(), id, created_at, timestamptz '2100-01-01' FROM identity.users, generate_series(1, 2)
                    RETURNING id::text";
    let rows = client.query(sessions, &[]).await.unwrap();
    let (stays, ends): (String, String) = (rows[0].get(0), rows[1].get(0));
    let new = PHC.replace("aGFzaA", "b3RoZXI");
    let wrong = change(&ann, &PHC.replace("aGFzaA", "d3Jvbmc"), &new, Some(&stays));
    assert_eq!(credentials.change(wrong).await, Ok(None));
    assert_eq!(credentials.change(change(&ann, PHC, &new, Some(&stays))).await, Ok(Some(vec![ends])));
    assert_eq!(credentials.find(&ann).await, Ok(Some(new.clone())));
    // The same once more finds nothing left to do.
    assert_eq!(credentials.change(change(&ann, PHC, &new, Some(&stays))).await, Ok(Some(Vec::new())));
    assert_eq!(credentials.change(change(&ann, PHC, PHC, None)).await, Ok(None));
    assert_eq!(credentials.change(change(&ann, &new, PHC, None)).await, Ok(Some(vec![stays])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    let ground = Ground::away().await;
    let mut credentials = Credentials::on(&ground).await;
    let id = Uuid::now_v7().to_string();
    let found = credentials.find(&id).await;
    assert!(matches!(found, Err(CredentialError::Unavailable(_))), "{found:?}");
    let changed = credentials.change(change(&id, PHC, PHC, None)).await;
    assert!(matches!(changed, Err(CredentialError::Unavailable(_))), "{changed:?}");
}

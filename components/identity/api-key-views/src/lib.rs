//! Shows the gateway every API key as its events tell it: the projection that the views of API keys are.
//!
//! An event is all that is to be known of its key, so the last one counts, and what was revoked once stays so.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::Event;
use tradepost_events::identity::ApiKeyChanged;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-api-key-views;

            world component {
                import tradepost:identity/api-key-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::api_key_views::{Entry, ViewError, put};

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, show).await
}

/// Shows the keys of these events as they are after them.
async fn show(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let mut views: BTreeMap<String, Entry> = BTreeMap::new();
    for event in events {
        let changed = read(event)?;
        let was_revoked = views.get(&changed.digest).is_some_and(|there| there.revoked);
        let entry = Entry {
            id: changed.id.to_string(),
            scopes: changed.scopes.join(" "),
            revoked: changed.revoked || was_revoked,
        };
        views.insert(changed.digest, entry);
    }
    // All at once: a store that makes every write durable makes those durable together that wait together.
    try_join_all(views.into_iter().map(|(digest, entry)| put(digest, entry))).await.map_err(|error| {
        match error {
            ViewError::Unavailable(reason) => Outcome::Unavailable(reason),
            ViewError::Other(reason) => Outcome::Failed(reason),
        }
    })?;
    Ok(())
}

fn read(event: &CloudEvent) -> Result<ApiKeyChanged, Outcome> {
    if event.event_type != ApiKeyChanged::TYPE {
        return Err(Outcome::Rejected(format!("unknown event type `{}`", event.event_type)));
    }
    serde_json::from_value(event.data.clone()).map_err(|error| {
        Outcome::Rejected(format!("malformed payload of `{}`: {error}", ApiKeyChanged::TYPE))
    })
}

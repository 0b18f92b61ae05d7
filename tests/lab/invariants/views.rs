//! Views: what readers see is what is, and what the events make again when everything shown is wiped.

use crate::story::{Verdict, ensure};
use crate::world::World;
use serde_json::Value;
use std::collections::BTreeMap;
use tradepost_ids::{OrderId, PaymentId, ProductId};
use tradepost_subscriptions::SUBSCRIPTIONS;
use uuid::Uuid;

/// What the keys of products, orders and payments begin with.
const PRODUCT: &str = "product:";
const ORDER: &str = "order:";
const PAYMENT: &str = "payment:";

/// What a command puts there as a courtesy ends in this.
const RECENT: &str = ":recent";

/// Before the body: the format, the version, the length of the owner, which products have none.
const HEADER: usize = 1 + 8 + 2;

/// The entries of all projections by key.
fn projected(world: &World) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let store = world.app().store("default");
    let keys = store.keys().map_err(|error| error.to_string())?;
    let prefixes: Vec<&str> =
        SUBSCRIPTIONS.iter().filter_map(|subscription| subscription.view_prefix).collect();
    let mut entries = BTreeMap::new();
    for key in keys {
        let key = key.map_err(|error| error.to_string())?;
        if prefixes.iter().any(|prefix| key.starts_with(prefix)) && !key.ends_with(RECENT) {
            let entry = store.get(&key).map_err(|error| error.to_string())?;
            entries.insert(key, entry.unwrap_or_default());
        }
    }
    Ok(entries)
}

/// Every product is shown in the version that it has; an archived one is shown as gone.
pub(crate) async fn show_what_is(world: &World) -> Verdict {
    let rows = "SELECT id, version, name, price_amount, archived_at IS NOT NULL FROM catalog.products";
    let rows = world.sql.query(rows, &[]).await.map_err(|error| format!("{error:?}"))?;
    let mut entries = projected(world)?;
    entries.retain(|key, _| key.starts_with(PRODUCT));
    for row in rows {
        let (id, version): (Uuid, i64) = (row.get(0), row.get(1));
        let (name, price, archived): (String, i64, bool) = (row.get(2), row.get(3), row.get(4));
        let entry =
            entries.remove(&format!("{PRODUCT}{id}")).ok_or_else(|| format!("{name:?} is not shown"))?;
        let body = entry.get(HEADER..).unwrap_or_default();
        let shown = entry.get(1..9).and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
        ensure(shown == Some(version), || format!("{name:?} is shown at {shown:?} and not at {version}"))?;
        if archived {
            ensure(body.is_empty(), || format!("{name:?} is archived and shown"))?;
        } else {
            let body: Value = serde_json::from_slice(body).map_err(|error| format!("{name:?}: {error}"))?;
            let same = body["name"] == name && body["price"]["amount"] == price && body["version"] == version;
            ensure(same, || format!("{name:?} is shown as {body}"))?;
        }
    }
    ensure(entries.is_empty(), || format!("shown, but nothing there: {:?}", entries.keys()))
}

/// What a projection's keys hold comes from events that have left the outbox: nobody but the projection writes them.
/// This holds at any moment, not only at rest.
pub(crate) async fn are_the_projections_own(world: &World) -> Verdict {
    for (key, entry) in projected(world)? {
        let version = entry.get(1..9).and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
        let Some((prefix, id)) =
            key.split_once(':').and_then(|(prefix, id)| Some((prefix, id.parse().ok()?)))
        else {
            continue;
        };
        let id: Uuid = id;
        let subject = match format!("{prefix}:").as_str() {
            PRODUCT => ProductId::from_uuid(id).to_string(),
            ORDER => OrderId::from_uuid(id).to_string(),
            PAYMENT => PaymentId::from_uuid(id).to_string(),
            // A customer's list is of many orders, and has no version of its own.
            _ => continue,
        };
        let dispatched = "SELECT EXISTS (
            SELECT FROM messaging.events
            WHERE sequence = $2 AND $1 IN (data ->> 'id', data -> 'order' ->> 'id', data -> 'payment' ->> 'id'))";
        let row = world.sql.query_one(dispatched, &[&subject, &version.unwrap_or_default()]).await;
        let dispatched: bool = row.map_err(|error| format!("{error:?}"))?.get(0);
        ensure(dispatched, || {
            format!("{key} shows version {version:?}, which nobody has told the projection of")
        })?;
    }
    Ok(())
}

/// Wipes what the projections have shown, has all their events delivered again, and compares byte by byte.
pub(crate) async fn equal_their_replay(world: &mut World) -> Verdict {
    let shown = projected(world)?;
    let store = world.app().store("default");
    for key in shown.keys() {
        store.delete(key).await.map_err(|error| error.to_string())?;
    }
    for projection in SUBSCRIPTIONS.iter().filter(|subscription| subscription.view_prefix.is_some()) {
        let replay = "SELECT replayed FROM messaging.replay($1, $2, NULL, NULL, NULL, 1000, $3)";
        let (types, key) = (projection.event_types.to_vec(), projection.key_member);
        let replayed = world.sql.query_one(replay, &[&projection.consumer, &types, &key]).await;
        replayed.map_err(|error| format!("{error:?}"))?;
    }
    world.recover().await?;
    let again = projected(world)?;
    ensure(again == shown, || {
        let different: Vec<&String> =
            shown.keys().chain(again.keys()).filter(|key| shown.get(*key) != again.get(*key)).collect();
        format!("{different:?} are not the same")
    })
}

//! The keys that are good.

use tradepost_endpoint::{Admitted, Page, Reply};
use tradepost_identity::ApiKey;
use tradepost_ids::KeyId;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::ports::tradepost::identity::api_key_search::{self as search, SearchError, Start};
use crate::ports::tradepost::identity::api_key_views::{ViewError, last_uses};

pub(crate) async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let page = request.query(Page::<KeyId>::read)?;
    let start = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Start::After(id.as_uuid().to_string()),
        (None, Some(id)) => Start::Before(id.as_uuid().to_string()),
        (None, None) => Start::Top,
    };
    let found = search::list_keys(start, page.limit()).await.map_err(|error| match error {
        SearchError::Unavailable(cause) => Problem::unavailable(cause),
        SearchError::Other(cause) => Problem::internal(cause),
    })?;
    let mut keys = found.api_keys.into_iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
    let ids = keys.iter().map(|(id, _)| id.to_string()).collect();
    let uses = last_uses(ids).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    for ((_, key), used) in keys.iter_mut().zip(uses) {
        key.last_used_at = used.map(Timestamp::from_micros);
    }
    Reply::list(request, &page, &keys, found.has_more)
}

fn key_of(key: search::ApiKey) -> Result<(KeyId, ApiKey), Problem> {
    let id = KeyId::from_uuid(Uuid::try_parse(&key.id).map_err(Problem::internal)?);
    let key = ApiKey {
        id,
        name: key.name,
        scopes: key.scopes.parse().map_err(Problem::internal)?,
        created_by: key.created_by,
        created_at: Timestamp::from_micros(key.created_at),
        last_used_at: None,
    };
    Ok((id, key))
}

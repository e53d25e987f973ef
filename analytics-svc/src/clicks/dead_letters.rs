//! Entries that cannot be understood are set aside, so that the rest goes on.

use fred::clients::Client;
use fred::error::Error;
use fred::interfaces::{StreamsInterface as _, TransactionInterface as _};
use fred::types::Value;

use super::batch::Poison;
use super::entries::GROUP;

/// Moves the entries to `<stream>:dlq` with the fields `b` (the payload as it was), `id` (of the entry) and `error`, and
/// acknowledges them. Both happen or neither, so that an entry is there once.
pub async fn set_aside(client: &Client, stream: &str, poison: &[Poison]) -> Result<(), Error> {
    for Poison { entry, error } in poison {
        tracing::warn!(stream, entry = entry.id, error, "an entry cannot be understood and goes to the dead letters");
        let transaction = client.multi();
        let fields: Vec<(&str, Value)> = vec![
            ("b", entry.payload.clone().map_or(Value::Null, Value::Bytes)),
            ("id", entry.id.as_str().into()),
            ("error", error.as_str().into()),
        ];
        let fields: Vec<(&str, Value)> = fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
        transaction.xadd::<(), _, _, _, _>(format!("{stream}:dlq"), false, None, "*", fields).await?;
        transaction.xack::<(), _, _, _>(stream, GROUP, entry.id.as_str()).await?;
        transaction.exec::<Value>(true).await?;
    }
    Ok(())
}

//! Creates that may be repeated: the first answer to a key is kept in the transaction of the create and given again.

use curtail_rpc::Error;
use prost::Message;
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use crate::app::App;
use crate::limits;
use crate::refusal::{self, invalid};
use crate::store::idempotency::{self, Remembered};

/// A key together with what was asked for under it.
#[derive(Debug)]
pub struct Ticket {
    workspace: i64,
    key: String,
    request_hash: Vec<u8>,
}

impl Ticket {
    /// Reads the key of a request; none when it is empty. The same key of another user, RPC or with another content is
    /// another request.
    pub fn read(
        key: &str,
        rpc: &'static str,
        workspace: i64,
        user: i64,
        request: &impl Message,
    ) -> Result<Option<Self>, Error> {
        if key.is_empty() {
            return Ok(None);
        }
        if key.len() > limits::IDEMPOTENCY_KEY_BYTES || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "1 to 128 visible ASCII characters";
            return Err(invalid("IDEMPOTENCY_KEY_INVALID", "idempotencyKey", message));
        }
        let hash = Sha256::new()
            .chain_update(rpc)
            .chain_update(user.to_be_bytes())
            .chain_update(request.encode_to_vec())
            .finalize();
        Ok(Some(Self { workspace, key: key.to_owned(), request_hash: hash.to_vec() }))
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The answer as it is kept.
    pub fn answer(&self, response: &impl Message) -> Remembered {
        Remembered { request_hash: self.request_hash.clone(), response: response.encode_to_vec() }
    }

    /// The answer that was given before, if the key is known. A conflict when it belongs to another request.
    pub async fn recall<R: Message + Default>(&self, app: &App, now: OffsetDateTime) -> Result<Option<R>, Error> {
        let oldest = now - Duration::hours(limits::IDEMPOTENCY_HOURS);
        let found = idempotency::recall(&app.pool, self.workspace, &self.key, oldest).await.map_err(refusal::store)?;
        match found {
            None => Ok(None),
            Some(found) if found.request_hash != self.request_hash => Err(refusal::idempotency_key_reused()),
            Some(found) => R::decode(found.response.as_slice()).map(Some).map_err(Error::internal),
        }
    }
}

#[cfg(test)]
mod tests {
    use curtail_proto::links::v1::NewLink;

    use super::*;

    fn read(key: &str, user: i64, url: &str) -> Result<Option<Ticket>, Error> {
        Ticket::read(key, "CreateLink", 1, user, &NewLink { url: url.to_owned(), ..NewLink::default() })
    }

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        assert!(read("", 1, "u").unwrap().is_none());
        assert!(read(&"k".repeat(128), 1, "u").unwrap().is_some());
        for key in ["k".repeat(129).as_str(), "a b", "a\n", "é", "\0", "\u{7f}"] {
            assert_eq!(read(key, 1, "u").unwrap_err().reason, "IDEMPOTENCY_KEY_INVALID", "{key:?}");
        }
    }

    #[test]
    fn who_asks_and_what_for_is_part_of_the_request() {
        let hash = |user, url| read("k", user, url).unwrap().unwrap().request_hash;
        assert_eq!(hash(1, "u"), hash(1, "u"));
        assert_ne!(hash(1, "u"), hash(2, "u"));
        assert_ne!(hash(1, "u"), hash(1, "v"));
    }
}

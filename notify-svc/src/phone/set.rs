//! Taking a number.

use std::sync::PoisonError;

use curtail_rpc::Error;
use rand::RngExt as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::code::Codes;
use super::{CODE_LIFE, MAX_CODES, Phone, Phones, QUOTA_WINDOW, refusal};
use crate::store::messages::{self, Medium};
use crate::store::{phone_numbers, phone_quotas};
use crate::store_error;
use crate::text::{CODE, Number};

impl Phones {
    /// Takes a number in place of the one before and sends a code to it; of the number that is confirmed already nothing changes.
    ///
    /// # Errors
    /// `TOO_MANY_PHONE_CODES`; when the database is unavailable.
    pub async fn set(&self, user_id: i64, number: &Number) -> Result<Phone, Error> {
        let now = self.clock.now();
        let known = self.get(user_id).await?;
        if let Some(phone) = known.filter(|phone| phone.verified && phone.number == number.as_str()) {
            return Ok(phone);
        }
        let mut tx = self.pool.begin().await.map_err(store_error)?;
        self.spend(&mut tx, user_id, number, now).await?;
        let (code, id) = self.draw();
        let hash = self.codes.hash(user_id, number.as_str(), &code);
        let put = phone_numbers::put(&mut *tx, user_id, number.as_str(), &hash, now + CODE_LIFE).await;
        put.map_err(store_error)?;
        // Neither an older code nor news that were meant for another number are any good now.
        messages::withdraw_texts(&mut *tx, user_id, now).await.map_err(store_error)?;
        let message = messages::Row {
            id,
            medium: Medium::Text,
            kind: CODE.to_owned(),
            user_id: Some(user_id),
            workspace_id: 0,
            address: number.to_string(),
            full_name: String::new(),
            data: json!({"code": code}),
            attempts: 0,
            created_at: now,
            error: String::new(),
        };
        messages::add(&mut *tx, &[message], now).await.map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        self.wake.texts();
        Ok(Phone { number: number.to_string(), verified: false })
    }

    /// Counts a code, unless there were too many; then the transaction is not to be committed. The user always comes before the
    /// number, so that two transactions never wait for each other.
    async fn spend(
        &self,
        tx: &mut PgConnection,
        user_id: i64,
        number: &Number,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        for subject in self.codes.subjects(user_id, number) {
            let asked = phone_quotas::note(&mut *tx, &subject, now, QUOTA_WINDOW).await.map_err(store_error)?;
            if asked.len() > MAX_CODES {
                let first = asked.first().copied().unwrap_or(now);
                return Err(refusal::too_many_codes(first + QUOTA_WINDOW - now));
            }
        }
        Ok(())
    }

    /// A code, and the id of its message.
    fn draw(&self) -> (String, Vec<u8>) {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        (Codes::make(&mut *rng), rng.random::<[u8; 16]>().to_vec())
    }
}

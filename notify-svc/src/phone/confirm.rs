//! Confirming a number.

use curtail_rpc::Error;

use super::code::Codes;
use super::{MAX_ATTEMPTS, Phone, Phones, refusal};
use crate::store::phone_numbers;
use crate::store_error;

impl Phones {
    /// Confirms the number of a user by the code that was sent to it. Nothing changes when it is confirmed already.
    ///
    /// # Errors
    /// As in [`refusal`]; when the database is unavailable.
    pub async fn confirm(&self, user_id: i64, code: &str) -> Result<Phone, Error> {
        if !Codes::is_code(code) {
            return Err(refusal::malformed_code());
        }
        let now = self.clock.now();
        let mut tx = self.pool.begin().await.map_err(store_error)?;
        // The lock makes guesses that come at once come one after the other.
        let row = phone_numbers::lock(&mut *tx, user_id).await.map_err(store_error)?;
        let row = row.ok_or_else(refusal::no_number)?;
        let (Some(hash), Some(expires_at)) = (&row.code_hash, row.expires_at) else { return Ok(row.into()) };
        if now >= expires_at {
            return Err(refusal::code_expired());
        }
        if row.attempts >= MAX_ATTEMPTS {
            return Err(refusal::code_used_up());
        }
        if !self.codes.fits(hash, user_id, &row.number, code) {
            phone_numbers::count_attempt(&mut *tx, user_id).await.map_err(store_error)?;
            tx.commit().await.map_err(store_error)?;
            let left = MAX_ATTEMPTS - row.attempts - 1;
            return Err(if left == 0 { refusal::code_used_up() } else { refusal::wrong_code(left) });
        }
        phone_numbers::verify(&mut *tx, user_id, now).await.map_err(store_error)?;
        tx.commit().await.map_err(store_error)?;
        Ok(Phone { number: row.number, verified: true })
    }
}

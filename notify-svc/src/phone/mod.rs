//! The telephone numbers of users: taken, confirmed by a code, forgotten.
//!
//! A number belongs to whoever reads what is sent to it. Until that is proven nothing but codes goes there, and few of those: each one
//! costs money and disturbs someone.

mod code;
mod confirm;
pub mod refusal;
mod set;

use std::sync::{Arc, Mutex};

use curtail_clock::Clock;
use curtail_rpc::Error;
use rand::rngs::StdRng;
use sqlx::PgPool;
use time::Duration;

use self::code::Codes;
use crate::sender::Wake;
use crate::store::{messages, phone_numbers};
use crate::store_error;

/// How long a code is good.
pub const CODE_LIFE: Duration = Duration::minutes(10);

/// How often a code may be guessed wrong.
pub const MAX_ATTEMPTS: i16 = 5;

/// The most codes for one user, and to one number, within [`QUOTA_WINDOW`].
pub const MAX_CODES: usize = 3;

/// The time in which codes are counted.
pub const QUOTA_WINDOW: Duration = Duration::HOUR;

/// A number as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// As in E.164.
    pub number: String,
    /// Whether it is confirmed.
    pub verified: bool,
}

/// The numbers of all users. Clones share everything.
#[derive(Clone)]
pub struct Phones {
    pool: PgPool,
    clock: Clock,
    codes: Codes,
    rng: Arc<Mutex<StdRng>>,
    wake: Wake,
}

impl Phones {
    /// Over the schema of `pool`, with keys that are derived from `notify.master_key`; `rng` makes codes, `wake` tells the sender.
    pub fn new(pool: PgPool, clock: Clock, master: &[u8; 32], rng: StdRng, wake: Wake) -> Self {
        Self { pool, clock, codes: Codes::derive(master), rng: Arc::new(Mutex::new(rng)), wake }
    }

    /// The number of a user.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn get(&self, user_id: i64) -> Result<Option<Phone>, Error> {
        let row = phone_numbers::find(&self.pool, user_id).await.map_err(store_error)?;
        Ok(row.map(Phone::from))
    }

    /// Forgets the number of a user, and what waits to be sent to it.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn remove(&self, user_id: i64) -> Result<(), Error> {
        let mut tx = self.pool.begin().await.map_err(store_error)?;
        phone_numbers::delete(&mut *tx, user_id).await.map_err(store_error)?;
        messages::withdraw_texts(&mut *tx, user_id, self.clock.now()).await.map_err(store_error)?;
        tx.commit().await.map_err(store_error)
    }
}

impl From<phone_numbers::Row> for Phone {
    fn from(row: phone_numbers::Row) -> Self {
        Self { number: row.number, verified: row.verified_at.is_some() }
    }
}

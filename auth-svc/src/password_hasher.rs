//! Password hashing: argon2id, off the async threads, a few at a time (S14).

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::{CryptoRng, RngExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use crate::Error;
use crate::domain::Password;

/// Whether a password belongs to a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    Mismatch,
    Match,
    /// It does as it was sent, but not in its form: the hash is older than the form and should be replaced.
    RawMatch,
}

impl Verification {
    /// Whether the password is right.
    pub(crate) fn is_match(self) -> bool {
        self != Self::Mismatch
    }
}

/// Hashes and checks passwords.
///
/// A hash costs tens of milliseconds of CPU and megabytes of memory by design, so clients must not decide
/// how many run: `hash_concurrency` do. Others wait for at most `hash_queue_ms` and are then refused.
#[derive(Clone)]
pub(crate) struct PasswordHasher {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    queue: Duration,
    /// Checked when there is no account, so that an unknown account and a wrong password take the same time (S11).
    dummy: Arc<str>,
}

impl PasswordHasher {
    /// Takes the costs from the settings.
    pub(crate) fn new(settings: &curtail_config::Auth, rng: &mut impl CryptoRng) -> anyhow::Result<Self> {
        let params = Params::new(settings.argon2_memory_kib, settings.argon2_passes, settings.argon2_lanes, None)
            .map_err(|error| anyhow::anyhow!("auth.argon2_*: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash(&argon2, &rng.random::<[u8; 32]>(), rng.random())?.into();
        let slots = Arc::new(Semaphore::new(settings.hash_concurrency));
        Ok(Self { argon2, slots, queue: Duration::from_millis(settings.hash_queue_ms), dummy })
    }

    /// A PHC string of a new password.
    pub(crate) async fn hash(&self, password: Password, rng: &mut impl CryptoRng) -> Result<String, Error> {
        let (argon2, salt) = (self.argon2.clone(), rng.random());
        self.run(move || hash(&argon2, password.expose().as_bytes(), salt)).await?
    }

    /// Checks a password against the hash. Without a hash it is a mismatch, at the same cost.
    pub(crate) async fn verify(&self, password: Password, phc: Option<&str>) -> Result<Verification, Error> {
        let (argon2, has_hash) = (self.argon2.clone(), phc.is_some());
        let phc = phc.unwrap_or(&self.dummy).to_owned();
        let verification = self.run(move || verify_forms(&argon2, &password, &phc)).await??;
        Ok(if has_hash { verification } else { Verification::Mismatch })
    }

    /// The hash of a random password.
    pub(crate) fn unusable(&self) -> &str {
        &self.dummy
    }

    /// Whether a hash has other costs than the current ones.
    pub(crate) fn is_outdated(&self, phc: &str) -> bool {
        let params = PasswordHash::new(phc).ok().and_then(|hash| Params::try_from(&hash).ok());
        let ours = self.argon2.params();
        params.is_none_or(|p| (p.m_cost(), p.t_cost(), p.p_cost()) != (ours.m_cost(), ours.t_cost(), ours.p_cost()))
    }

    /// Runs work when a slot is free. The work owns the slot: a caller that disconnects does not free it while the CPU is
    /// still busy.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = self.slot().await?;
        spawn_blocking(move || {
            let _place = place;
            work()
        })
        .await
        .map_err(|error| Error::Internal(error.into()))
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = tokio::time::timeout(self.queue, Arc::clone(&self.slots).acquire_owned()).await;
        place.map_err(|_| Error::HashingBusy)?.map_err(|_| Error::HashingBusy)
    }
}

impl std::fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordHasher").field("slots", &self.slots.available_permits()).finish_non_exhaustive()
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: [u8; 16]) -> Result<String, Error> {
    let hash = argon2.hash_password_with_salt(password, &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(anyhow::anyhow!("argon2: {error}")))
}

/// The form first, then the password as it was sent.
fn verify_forms(argon2: &Argon2<'_>, password: &Password, phc: &str) -> Result<Verification, Error> {
    if verify(argon2, password.expose().as_bytes(), phc)? {
        return Ok(Verification::Match);
    }
    match password.expose_raw() {
        Some(raw) if verify(argon2, raw.as_bytes(), phc)? => Ok(Verification::RawMatch),
        _ => Ok(Verification::Mismatch),
    }
}

fn verify(argon2: &Argon2<'_>, password: &[u8], phc: &str) -> Result<bool, Error> {
    use argon2::password_hash::Error as Wrong;
    let hash = PasswordHash::new(phc).map_err(|error| Error::Internal(anyhow::anyhow!("stored hash: {error}")))?;
    match argon2.verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(Wrong::PasswordInvalid) => Ok(false),
        Err(error) => Err(Error::Internal(anyhow::anyhow!("argon2: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    fn passwords(adjust: impl FnOnce(&mut curtail_config::Auth)) -> PasswordHasher {
        let mut settings = curtail_config::Config::for_tests().auth;
        adjust(&mut settings);
        PasswordHasher::new(&settings, &mut StdRng::seed_from_u64(1)).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned(), "password").unwrap()
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let passwords = passwords(|_| {});
        let phc = passwords.hash(password("right"), &mut StdRng::seed_from_u64(2)).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$"));
        let verify = async |text: &str, phc: Option<&str>| passwords.verify(password(text), phc).await.unwrap();
        assert_eq!(verify("right", Some(&phc)).await, Verification::Match);
        assert_eq!(verify("wrong", Some(&phc)).await, Verification::Mismatch);
        assert_eq!(verify("right", None).await, Verification::Mismatch);
        assert!(!passwords.is_outdated(&phc));
    }

    #[tokio::test]
    async fn a_hash_of_the_raw_password_still_fits() {
        let passwords = passwords(|_| {});
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
        let raw = hash(&passwords.argon2, decomposed.as_bytes(), [1; 16]).unwrap();
        let verify = async |text: &str| passwords.verify(password(text), Some(&raw)).await.unwrap();
        assert_eq!(verify(decomposed).await, Verification::RawMatch);
        assert_eq!(verify(composed).await, Verification::Mismatch);
        let phc = passwords.hash(password(decomposed), &mut StdRng::seed_from_u64(2)).await.unwrap();
        assert_eq!(passwords.verify(password(composed), Some(&phc)).await.unwrap(), Verification::Match);
        assert_eq!(passwords.verify(password(decomposed), Some(&phc)).await.unwrap(), Verification::Match);
    }

    #[tokio::test]
    async fn other_costs_make_a_hash_outdated() {
        let phc = passwords(|_| {}).hash(password("x"), &mut StdRng::seed_from_u64(2)).await.unwrap();
        assert!(passwords(|settings| settings.argon2_passes += 1).is_outdated(&phc));
    }

    #[tokio::test]
    async fn s14_who_finds_no_place_in_time_is_sent_away() {
        let passwords = passwords(|settings| (settings.hash_concurrency, settings.hash_queue_ms) = (1, 10));
        let place = passwords.slot().await.unwrap();
        assert!(matches!(passwords.verify(password("x"), None).await, Err(Error::HashingBusy)));
        drop(place);
        assert_eq!(passwords.verify(password("x"), None).await.unwrap(), Verification::Mismatch);
    }
}

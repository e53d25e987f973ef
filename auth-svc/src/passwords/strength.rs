//! How hard a password is to guess, by estimate and not by character classes; and passwords that are.

use curtail_proto::auth::v1::{
    EstimatePasswordRequest, EstimatePasswordResponse, GeneratePasswordRequest, GeneratePasswordResponse,
};
use rand::{CryptoRng, RngExt as _};
use tonic::Request;
use zxcvbn::zxcvbn;

use crate::domain::Password;
use crate::{App, Error};

/// For any caller: a sign-up form needs it before there is a user.
pub(crate) async fn estimate_password(
    app: &App,
    request: Request<EstimatePasswordRequest>,
) -> Result<EstimatePasswordResponse, Error> {
    curtail_rpc::caller(&request)?;
    let request = request.into_inner();
    let password = Password::parse(request.password, "password")?;
    let inputs: Vec<&str> = request.user_inputs.iter().map(String::as_str).collect();
    if inputs.len() > MAX_USER_INPUTS || inputs.iter().any(|input| input.len() > MAX_USER_INPUT_BYTES) {
        return Err(Error::USER_INPUTS_INVALID);
    }
    let strength = estimate(&password, &inputs);
    Ok(EstimatePasswordResponse {
        score: strength.score.into(),
        acceptable: is_acceptable(&password, &strength, app.settings.min_password_score),
        warning: strength.warning,
        suggestions: strength.suggestions,
    })
}

/// For any caller: a sign-up form needs it before there is a user.
pub(crate) async fn generate_password(
    app: &App,
    request: Request<GeneratePasswordRequest>,
) -> Result<GeneratePasswordResponse, Error> {
    curtail_rpc::caller(&request)?;
    Ok(GeneratePasswordResponse { password: generate(&mut app.entropy.fork()) })
}

/// Words of the user that count as known to an attacker, at most.
pub(crate) const MAX_USER_INPUTS: usize = 10;
/// The longest of them, in bytes.
pub(crate) const MAX_USER_INPUT_BYTES: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strength {
    /// 0 (guessed at once) to 4 (very strong).
    pub(crate) score: u8,
    /// What makes it weak; may be empty.
    pub(crate) warning: String,
    pub(crate) suggestions: Vec<String>,
}

/// Estimates a password. zxcvbn looks at the first 100 characters, so the cost is bounded.
pub(crate) fn estimate(password: &Password, user_inputs: &[&str]) -> Strength {
    let entropy = zxcvbn(password.expose(), user_inputs);
    let feedback = entropy.feedback();
    Strength {
        score: entropy.score().into(),
        warning: feedback
            .and_then(|feedback| feedback.warning())
            .map(|warning| warning.to_string())
            .unwrap_or_default(),
        suggestions: feedback
            .map(|feedback| feedback.suggestions().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

/// Whether a password may be a new one, at this least score.
pub(crate) fn is_acceptable(password: &Password, strength: &Strength, min_score: u32) -> bool {
    password.is_long_enough() && u32::from(strength.score) >= min_score
}

/// Refuses a new password that is too easy to guess.
pub(crate) fn require(
    password: &Password,
    user_inputs: &[&str],
    min_score: u32,
    field: &'static str,
) -> Result<(), Error> {
    let strength = estimate(password, user_inputs);
    if is_acceptable(password, &strength, min_score) {
        return Ok(());
    }
    let warning = if password.is_long_enough() { strength.warning } else { "Use at least 8 characters.".to_owned() };
    Err(Error::WeakPassword { field, score: strength.score, warning })
}

/// Four groups of five characters that cannot be mistaken for each other: 100 bits, easy to read out and to type.
pub(crate) fn generate(rng: &mut impl CryptoRng) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut group = || -> String { (0..5).map(|_| char::from(ALPHABET[rng.random_range(0..32)])).collect() };
    [group(), group(), group(), group()].join("-")
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng as _, rngs::StdRng};

    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned(), "password").unwrap()
    }

    #[test]
    fn common_and_personal_passwords_are_weak() {
        for weak in ["password", "Passw0rd!", "qwertyuiop", "12345678", "ada@example.com", "short"] {
            assert!(require(&password(weak), &["ada@example.com", "Ada Lovelace"], 3, "password").is_err(), "{weak}");
        }
        assert!(require(&password("lovely-violet-otter-stapler"), &[], 3, "password").is_ok());
    }

    #[test]
    fn eight_characters_are_needed_even_at_score_zero() {
        assert!(require(&password("1234567"), &[], 0, "password").is_err());
        assert!(require(&password("12345678"), &[], 0, "password").is_ok());
    }

    #[test]
    fn generated_passwords_pass_at_the_highest_score() {
        let mut rng = StdRng::seed_from_u64(1);
        let (one, two) = (generate(&mut rng), generate(&mut rng));
        assert_ne!(one, two);
        assert_eq!(estimate(&password(&one), &[]).score, 4);
        assert_eq!(one.len(), 23);
    }

    #[test]
    fn the_longest_password_is_estimated_in_bounded_time() {
        let started = std::time::Instant::now();
        estimate(&password(&"password1!Aq".repeat(21)), &["x".repeat(MAX_USER_INPUT_BYTES).as_str(); MAX_USER_INPUTS]);
        assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
    }
}

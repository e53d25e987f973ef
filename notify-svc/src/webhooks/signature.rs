//! The signature of Standard Webhooks: HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::secret::Secret;

/// The header `webhook-signature`: one signature for each secret. `seconds` is the header `webhook-timestamp`.
pub fn sign(secrets: &[Secret], message_id: &str, seconds: i64, body: &str) -> String {
    let signed = format!("{message_id}.{seconds}.{body}");
    let signatures = secrets.iter().map(|secret| format!("v1,{}", BASE64_STANDARD.encode(mac(secret, &signed))));
    signatures.collect::<Vec<_>>().join(" ")
}

fn mac(secret: &Secret, signed: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn each_secret_signs_and_everything_counts() {
        let mut rng = StdRng::seed_from_u64(1);
        let (new, old) = (Secret::generate(&mut rng), Secret::generate(&mut rng));
        let both = sign(&[new.clone(), old.clone()], "msg_1", 1_700_000_000, "{}");
        let one = |secret: &Secret, id, at, body| sign(std::slice::from_ref(secret), id, at, body);
        let expected = [one(&new, "msg_1", 1_700_000_000, "{}"), one(&old, "msg_1", 1_700_000_000, "{}")].join(" ");
        assert_eq!(both, expected);
        // "v1," and 32 bytes in base64.
        assert_eq!(expected.split(' ').map(str::len).collect::<Vec<_>>(), [47, 47]);
        for other in [
            one(&new, "msg_2", 1_700_000_000, "{}"),
            one(&new, "msg_1", 1_700_000_001, "{}"),
            one(&new, "msg_1", 1_700_000_000, "{ }"),
        ] {
            assert!(!both.contains(&other));
        }
    }
}

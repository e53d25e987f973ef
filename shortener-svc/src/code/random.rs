//! Random codes. They come from a CSPRNG, never from a counter: who knows one code knows nothing about the next (S9).

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rand::{CryptoRng, RngExt as _};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How often a code is drawn for one link before giving up. By then the codes are four characters longer than at first.
pub const ATTEMPTS: usize = 8;

/// Draws codes, and knows how long they have to be.
#[derive(Debug)]
pub struct Codes {
    /// Length of a first try. It only grows: when two draws in a row were taken, codes of this length are becoming dense.
    length: AtomicUsize,
}

impl Codes {
    /// Codes that begin with `length` characters.
    pub fn new(length: usize) -> Self {
        Self { length: AtomicUsize::new(length) }
    }

    /// A code for try number `attempt` (from 0) of one link. Each second try is a character longer.
    pub fn draw(&self, attempt: usize, rng: &mut dyn CryptoRng) -> String {
        let length = self.length.load(Relaxed) + attempt / 2;
        loop {
            let code: String = (0..length).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect();
            if !curtail_routes::is_reserved(&code) {
                return code;
            }
        }
    }

    /// Tells that a code of `length` characters was free although shorter ones had been taken: later links begin there.
    pub fn settled_at(&self, length: usize) {
        self.length.fetch_max(length, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn s09_codes_are_base62_and_share_no_order() {
        let codes = Codes::new(7);
        let mut rng = StdRng::seed_from_u64(9);
        let drawn: Vec<_> = (0..20_000).map(|_| codes.draw(0, &mut rng)).collect();
        assert!(drawn.iter().all(|code| code.len() == 7 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())));
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        // Every character at every place, about equally often: 20,000 / 62 = 323, standard deviation 18.
        for place in 0..7 {
            let mut seen = [0u32; 128];
            drawn.iter().for_each(|code| seen[usize::from(code.as_bytes()[place])] += 1);
            assert!(ALPHABET.iter().all(|c| (210..440).contains(&seen[usize::from(*c)])), "place {place}");
        }
        let rising = drawn.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((9_500..10_500).contains(&rising), "{rising}");
    }

    #[test]
    fn length_grows_with_tries_and_stays() {
        let codes = Codes::new(7);
        let mut rng = StdRng::seed_from_u64(1);
        let lengths: Vec<_> = (0..ATTEMPTS).map(|attempt| codes.draw(attempt, &mut rng).len()).collect();
        assert_eq!(lengths, [7, 7, 8, 8, 9, 9, 10, 10]);
        codes.settled_at(8);
        codes.settled_at(7);
        assert_eq!(codes.draw(0, &mut rng).len(), 8);
    }
}

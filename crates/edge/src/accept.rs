//! The media ranges of `Accept` (RFC 9110, section 12.5.1).

use http::{HeaderMap, header};

/// More ranges than this are not read; no client needs them.
const MAX_RANGES: usize = 64;

/// One range with its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaRange<'a> {
    /// As in `text/html` or `*/*`, in the case that was sent.
    pub range: &'a str,
    /// Its weight in thousandths, 1000 without one; a malformed weight is 0.
    pub weight: u16,
}

/// Returns the media ranges of a request, in the order that they were sent.
pub fn media_ranges(headers: &HeaderMap) -> impl Iterator<Item = MediaRange<'_>> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).take(MAX_RANGES).map(media_range)
}

fn media_range(text: &str) -> MediaRange<'_> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default();
    let weight = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(1000, |(_, value)| (value.trim().parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0) * 1000.0) as u16);
    MediaRange { range, weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_their_weights_and_a_malformed_one_is_zero() {
        let headers = HeaderMap::from_iter([(
            header::ACCEPT,
            "text/html, a/b;level=1; Q=0.5 ,c/d;q=abc,*/*;q=NaN,e/f;q=7".parse().unwrap(),
        )]);
        let ranges: Vec<_> = media_ranges(&headers).map(|each| (each.range, each.weight)).collect();
        assert_eq!(ranges, [("text/html", 1000), ("a/b", 500), ("c/d", 0), ("*/*", 0), ("e/f", 1000)]);
        assert_eq!(media_ranges(&HeaderMap::new()).count(), 0);
        let many = HeaderMap::from_iter([(header::ACCEPT, "a/b,".repeat(1000).parse().unwrap())]);
        assert_eq!(media_ranges(&many).count(), MAX_RANGES);
    }
}

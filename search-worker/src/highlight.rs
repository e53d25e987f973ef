//! Where in a link the words of a question stand.

use std::ops::Range;

use crate::near::Wanted;
use crate::part::{Part, Texts};
use crate::words::{self, Word};

/// The longest fragment, in characters.
const LONGEST: usize = 160;
/// How much of it may stand before the first word that was found.
const BEFORE: usize = 40;
/// The most places that are told of one fragment.
const PLACES: usize = 20;

/// A piece of a text with the places of the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// Where it is from.
    pub part: Part,
    /// Plain text.
    pub fragment: String,
    /// Byte ranges of the fragment, in order, apart from each other.
    pub places: Vec<Range<usize>>,
}

/// A highlight for each text of a link in which some word of the question stands.
pub fn all(texts: &Texts, wanted: &[Wanted]) -> Vec<Highlight> {
    let mut highlights = Vec::new();
    for part in Part::ALL {
        highlights.extend(texts.of(part).into_iter().filter_map(|text| of(part, text, wanted)));
    }
    highlights
}

fn of(part: Part, text: &str, wanted: &[Wanted]) -> Option<Highlight> {
    let words = words::of(text);
    let found: Vec<&Word> = words.iter().filter(|word| wanted.iter().any(|wanted| wanted.fits(&word.text))).collect();
    let window = window(text, &words, found.first()?.place.start);
    let inside = found.iter().filter(|word| window.start <= word.place.start && word.place.end <= window.end);
    let mut places: Vec<Range<usize>> = Vec::new();
    for word in inside {
        let place = word.place.start - window.start..word.place.end - window.start;
        match places.last_mut() {
            // Pairs of characters overlap.
            Some(last) if place.start < last.end => last.end = place.end,
            _ => places.push(place),
        }
    }
    places.truncate(PLACES);
    Some(Highlight { part, places, fragment: text[window].to_owned() })
}

/// The whole text when it is short; else a piece around `first`, beginning with a word.
fn window(text: &str, words: &[Word], first: usize) -> Range<usize> {
    if text.chars().count() <= LONGEST {
        return 0..text.len();
    }
    let earliest = back(text, first, BEFORE);
    let start = words.iter().map(|word| word.place.start).find(|start| *start >= earliest).unwrap_or(first);
    let end = text[start..].char_indices().nth(LONGEST).map_or(text.len(), |(n, _)| start + n);
    start..end
}

/// The place `chars` characters before `from`.
fn back(text: &str, from: usize, chars: usize) -> usize {
    text[..from].char_indices().rev().nth(chars.saturating_sub(1)).map_or(0, |(n, _)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Vec<Wanted> {
        Wanted::all(&words::of(text).into_iter().map(|word| word.text).collect::<Vec<_>>())
    }

    #[test]
    fn every_text_with_a_word_has_one() {
        let texts = Texts {
            title: "Spring Sale".to_owned(),
            tags: vec!["news".to_owned(), "spring".to_owned()],
            destination: "shop.example/spring".to_owned(),
            ..Texts::default()
        };
        let highlights = all(&texts, &wanted("sprng sa"));
        let shown: Vec<(Part, &str, Vec<&str>)> = highlights
            .iter()
            .map(|h| (h.part, h.fragment.as_str(), h.places.iter().map(|place| &h.fragment[place.clone()]).collect()))
            .collect();
        assert_eq!(
            shown,
            [
                (Part::Title, "Spring Sale", vec!["Spring", "Sale"]),
                (Part::Tags, "spring", vec!["spring"]),
                (Part::Destination, "shop.example/spring", vec!["spring"]),
            ]
        );
    }

    #[test]
    fn a_long_text_is_cut_at_160_characters() {
        let exact = format!("spring {}", "é".repeat(LONGEST - 7));
        assert_eq!(of(Part::Notes, &exact, &wanted("spring")).unwrap().fragment, exact);
        let long = format!("{} spring {}", "ü ".repeat(200), "é".repeat(500));
        let cut = of(Part::Notes, &long, &wanted("spring")).unwrap();
        assert_eq!(cut.fragment.chars().count(), LONGEST);
        assert_eq!(&cut.fragment[cut.places[0].clone()], "spring");
    }

    #[test]
    fn at_most_twenty_places() {
        let cut = of(Part::Notes, &"a ".repeat(30), &wanted("a")).unwrap();
        assert_eq!(cut.places.len(), PLACES);
    }
}

//! The language of a visitor.

/// The language in the form `de` or `de-CH`; `None` when the value is not of the form of BCP 47 or is `*`.
///
/// Script and variants are left out, so that the number of different values stays small.
pub fn language(value: &str) -> Option<String> {
    let mut parts = value.split(['-', '_']);
    let primary = parts.next().filter(|part| matches!(part.len(), 2..=3) && is_alphabetic(part))?;
    let region = parts.find(|part| part.len() == 2 && is_alphabetic(part));
    Some(match region {
        Some(region) => format!("{}-{}", primary.to_ascii_lowercase(), region.to_ascii_uppercase()),
        None => primary.to_ascii_lowercase(),
    })
}

fn is_alphabetic(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_each_language() {
        for (value, expected) in [
            ("de", Some("de")),
            ("DE-ch", Some("de-CH")),
            ("zh-Hant-TW", Some("zh-TW")),
            ("en_us", Some("en-US")),
            ("gsw", Some("gsw")),
            ("es-419", Some("es")),
            ("*", None),
            ("", None),
            ("<b>", None),
            ("deutsch", None),
        ] {
            assert_eq!(language(value).as_deref(), expected, "{value}");
        }
    }
}

//! The looks of a QR code, within their bounds.

use super::QrParams;
use crate::error::Code;
use crate::qr::{Color, Options};
use crate::rest::problem::Problem;

const SIZES: std::ops::RangeInclusive<u32> = 64..=2048;
const DEFAULT_SIZE: u32 = 512;
const WIDEST_MARGIN: u32 = 16;
const DEFAULT_MARGIN: u32 = 4;

impl Options {
    /// What was asked for.
    ///
    /// # Errors
    /// `INVALID` naming the parameter that is outside of its bounds.
    pub fn new(looks: QrParams) -> Result<Self, Problem> {
        let size = looks.size.unwrap_or(DEFAULT_SIZE);
        if !SIZES.contains(&size) {
            return Err(invalid("size", "SIZE_RANGE", "64 to 2,048 pixels"));
        }
        let margin = looks.margin.unwrap_or(DEFAULT_MARGIN);
        if margin > WIDEST_MARGIN {
            return Err(invalid("margin", "MARGIN_RANGE", "0 to 16 modules"));
        }
        let options = Self {
            format: looks.format.unwrap_or_default(),
            size,
            margin,
            level: looks.level.unwrap_or_default(),
            color: color("color", looks.color.as_deref(), [0; 3])?,
            background: color("background", looks.background.as_deref(), [255; 3])?,
        };
        if options.color == options.background {
            return Err(invalid("background", "COLOR_INVALID", "nobody could see the code"));
        }
        Ok(options)
    }
}

fn color(field: &'static str, text: Option<&str>, default: Color) -> Result<Color, Problem> {
    let Some(text) = text else { return Ok(default) };
    let digits = text.strip_prefix('#').unwrap_or(text);
    let number = (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
        .ok_or_else(|| invalid(field, "COLOR_INVALID", "a colour has the form rrggbb"))?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok([red, green, blue])
}

fn invalid(field: &'static str, reason: &'static str, message: &'static str) -> Problem {
    Problem::field(Code::Invalid, field, reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::{Format, Level};
    use crate::rest::query::read;

    fn options(query: &str) -> Result<Options, Problem> {
        Options::new(read(query)?)
    }

    #[test]
    fn s32_sizes_and_margins_are_bounded_at_their_edges() {
        let plain = options("").unwrap();
        assert_eq!((plain.format, plain.size, plain.margin, plain.level), (Format::Png, 512, 4, Level::M));
        assert_eq!((plain.color, plain.background), ([0; 3], [255; 3]));
        for query in [
            "size=64",
            "size=2048",
            "margin=0",
            "margin=16",
            "color=%23ff0000",
            "background=00FF00",
            "format=svg&level=H",
        ] {
            assert!(options(query).is_ok(), "{query}");
        }
        for query in [
            "size=63",
            "size=2049",
            "margin=17",
            "color=red",
            "color=%23fff",
            "color=+12345",
            "color=ffffff",
            "color=éé",
        ] {
            assert_eq!(options(query).unwrap_err().code(), Code::Invalid, "{query}");
        }
        for query in ["size=-1", "size=100000000000", "format=gif", "level=X", "logo=https://evil.example/x.png"] {
            assert_eq!(options(query).unwrap_err().code(), Code::BadRequest, "{query}");
        }
    }
}

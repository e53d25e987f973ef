//! Codes drawn and kept.

use axum::body::Bytes;
use qrcodegen::QrCode;
use quick_cache::sync::Cache;

use super::options::Options;
use super::{Format, png, svg};

/// Pictures that are kept, of some kilobytes each.
const KEPT: usize = 512;

/// Draws codes, and remembers those it drew last.
pub struct Pictures(Cache<(String, Options), Bytes>);

/// Why a text can not be drawn like this.
#[derive(Debug, PartialEq, Eq)]
pub struct DoesNotFit {
    /// The parameter to change.
    pub field: &'static str,
    /// What to change it to.
    pub message: String,
}

impl Default for Pictures {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Pictures {
    /// The picture of `text`.
    ///
    /// # Errors
    /// When the text is too long for the error correction, or the picture too small for the text.
    pub fn draw(&self, text: String, options: Options) -> Result<Bytes, DoesNotFit> {
        let key = (text, options);
        self.0.get_or_insert_with(&key, || draw(&key.0, &options))
    }
}

/// Which modules are dark, margin included.
pub struct Modules {
    code: QrCode,
    margin: i32,
}

impl Modules {
    /// Modules in a row or column.
    pub fn width(&self) -> u32 {
        u32::try_from(self.code.size() + 2 * self.margin).unwrap_or_default()
    }

    /// Whether the module is dark; none is outside of the code.
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        let inside = |at: u32| i32::try_from(at).unwrap_or_default() - self.margin;
        self.code.get_module(inside(x), inside(y))
    }
}

fn draw(text: &str, options: &Options) -> Result<Bytes, DoesNotFit> {
    let code = QrCode::encode_text(text, options.level.into()).map_err(|_| DoesNotFit {
        field: "level",
        message: "the short URL is too long for so much error correction".to_owned(),
    })?;
    let modules = Modules { code, margin: i32::try_from(options.margin).unwrap_or_default() };
    if modules.width() > options.size {
        let message = format!("this code needs at least {} pixels", modules.width());
        return Err(DoesNotFit { field: "size", message });
    }
    Ok(match options.format {
        Format::Png => png::write(&modules, options),
        Format::Svg => svg::write(&modules, options).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::qr::options::Level;

    pub(crate) fn options(format: Format, size: u32) -> Options {
        Options { format, size, margin: 4, level: Level::M, color: [0; 3], background: [255; 3] }
    }

    #[test]
    fn s32_what_does_not_fit_is_refused_instead_of_drawn() {
        let pictures = Pictures::default();
        let long = "x".repeat(2_000);
        let high = Options { level: Level::H, ..options(Format::Png, 2048) };
        assert_eq!(pictures.draw(long.clone(), high).unwrap_err().field, "level");
        assert_eq!(pictures.draw(long.clone(), options(Format::Svg, 64)).unwrap_err().field, "size");
        assert!(pictures.draw(long, options(Format::Svg, 512)).is_ok());
    }

    #[test]
    fn s32_a_picture_is_drawn_once() {
        let pictures = Pictures::default();
        let draw = || pictures.draw("https://s.example/a?qr=1".into(), options(Format::Png, 2048)).unwrap();
        assert_eq!(draw().as_ptr(), draw().as_ptr());
    }
}

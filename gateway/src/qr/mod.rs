//! QR codes: drawn as PNG or SVG, and kept for the next request.

mod pictures;
mod png;
mod svg;

use qrcodegen::QrCodeEcc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::pictures::{Pictures, RenderError};

/// How the picture is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Pixels.
    #[default]
    Png,
    /// Shapes, sharp at any size.
    Svg,
}

impl Format {
    /// Of all formats.
    pub(crate) const MEDIA_TYPES: [&str; 2] = ["image/png", "image/svg+xml"];

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Png => Self::MEDIA_TYPES[0],
            Self::Svg => Self::MEDIA_TYPES[1],
        }
    }
}

/// How much of the code may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, Serialize, ToSchema)]
pub enum Level {
    /// About 7 %.
    L,
    /// About 15 %.
    #[default]
    M,
    /// About 25 %.
    Q,
    /// About 30 %.
    H,
}

impl From<Level> for QrCodeEcc {
    fn from(level: Level) -> Self {
        match level {
            Level::L => Self::Low,
            Level::M => Self::Medium,
            Level::Q => Self::Quartile,
            Level::H => Self::High,
        }
    }
}

/// Red, green and blue.
pub type Color = [u8; 3];

/// How a code looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Options {
    /// How it is written.
    pub format: Format,
    /// Width and height in pixels.
    pub size: u32,
    /// In modules.
    pub margin: u32,
    /// Error correction, at the least.
    pub level: Level,
    /// Of the modules.
    pub color: Color,
    /// Of what is behind them.
    pub background: Color,
}

//! Codes drawn and kept.

use std::sync::Arc;

use axum::body::Bytes;
use qrcodegen::QrCode;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use super::{Format, Options, png, svg};

/// Pictures that are kept, of some kilobytes each.
const KEPT: usize = 512;

/// Pictures that are drawn or wait for it; further ones are refused at once, for each holds one of the gateway's places.
const ASKED: usize = 32;

/// Draws codes, and remembers those it drew last.
pub struct Pictures {
    kept: Cache<(String, Options), Bytes>,
    asked: Semaphore,
    /// Half of the processors: whatever is asked for, the other requests go on.
    drawing: Arc<Semaphore>,
}

/// Why there is no picture.
#[derive(Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The text can not be drawn like this.
    DoesNotFit {
        /// The parameter to change.
        field: &'static str,
        /// What to change it to.
        message: String,
    },
    /// Too many are asked for at once.
    Busy,
    /// Drawing failed, which it never should.
    Failed,
}

impl Default for Pictures {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            kept: Cache::new(KEPT),
            asked: Semaphore::new(ASKED),
            drawing: Arc::new(Semaphore::new((processors / 2).max(1))),
        }
    }
}

impl Pictures {
    /// The picture of `text`. Who asks for one that is being drawn waits for the same.
    ///
    /// # Errors
    /// When the text is too long for the error correction, the picture is too small for the text, or too many pictures are asked for.
    pub async fn draw(&self, text: String, options: Options) -> Result<Bytes, RenderError> {
        let key = (text, options);
        self.kept.get_or_insert_async(&key, self.drawn(&key)).await
    }

    async fn drawn(&self, (text, options): &(String, Options)) -> Result<Bytes, RenderError> {
        let _asked = self.asked.try_acquire().map_err(|_| RenderError::Busy)?;
        let place = self.drawing.clone().acquire_owned().await.map_err(|_| RenderError::Failed)?;
        let (text, options) = (text.clone(), *options);
        // Milliseconds of arithmetic: not among those who wait for others. It goes on when nobody waits for it any more, so the
        // place goes with it.
        let drawing = tokio::task::spawn_blocking(move || {
            let _place = place;
            draw(&text, &options)
        });
        drawing.await.map_err(|_| RenderError::Failed)?
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

/// Draws `text`.
///
/// # Errors
/// [`RenderError::DoesNotFit`].
pub fn draw(text: &str, options: &Options) -> Result<Bytes, RenderError> {
    let code = QrCode::encode_text(text, options.level.into()).map_err(|_| RenderError::DoesNotFit {
        field: "level",
        message: "the short URL is too long for so much error correction".to_owned(),
    })?;
    let modules = Modules { code, margin: i32::try_from(options.margin).unwrap_or_default() };
    if modules.width() > options.size {
        let message = format!("this code needs at least {} pixels", modules.width());
        return Err(RenderError::DoesNotFit { field: "size", message });
    }
    Ok(match options.format {
        Format::Png => png::write(&modules, options),
        Format::Svg => svg::write(&modules, options).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::Level;

    pub(crate) fn options(format: Format, size: u32) -> Options {
        Options { format, size, margin: 4, level: Level::M, color: [0; 3], background: [255; 3] }
    }

    fn field(text: &str, options: Options) -> &'static str {
        match draw(text, &options) {
            Err(RenderError::DoesNotFit { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn s32_what_does_not_fit_is_refused_instead_of_drawn() {
        let long = "x".repeat(2_000);
        let high = Options { level: Level::H, ..options(Format::Png, 2048) };
        assert_eq!(field(&long, high), "level");
        assert_eq!(field(&long, options(Format::Svg, 64)), "size");
        assert!(draw(&long, &options(Format::Svg, 512)).is_ok());
    }

    #[tokio::test]
    async fn s32_a_picture_is_drawn_once() {
        let pictures = Pictures::default();
        let draw = || pictures.draw("https://s.example/a?qr=1".into(), options(Format::Png, 2048));
        let (first, second) = tokio::join!(draw(), draw());
        let first = first.unwrap().as_ptr();
        assert_eq!((first, first), (second.unwrap().as_ptr(), draw().await.unwrap().as_ptr()));
    }

    #[tokio::test]
    async fn s32_more_pictures_at_once_than_may_wait_are_refused() {
        let pictures = Arc::new(Pictures::default());
        let places = u32::try_from(pictures.drawing.available_permits()).unwrap();
        let held = pictures.drawing.acquire_many(places).await.unwrap();
        let ask = |number: usize| {
            let pictures = pictures.clone();
            async move { pictures.draw(format!("https://s.example/{number}"), options(Format::Svg, 64)).await }
        };
        let waiting: Vec<_> = (0..ASKED).map(|number| tokio::spawn(ask(number))).collect();
        while pictures.asked.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask(ASKED).await, Err(RenderError::Busy));
        drop(held);
        for picture in waiting {
            assert!(picture.await.unwrap().is_ok());
        }
        assert!(ask(ASKED).await.is_ok());
        assert_eq!(
            (pictures.asked.available_permits(), pictures.drawing.available_permits()),
            (ASKED, places as usize)
        );
    }
}

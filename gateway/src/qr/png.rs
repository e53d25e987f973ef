//! A code as PNG: two colours, one bit for each pixel.

use axum::body::Bytes;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use super::Options;
use super::pictures::Modules;

/// Draws the modules as large as whole pixels allow, in the middle of a picture of exactly the size.
pub fn write(modules: &Modules, options: &Options) -> Bytes {
    encode(&pixels(modules, options.size), options).map_or_else(
        |error| {
            // The buffer grows as needed, and its length follows from the size.
            tracing::error!(%error, "a picture can not be written");
            Bytes::new()
        },
        Bytes::from,
    )
}

fn encode(pixels: &[u8], options: &Options) -> Result<Vec<u8>, EncodingError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, options.size, options.size);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::One);
    encoder.set_palette([options.background, options.color].concat());
    // Some kilobytes either way, in a twentieth of the time.
    encoder.set_compression(Compression::Fast);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(file)
}

/// The rows of the picture, eight pixels in a byte.
fn pixels(modules: &Modules, size: u32) -> Vec<u8> {
    let scale = (size / modules.width()).max(1);
    let offset = (size - modules.width() * scale) / 2;
    let module = |pixel: u32| pixel.checked_sub(offset).map(|inside| inside / scale).filter(|at| *at < modules.width());
    let empty = vec![0_u8; size.div_ceil(8) as usize];
    let row_of = |y: u32| {
        let mut row = empty.clone();
        for x in (0..size).filter(|x| module(*x).is_some_and(|x| modules.is_dark(x, y))) {
            row[(x / 8) as usize] |= 0x80 >> (x % 8);
        }
        row
    };
    // The rows of a module are the same.
    let drawn: Vec<Vec<u8>> = (0..modules.width()).map(row_of).collect();
    let mut pixels = Vec::with_capacity(empty.len() * size as usize);
    for y in 0..size {
        pixels.extend_from_slice(module(y).and_then(|y| drawn.get(y as usize)).unwrap_or(&empty));
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::Level;
    use super::super::pictures::draw;
    use super::*;

    #[test]
    fn the_picture_has_the_size_and_the_colours() {
        for size in [64, 511, 512, 2048] {
            let (color, background) = ([1, 2, 3], [250, 251, 252]);
            let options = Options { format: Format::Png, size, margin: 2, level: Level::L, color, background };
            let file = draw("https://s.example/a?qr=1", &options).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            let info = reader.info();
            assert_eq!((info.width, info.height), (size, size));
            assert_eq!(info.palette.as_deref(), Some([background, color].concat().as_slice()));
            // A version 2 code: 25 modules and a margin of 2. Its first finder is a dark corner.
            let scale = size / 29;
            let at = (size - 29 * scale) / 2 + 2 * scale;
            let bit = |x: u32, y: u32| pixels[(y * size.div_ceil(8) + x / 8) as usize] >> (7 - x % 8) & 1;
            assert_eq!((bit(at, at), bit(at - 1, at), bit(at, at - 1), bit(0, 0)), (1, 0, 0, 0), "{size}");
        }
    }
}

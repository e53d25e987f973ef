//! A code as SVG: one path of rectangles. Nothing in it comes from outside but numbers.

use std::fmt::Write as _;

use super::pictures::Modules;
use super::{Color, Options};

/// Draws the modules in units of their own, so that they are sharp at any size.
pub fn write(modules: &Modules, options: &Options) -> String {
    let width = modules.width();
    let mut path = String::new();
    for y in 0..width {
        for x in (0..width).filter(|x| modules.is_dark(*x, y)) {
            // Memory does not fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let (size, color, background) = (options.size, hex(options.color), hex(options.background));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {width} {width}\" \
         shape-rendering=\"crispEdges\"><path fill=\"{background}\" d=\"M0 0h{width}v{width}H0z\"/>\
         <path fill=\"{color}\" d=\"{path}\"/></svg>\n"
    )
}

fn hex([red, green, blue]: Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::Level;
    use super::super::pictures::draw;
    use super::*;

    #[test]
    fn shapes_have_the_units_of_modules() {
        let (color, background) = ([0xff, 0, 0], [0, 0, 0xff]);
        let options = Options { format: Format::Svg, size: 300, margin: 1, level: Level::L, color, background };
        let svg = draw("https://s.example/a?qr=1", &options).unwrap();
        let svg = String::from_utf8(svg.to_vec()).unwrap();
        assert!(svg.starts_with(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\" height=\"300\" viewBox=\"0 0 27 27\""
        ));
        assert!(svg.contains("<path fill=\"#ff0000\" d=\"M1 1h1v1h-1z") && svg.contains("fill=\"#0000ff\""), "{svg}");
    }
}

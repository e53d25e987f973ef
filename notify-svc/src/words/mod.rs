//! What the templates of all messages share.

mod filters;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// An environment without templates.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // A value that is missing is a mistake to be seen, not a gap in a message.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.add_filter("plain", filters::plain);
    environment.add_filter("brief", filters::brief);
    environment.add_filter("moment", filters::moment);
    environment.add_filter("day", filters::day);
    environment
}

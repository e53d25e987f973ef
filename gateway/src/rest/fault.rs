//! What is wrong with a field, out of what serde says.

use super::problem::Problem;
use crate::error::Code;

/// The longest part of a made-up name that is repeated, in characters.
pub const LONGEST_NAME: usize = 64;

/// The problem of a value at `path` that serde refuses with `text`, of which clients only see the name of the field: the rest
/// repeats what they sent.
pub fn of_field(path: &str, text: &str) -> Problem {
    let path = if path == "." || path == "?" { "" } else { path };
    let within = |name: &str| {
        let name: String = name.chars().take(LONGEST_NAME).collect();
        match path.rsplit('.').next() {
            _ if path.is_empty() => name,
            // Of some faults the path ends with the field, of others with what holds it.
            Some(last) if last == name => path.to_owned(),
            _ => format!("{path}.{name}"),
        }
    };
    let named = |start: &str| text.strip_prefix(start)?.split('`').next();
    // What our own types say of a value is meant for people; JSON adds the place.
    let own = text.starts_with("must be ").then(|| text.split(" at line ").next().unwrap_or(text));
    let (field, reason, message) = if let Some(own) = own {
        (path.to_owned(), "MALFORMED", format!("{path} {own}"))
    } else if path.is_empty() && !text.contains(" field `") {
        return Problem::new(Code::BadRequest, "the body must be a JSON object");
    } else if let Some(name) = named("unknown field `") {
        let field = within(name);
        let message = format!("there is no field {field}");
        (field, "UNKNOWN_FIELD", message)
    } else if let Some(name) = named("missing field `") {
        let field = within(name);
        let message = format!("{field} is missing");
        (field, "MISSING", message)
    } else if let Some(name) = named("duplicate field `") {
        let field = within(name);
        let message = format!("{field} is there more than once");
        (field, "REPEATED", message)
    } else {
        (path.to_owned(), "MALFORMED", format!("{path} has the wrong type or form, or is there more than once"))
    };
    Problem::field(Code::BadRequest, field, reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_where_it_is() {
        for (path, text, field, reason) in [
            (".", "unknown field `ur`, expected `url` at line 1 column 4", "ur", "UNKNOWN_FIELD"),
            ("links[3]", "missing field `url` at line 1 column 4", "links[3].url", "MISSING"),
            ("links[3].url", "invalid type: integer `1`, expected a string", "links[3].url", "MALFORMED"),
            ("url", "duplicate field `url`", "url", "REPEATED"),
            ("links[0].role", "unknown field `role`, expected `url`", "links[0].role", "UNKNOWN_FIELD"),
        ] {
            let problem = format!("{:?}", of_field(path, text));
            assert!(problem.contains(&format!("field: Some(\"{field}\"), code: \"{reason}\"")), "{problem}");
        }
    }

    #[test]
    fn what_types_say_for_people_is_kept() {
        let problem = format!("{:?}", of_field("expiresAt", "must be a time at line 1 column 9"));
        assert!(problem.contains("\"expiresAt must be a time\""), "{problem}");
    }

    #[test]
    fn s17_what_was_sent_is_not_repeated() {
        let problem = format!("{:?}", of_field("url", "invalid type: string \"secret\", expected u32"));
        assert!(!problem.contains("secret"));
        let long = "x".repeat(1000);
        assert!(format!("{:?}", of_field(".", &format!("unknown field `{long}`"))).len() < 600);
    }
}

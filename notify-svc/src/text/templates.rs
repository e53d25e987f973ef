//! The words of text messages: `sms.txt` in the folder of a kind under `notify-svc/templates/`.

use minijinja::Environment;
use minijinja::Value;
use minijinja::value::Serde;

use crate::words;

/// The name of the message that brings the code for a telephone number. It is no kind: no one can switch it on or off.
pub const CODE: &str = "phone-code";

macro_rules! texts {
    ($($name:literal),+ $(,)?) => {
        /// Name and template of each text message.
        const TEXTS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../templates/", $name, "/sms.txt")))),+];
    };
}

texts! {
    "phone-code",
    "password-changed",
    "new-device",
    "account-locked",
    "api-key-created",
    "link-expired",
    "traffic-spike",
    "webhook-disabled",
}

/// A template and its data do not fit.
#[derive(Debug, thiserror::Error)]
pub enum Unrenderable {
    /// There is no such text message, or a value is missing or of another kind.
    #[error("the template does not work with its data")]
    Template(#[from] minijinja::Error),
    /// It is not one line.
    #[error("the text has control characters")]
    Line,
}

/// All templates, parsed once.
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Parses them.
    ///
    /// # Errors
    /// When one is malformed, which a test excludes.
    pub(super) fn new() -> Result<Self, minijinja::Error> {
        let mut environment = words::environment();
        for (name, template) in TEXTS {
            environment.add_template(name, template)?;
        }
        Ok(Self(environment))
    }

    /// The text message of a name about `data`.
    ///
    /// # Errors
    /// When there is none of this name, or the data lack something.
    pub(super) fn render(&self, name: &str, data: &serde_json::Value) -> Result<String, Unrenderable> {
        let line = self.0.get_template(name)?.render(Value::from(Serde(data)))?;
        let line = line.trim();
        if line.is_empty() || line.chars().any(char::is_control) {
            return Err(Unrenderable::Line);
        }
        Ok(line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::mail::templates::example;

    /// The characters that a text message may have 160 of: the basic set of GSM 03.38, as far as it is in ASCII.
    fn is_gsm(letter: char) -> bool {
        matches!(letter, ' '..='~') && !matches!(letter, '`' | '[' | ']' | '{' | '}' | '\\' | '^' | '~' | '|')
    }

    #[test]
    fn each_kind_that_has_a_text_message_has_a_template_and_no_other() {
        let named: Vec<&str> = TEXTS.iter().map(|(name, _)| *name).filter(|name| *name != CODE).collect();
        let mut kinds: Vec<&str> = Kind::ALL.into_iter().filter(|kind| kind.has_text()).map(Kind::name).collect();
        kinds.sort_by_key(|kind| named.iter().position(|name| name == kind));
        assert_eq!(named, kinds);
    }

    #[test]
    fn every_text_message_fits_into_160_characters() {
        let templates = Templates::new().unwrap();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.has_text()) {
            let mut data: serde_json::Value = serde_json::from_str(example(kind)).unwrap();
            for name in ["title", "name", "url"] {
                data[name] = "N".repeat(100).into();
            }
            for name in ["clicks", "expected"] {
                data[name] = 1_000_000_000_i64.into();
            }
            (data["exhausted"], data["gone"]) = (true.into(), false.into());
            for (name, at) in
                [("at", "2026-09-30T12:00:00Z"), ("since", "2026-09-30T12:00:00Z"), ("until", "2026-09-30T12:00:00Z")]
            {
                data[name] = at.into();
            }
            let text = templates.render(kind.name(), &data).unwrap();
            assert!(text.len() <= 160 && text.chars().all(is_gsm), "{} characters: {text}", text.len());
        }
        let code = templates.render(CODE, &serde_json::json!({"code": "123456"})).unwrap();
        assert!(code.len() <= 160 && code.chars().all(is_gsm) && code.contains("123456"), "{code}");
        assert!(templates.render("weekly-report", &serde_json::json!({})).is_err());
    }
}

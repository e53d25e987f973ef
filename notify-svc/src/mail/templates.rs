//! The words of mails, one folder under `notify-svc/templates/` for each kind: `subject.txt`, `body.txt`, `body.html` and
//! `example.json`.

use minijinja::value::Serde;
use minijinja::{Environment, Value};

use crate::kind::Kind;
use crate::words;

/// What the folder of a kind holds.
struct Folder {
    kind: Kind,
    subject: &'static str,
    text: &'static str,
    html: &'static str,
    example: &'static str,
}

macro_rules! folders {
    ($($kind:ident = $name:literal),+ $(,)?) => {
        const FOLDERS: [Folder; Kind::ALL.len()] = [$(Folder {
            kind: Kind::$kind,
            subject: include_str!(concat!("../../templates/", $name, "/subject.txt")),
            text: include_str!(concat!("../../templates/", $name, "/body.txt")),
            html: include_str!(concat!("../../templates/", $name, "/body.html")),
            example: include_str!(concat!("../../templates/", $name, "/example.json")),
        }),+];
    };
}

folders! {
    EmailVerification = "email-verification",
    PasswordReset = "password-reset",
    PasswordChanged = "password-changed",
    SignupAttempted = "signup-attempted",
    NewDevice = "new-device",
    AccountLocked = "account-locked",
    ApiKeyCreated = "api-key-created",
    Invitation = "invitation",
    LinkCreated = "link-created",
    LinkExpiring = "link-expiring",
    LinkExpired = "link-expired",
    TrafficSpike = "traffic-spike",
    WeeklyReport = "weekly-report",
    WebhookDisabled = "webhook-disabled",
}

/// The data of an example mail, as JSON.
pub(crate) fn example(kind: Kind) -> &'static str {
    FOLDERS.iter().find(|folder| folder.kind == kind).map_or("{}", |folder| folder.example)
}

/// A mail in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For those that show HTML.
    pub html: String,
}

/// A template and its data do not fit.
#[derive(Debug, thiserror::Error)]
pub enum Unrenderable {
    /// A value is missing or of another kind.
    #[error("the template does not work with its data")]
    Template(#[from] minijinja::Error),
    /// The subject is not one line.
    #[error("the subject has control characters")]
    Subject,
}

/// All templates, parsed once.
pub struct Templates(Environment<'static>);

impl Templates {
    /// Parses them.
    ///
    /// # Errors
    /// When one is malformed, which a test excludes.
    pub fn new() -> Result<Self, minijinja::Error> {
        let mut environment = words::environment();
        environment.add_template("layout.txt", include_str!("../../templates/layout.txt"))?;
        environment.add_template("layout.html", include_str!("../../templates/layout.html"))?;
        for folder in &FOLDERS {
            let name = folder.kind.name();
            environment.add_template_owned(format!("{name}/subject.txt"), folder.subject)?;
            environment.add_template_owned(format!("{name}/body.txt"), folder.text)?;
            environment.add_template_owned(format!("{name}/body.html"), folder.html)?;
        }
        Ok(Self(environment))
    }

    /// The mail of a kind about `data`, a JSON object that also holds what the layouts need.
    ///
    /// # Errors
    /// When the data lack something.
    pub fn render(&self, kind: Kind, mut data: serde_json::Value) -> Result<Rendered, Unrenderable> {
        let name = kind.name();
        let context = Value::from(Serde(&data));
        let subject = self.0.get_template(&format!("{name}/subject.txt"))?.render(context)?;
        let subject = subject.trim().to_owned();
        if subject.is_empty() || subject.chars().any(char::is_control) {
            return Err(Unrenderable::Subject);
        }
        data["subject"] = subject.as_str().into();
        let context = Value::from(Serde(&data));
        let text = self.0.get_template(&format!("{name}/body.txt"))?.render(context.clone())?;
        let html = self.0.get_template(&format!("{name}/body.html"))?.render(context)?;
        Ok(Rendered { subject, text, html })
    }
}

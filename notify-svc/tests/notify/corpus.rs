//! S25 and S33: hostile text in every place of every mail.

use mail_parser::MessageParser;
use notify_svc::kind::Kind;
use notify_svc::mail::Composer;
use notify_svc::store::messages::{Medium, Row};
use serde_json::Value;

use crate::world::NOW;

/// Texts that would be markup, a header, a link or an address if they were not text.
const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ app_url }}{% for x in y %}",
    "x\r\nBcc: eve@evil.example",
    "x\nContent-Type: text/html\n\n<b>",
    "x\r\n\r\n.\r\nMAIL FROM:<eve@evil.example>",
    "https://evil.example/login",
    "www.evil.example",
    "=?utf-8?q?=0D=0ABcc:_eve@evil.example?=",
];

/// Headers that a mail has, and no others.
const HEADERS: [&str; 11] = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// The example of a kind with `text` in the place of every word a user chooses.
fn poisoned(kind: Kind, text: &str) -> Value {
    let path = format!("{}/templates/{}/example.json", env!("CARGO_MANIFEST_DIR"), kind.name());
    let mut data: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    replace(&mut data, text);
    data
}

fn replace(value: &mut Value, text: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, text)),
        Value::Object(fields) => {
            for (name, field) in fields {
                // Tokens, addresses of our own and instants are not chosen by users.
                match name.as_str() {
                    "token" | "short_url" | "at" | "until" | "since" | "expires_at" | "week_start" => {}
                    _ if field.is_string() => *field = text.into(),
                    _ => replace(field, text),
                }
            }
        }
        _ => {}
    }
}

fn row(kind: Kind, data: Value, full_name: &str) -> Row {
    Row {
        id: vec![7; 16],
        medium: Medium::Mail,
        kind: kind.name().into(),
        user_id: Some(1),
        workspace_id: 70,
        address: "ada@example.com".into(),
        full_name: full_name.into(),
        data,
        attempts: 0,
        created_at: NOW,
        error: String::new(),
    }
}

#[test]
fn s33_s25_hostile_text_stays_text_in_every_mail() {
    let composer = Composer::new(&curtail_config::Config::for_tests()).unwrap();
    for kind in Kind::ALL {
        for hostile in HOSTILE {
            // auth-svc refuses names with control characters, and so does the recipient.
            let name = if hostile.contains(char::is_control) { "Ada" } else { hostile };
            let mail = composer.compose(&row(kind, poisoned(kind, hostile), name)).unwrap();
            let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
            for header in parsed.headers() {
                assert!(HEADERS.contains(&header.name()), "{kind:?} {hostile:?}: {}", header.name());
            }
            assert_eq!(mail.envelope.to().len(), 1);
            assert_eq!(parsed.to().unwrap().iter().count(), 1, "{kind:?} {hostile:?}");
            assert!(!parsed.subject().unwrap().contains(['\r', '\n']));
            let html = parsed.body_html(0).unwrap();
            for markup in ["<script", "<img", "<svg", "<b>", "href=\"javascript", "href=\"https://evil", "\nBcc:"] {
                assert!(!html.contains(markup), "{kind:?} {hostile:?}: {markup} in\n{html}");
            }
            let text = parsed.body_text(0).unwrap();
            for link in ["https://evil", "www.evil", "eve@evil"] {
                assert!(!text.contains(link) && !html.contains(link), "{kind:?} {hostile:?}: {link} in\n{text}");
            }
        }
    }
}

#[test]
fn s33_a_recipient_that_is_two_or_a_header_is_never_written_to() {
    let composer = Composer::new(&curtail_config::Config::for_tests()).unwrap();
    let good = row(Kind::LinkCreated, poisoned(Kind::LinkCreated, "x"), "Ada");
    for address in ["a@b.c\r\nBcc: d@e.f", "a@b.c, d@e.f", ""] {
        assert!(composer.compose(&Row { address: address.into(), ..good.clone() }).is_err(), "{address:?}");
    }
    assert!(composer.compose(&Row { full_name: "Ada\r\nBcc: d@e.f".into(), ..good.clone() }).is_err());
    assert!(composer.compose(&good).is_ok());
}

#[test]
fn every_kind_has_an_example_and_tells_how_to_be_left_alone() {
    let composer = Composer::new(&curtail_config::Config::for_tests()).unwrap();
    for kind in Kind::ALL {
        let words = notify_svc::preview::mail(&composer, kind).unwrap();
        assert!(!words.subject.is_empty());
        assert_eq!(words.text.contains("/unsubscribe?token="), !kind.is_required(), "{kind:?}");
        assert_eq!(words.html.contains("Stop mails of this kind"), !kind.is_required(), "{kind:?}");
        assert!(!words.text.contains("&#") && !words.text.contains('<'), "{kind:?}:\n{}", words.text);
    }
}

//! What was expected, what was seen, and whether anything leaked.

use super::caller::Who;
use super::table::Row;
use super::world::{HOME_MARK, OTHER_MARK};

/// An answer, reduced to what cells say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `ok`, or what stood in its place.
    pub cell: String,
    /// The whole answer but what is different in every one: to be compared, and searched.
    pub whole: String,
}

/// A word of the table for a refusal.
pub fn word(code: &str, reason: &str) -> String {
    let word = match (code, reason) {
        ("UNAUTHENTICATED", "USER_REQUIRED") => "user",
        ("UNAUTHENTICATED", "" | "UNAUTHENTICATED" | "SIGN_IN_REQUIRED") => "401",
        ("UNAUTHENTICATED", "TOKEN_MISSING" | "TOKEN_INVALID" | "TOKEN_EXPIRED") => "401",
        ("FORBIDDEN", "ROLE_TOO_LOW") => "role",
        ("FORBIDDEN", "SCOPE_MISSING") => "scope",
        ("FORBIDDEN", "SESSION_REQUIRED") => "session",
        ("FORBIDDEN", "SERVICE_REQUIRED") => "service",
        ("FORBIDDEN", "PLATFORM_ADMIN_REQUIRED") => "platform",
        (code, "") => code,
        (_, reason) => reason,
    };
    word.to_owned()
}

/// What does not hold in the cell of `row` and `who`.
pub fn complaint(row: &Row, who: Who, how: &str, seen: &Seen) -> Option<String> {
    let expected = row.spelt(row.expected(who));
    let leaks = !who.is_inside() && who != Who::Service && seen.whole.contains(HOME_MARK);
    let at = format!("{} as {}{how}", row.name, who.name());
    if seen.cell != expected {
        Some(format!("{at}: expected {expected}, saw {}: {}", seen.cell, excerpt(&seen.whole)))
    } else {
        leaks.then(|| format!("{at}: the answer holds what is none of its business: {}", excerpt(&seen.whole)))
    }
}

/// What does not hold when a member of one workspace reaches into another, and into nothing: both must look the same.
pub fn strange(row: &Row, who: Who, there: &Seen, nowhere: &Seen) -> Option<String> {
    let at = format!("{} as {} into another workspace", row.name, who.name());
    if there != nowhere {
        let (there, nowhere) = (excerpt(&there.whole), excerpt(&nowhere.whole));
        Some(format!("{at} differs from into nothing:\n    {there}\n    {nowhere}"))
    } else {
        there.whole.contains(OTHER_MARK).then(|| format!("{at}: {}", excerpt(&there.whole)))
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(400).collect()
}

/// Fails with all complaints, one a line; says nothing when there is none.
pub fn settle(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{} cells are not as expected:\n{}", complaints.len(), complaints.join("\n"));
}

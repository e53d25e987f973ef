//! The table of `docs/use/permissions.md` that tells users who may do what, made from the expectations.

use super::caller::Who;
use super::table::{self, Row};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/use/permissions.md");
const BEGIN: &str = "<!-- who may do what: UPDATE=1 cargo test -p gateway --test it access::doc -->\n";
const END: &str = "<!-- end of who may do what -->\n";

/// Whether `who` comes as far as what was asked for, or as the proof in the call.
fn may(row: &Row, who: Who) -> bool {
    matches!(row.expected(who), "ok" | "proof")
}

/// Who may, in words.
fn needs(row: &Row) -> &'static str {
    let roles = [
        (Who::Nobody, "everyone"),
        (Who::Stranger, "signed-in users"),
        (Who::Viewer, "`VIEWER`"),
        (Who::Editor, "`EDITOR`"),
        (Who::Admin, "`ADMIN`"),
        (Who::Owner, "`OWNER`"),
        (Who::Operator, "platform administrators"),
    ];
    // A member of no role sees it: it belongs to one person.
    if row.expected(Who::Admin) == "404" {
        return "the owner";
    }
    roles.into_iter().find(|(who, _)| may(row, *who)).map_or("nobody", |(_, words)| words)
}

/// The scopes that a key needs, in words.
fn scopes(row: &Row) -> &'static str {
    match Who::KEYS.map(|key| may(row, key)) {
        [true, true, true, true] if may(row, Who::Stranger) => "any key",
        [true, true, true, true] => "`READ` or `ANALYTICS`",
        [true, true, false, true] => "`READ`",
        [false, true, false, true] => "`WRITE`",
        [false, false, true, true] => "`ANALYTICS`",
        [false, false, false, true] => "`ADMIN`",
        [false, false, false, false] => "no key",
        other => panic!("{}: keys {other:?} are not in order of power", row.name),
    }
}

/// As users know it: root fields without their type.
fn name(subject: &str) -> String {
    let root = ["Query.", "Mutation.", "Subscription."].into_iter().find_map(|root| subject.strip_prefix(root));
    format!("`{}`", root.unwrap_or(subject))
}

/// Whether it is a way of asking that reaches nothing of others, and therefore needs less than the field as such.
fn is_harmless(row: &Row, rows: &[Row]) -> bool {
    let plain = rows.iter().find(|plain| plain.name == row.subject());
    plain.is_some_and(|plain| may(row, Who::Stranger) && !may(plain, Who::Stranger))
}

fn page() -> String {
    let mut groups: Vec<((&str, &str), Vec<String>)> = Vec::new();
    let rows = [table::rows("graphql"), table::rows("http")].concat();
    for row in rows.iter().filter(|row| row.expected(Who::Broken) == "401" && !is_harmless(row, &rows)) {
        let key = (needs(row), scopes(row));
        let place = groups.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        let same = |other: &&Row| other.subject() == row.subject();
        let alike = rows.iter().filter(same).all(|other| (needs(other), scopes(other)) == key);
        let way = row.name.split_once(':').map_or(String::new(), |(_, way)| format!(" ({way})"));
        let name = name(row.subject()) + if alike { "" } else { &way };
        if !groups[place].1.contains(&name) {
            groups[place].1.push(name);
        }
    }
    let order = [
        "everyone",
        "signed-in users",
        "the owner",
        "`VIEWER`",
        "`EDITOR`",
        "`ADMIN`",
        "`OWNER`",
        "platform administrators",
    ];
    groups.sort_by_key(|((who, _), _)| order.iter().position(|known| known == who));
    let line =
        |((who, key), names): &((&str, &str), Vec<String>)| format!("| {who} | {key} | {} |\n", names.join(", "));
    format!("| who | API key | what |\n|---|---|---|\n{}", groups.iter().map(line).collect::<String>())
}

#[test]
fn the_table_for_users_says_what_is_tried() {
    let text = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the page has a place for the table");
    let (table, after) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, format!("{before}{BEGIN}\n{}\n{END}{after}", page())).unwrap();
    } else {
        assert!(
            table == format!("\n{}\n", page()),
            "{PAGE} is behind: UPDATE=1 cargo test -p gateway --test it access::doc"
        );
    }
}

//! `docs/use/errors.md` says what the code does.

use std::{fs, path::Path};

use curtail_rpc::Code;

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/use/errors.md")).unwrap()
}

/// `PermissionDenied` as gRPC writes it: `PERMISSION_DENIED`.
fn grpc_name(code: tonic::Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

#[test]
fn the_table_of_codes_is_in_step() {
    let document = document();
    let table = document.split("## ").find(|section| section.starts_with("Codes")).unwrap();
    let documented: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(documented.len(), Code::ALL.len());
    for (line, code) in documented.into_iter().zip(Code::ALL) {
        let expected = format!("| `{code}` | {} | {} |", grpc_name(code.grpc()), code.http().as_u16());
        assert!(line.starts_with(&expected), "docs/use/errors.md has\n{line}\nwhere this belongs:\n{expected}");
    }
}

#[test]
fn the_reasons_of_this_crate_are_listed() {
    let document = document();
    let mut sources = Vec::new();
    crate::factories::collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    // These two name the codes of Curtail and of gRPC.
    sources.retain(|path| !path.ends_with("src/code.rs") && !path.ends_with("server/observe.rs"));
    let mut reasons = 0;
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for literal in code.split('"').skip(1).step_by(2).filter(|literal| is_reason(literal)) {
            reasons += 1;
            assert!(
                document.contains(&format!("`{literal}`")),
                "docs/use/errors.md lacks {literal} of {}",
                path.display()
            );
        }
    }
    assert!(reasons >= 9, "the sources were read: {reasons}");
}

/// Two words in capitals at least, that are not of Cargo.
fn is_reason(literal: &str) -> bool {
    let in_capitals = literal.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    in_capitals && literal.trim_matches('_').contains('_') && !literal.starts_with("CARGO_")
}

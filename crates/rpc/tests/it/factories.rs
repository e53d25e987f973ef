//! Servers and channels are made in this crate and nowhere else. Tests may: they play strangers who bring no token.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What makes a server or a channel. The lint that bans the methods can be switched off where it stands; this cannot.
const MAKERS: [&str; 6] = [
    "transport::Endpoint",
    "transport::Server",
    "Endpoint::from",
    "Endpoint::new",
    "Server::builder",
    "Client::connect(",
];

#[test]
fn nothing_else_makes_a_server_or_a_channel() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut sources = Vec::new();
    collect(&root, &mut sources);
    assert!(sources.len() > 50, "the workspace was walked: {}", sources.len());
    let found: Vec<_> = sources
        .iter()
        .filter(|path| !path.starts_with(root.join("crates/rpc")))
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            MAKERS.into_iter().filter(move |maker| text.contains(maker)).map(move |maker| (path, maker))
        })
        .collect();
    assert!(found.is_empty(), "use curtail_rpc::Server and curtail_rpc::connect: {found:?}");
}

/// All sources below a directory.
pub fn collect(directory: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let skipped =
                name.starts_with('.') || name.starts_with("target") || name == "node_modules" || name == "tests";
            if !skipped {
                collect(&path, sources);
            }
        } else if name.ends_with(".rs") {
            sources.push(path);
        }
    }
}

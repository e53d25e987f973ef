//! Compiles the contracts without a protoc of the system.

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=curtail");
    let files =
        ["auth", "links", "analytics", "search", "events"].map(|part| format!("curtail/{part}/v1/{part}.proto"));
    let descriptors = protox::compile(files, ["."])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".curtail.events.v1.Click.network").compile_fds(descriptors)?;
    Ok(())
}

//! Compiles the contracts without a protoc of the system.

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=curtail");
    let mut files = Vec::new();
    for part in std::fs::read_dir("curtail")? {
        for file in std::fs::read_dir(part?.path().join("v1"))? {
            files.push(file?.path());
        }
    }
    files.sort();
    let descriptors = protox::compile(files, ["."])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".curtail.events.v1.Click.network").compile_fds(descriptors)?;
    Ok(())
}

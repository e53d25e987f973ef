//! `curtail`: runs the platform on one machine and administers it anywhere.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match curtail::run(curtail::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            curtail::terminal::complain(&format!("curtail: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

//! `curtail`: runs the platform on one machine and administers it anywhere.

use std::backtrace::BacktraceStatus;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match curtail::run(curtail::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            curtail::terminal::complain(&format!("curtail: {error:#}"));
            // Captured only where RUST_BACKTRACE asks for it.
            if error.backtrace().status() == BacktraceStatus::Captured {
                curtail::terminal::complain(&error.backtrace().to_string());
            }
            ExitCode::FAILURE
        }
    }
}

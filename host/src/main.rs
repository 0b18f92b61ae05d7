//! The `tradepost` command.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    tradepost::cli::Cli::parse().run()
}

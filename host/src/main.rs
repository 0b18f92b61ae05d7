//! The `tradepost` command.

use clap::Parser as _;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A request makes and frees many small things, on whichever thread it is: measured in turns against the C library's
/// allocator, this one answered 1.46 times as many `/health` a second, 1.41 times as many reads of an order and 1.14
/// times as many orders.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    tradepost::cli::Cli::parse().run()
}

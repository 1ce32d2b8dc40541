//! The `pgark` binary: the command line over the library.

mod cli;

use std::process::ExitCode;

/// A catalog is a million small strings: glibc's allocator takes a quarter of the time that they cost, and musl's takes
/// one lock for all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}

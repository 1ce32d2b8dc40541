//! The command line. Only the binary has it: the library neither prints nor exits.

mod arguments;
mod connect;
mod dump;
mod exit;
mod figure;
mod progress;
mod report;
mod restore;
mod signals;
mod stdio;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use pgark::context::Context;

use arguments::{Cli, Command};
use report::Report;
use signals::Signals;

/// What a command ends with.
type Outcome = Result<u8, Report>;

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to stdout and is no error; nothing can be done when nobody reads it.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            stdio::say(&format!("error: cannot start: {error}"));
            return ExitCode::from(exit::UNEXPECTED);
        }
    };
    let code = runtime.block_on(run(cli.command));
    // A thread that waits for stdin would wait on.
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(command: Command) -> u8 {
    let signals = Signals::default();
    let result = match command {
        Command::Dump(arguments) => dump::run(arguments, &signals).await,
        Command::Restore(arguments) => restore::run(arguments, &signals).await,
        Command::Verify(arguments) => verify::run(arguments, &signals).await,
        Command::List(_) | Command::Info(_) | Command::Schema(_) => {
            Err(Report::new(exit::UNEXPECTED, "not there yet"))
        }
    };
    match result {
        Ok(code) => code,
        Err(report) => {
            stdio::say(&report.to_string());
            signals.code().unwrap_or(report.code)
        }
    }
}

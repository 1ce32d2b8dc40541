//! The command line. Only the binary has it: the library neither prints nor exits.

mod arguments;
mod cat;
mod confirm;
mod connect;
mod doctor;
mod dump;
mod exit;
mod figure;
mod globals;
mod info;
mod list;
mod packaging;
mod progress;
mod report;
mod restore;
mod schema;
mod select;
mod signals;
mod stdio;
mod summary;
mod table;
mod terminal;
mod verify;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use arguments::{Cli, Command, Progress, hidden, unoffered};
use report::Report;
use signals::Signals;

/// What a command ends with.
type Outcome = Result<u8, Report>;

/// Runs what the command line says.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| stdio::say(&panic_text(panic))));
    // Whatever happens, the code is one of ours.
    ExitCode::from(panic::catch_unwind(AssertUnwindSafe(start)).unwrap_or(exit::UNEXPECTED))
}

fn start() -> u8 {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            let words: Vec<String> = std::env::args().collect();
            if let Some((word, instead)) = unoffered(&error, &words) {
                let report = Report::new(exit::USAGE, format!("{word} is not offered"));
                stdio::say(&report.hint(instead).to_string());
                return exit::USAGE;
            }
            let code = error.exit_code();
            // Help goes to stdout and is no error; nothing can be done when nobody reads it.
            let _ = hidden(error, words).print();
            return u8::try_from(code).unwrap_or(exit::USAGE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            stdio::say(&Report::new(exit::UNEXPECTED, "cannot start threads").cause(error).to_string());
            return exit::UNEXPECTED;
        }
    };
    let code = runtime.block_on(run(cli.command));
    // A thread that waits for stdin would wait on.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> u8 {
    let signals = Signals::default();
    let json = command.talk().is_some_and(|talk| talk.progress == Progress::Json);
    let ends_in_json = command.ends_in_json();
    let result = match command {
        Command::Dump(arguments) => dump::run(arguments, &signals).await,
        Command::Restore(arguments) => restore::run(arguments, &signals).await,
        Command::Verify(arguments) => verify::run(arguments, &signals).await,
        Command::List(arguments) => list::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Doctor(arguments) => doctor::run(arguments, &signals).await,
        Command::Cat(arguments) => cat::run(&arguments),
        Command::Completions(arguments) => packaging::completions(&arguments),
        Command::Man(arguments) => packaging::man(&arguments),
    };
    let report = match result {
        Ok(code) => return code,
        Err(report) => report,
    };
    let code = signals.code().unwrap_or(report.code);
    if ends_in_json {
        // The error itself goes to stderr in any case.
        let _ = stdio::write(format!("{}\n", report.json(code)).as_bytes());
    }
    stdio::say(&match (json, terminal::has_colour()) {
        (true, _) => report.json(code).to_string(),
        (false, true) => report.coloured(),
        (false, false) => report.to_string(),
    });
    code
}

fn panic_text(panic: &panic::PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let what = payload.downcast_ref::<&str>().copied();
    let what = what.or(payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let report = Report::unexpected("pgark stopped unexpectedly").cause(what);
    match panic.location() {
        Some(at) => report.place(format!("{at}, version {}", env!("CARGO_PKG_VERSION"))).to_string(),
        None => report.to_string(),
    }
}

//! `pgark completions`, `pgark man`: from the definitions of the command line.

use std::io;
use std::path::Path;

use clap::Command;
use clap::builder::StyledStr;
use clap_mangen::roff::{Roff, roman};

use super::arguments::{Cli, Completions, Man};
use super::report::Report;
use super::stdio::visible;
use super::{Outcome, exit, stdio};

/// Prints completions for a shell.
pub fn completions(arguments: &Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::definition(), "pgark", &mut script);
    stdio::write(&script)?;
    Ok(exit::DONE)
}

/// Prints a page, or writes all of them.
pub fn man(arguments: &Man) -> Outcome {
    let mut pgark = Cli::definition().disable_help_subcommand(true);
    pgark.build();
    if let Some(folder) = &arguments.dir {
        for command in pgark.get_subcommands().chain([&pgark]) {
            save(folder, command)?;
        }
        return Ok(exit::DONE);
    }
    let command = match &arguments.command {
        None => Some(&pgark),
        Some(name) => pgark.find_subcommand(name),
    };
    let Some(command) = command else {
        let name = visible(arguments.command.as_deref().unwrap_or_default());
        return Err(
            Report::new(exit::USAGE, format!("there is no command {name}")).hint("see them all: pgark -?")
        );
    };
    stdio::write(&page(command).map_err(Report::unexpected)?)?;
    Ok(exit::DONE)
}

#[expect(clippy::disallowed_methods, reason = "the command line is an edge: it writes where it is told to")]
fn save(folder: &Path, command: &Command) -> Result<(), Report> {
    let path = folder.join(format!("{}.1", display_name(command)));
    let written = page(command).and_then(|page| std::fs::write(&path, page));
    written.map_err(|error| {
        let report = Report::new(exit::IO, format!("cannot write {}", visible(&path.to_string_lossy())));
        report.cause(error).hint("name a folder that is there, and may be written to")
    })
}

/// `pgark-dump`
fn display_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

/// A page in roff.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    // Without this the synopsis would list every option.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let page = clap_mangen::Man::new(command.clone().override_usage(usage))
        .title(display_name(command).to_uppercase())
        .source(format!("pgark {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    as_it_is(&mut text, "EXAMPLES", command.get_before_help())?;
    as_it_is(&mut text, "NOTES", command.get_after_help())?;
    let mut rest = Roff::new();
    let other = if command.has_subcommands() { "pg_dump(1), pg_restore(1), psql(1)" } else { "pgark(1)" };
    rest.control("SH", ["SEE ALSO"]).text([roman(other)]);
    rest.to_writer(&mut text)?;
    Ok(text)
}

/// A section whose lines stay lines.
fn as_it_is(text: &mut Vec<u8>, heading: &str, lines: Option<&StyledStr>) -> io::Result<()> {
    let Some(lines) = lines else { return Ok(()) };
    let mut roff = Roff::new();
    roff.control("SH", [heading]).control("nf", []);
    for line in lines.to_string().lines().filter(|line| *line != "Examples:") {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.to_writer(text)
}

//! Asks before a restore writes. Who is about to lose something types its name.

use std::io::{BufRead, IsTerminal};

use pgark::context::Context;
use pgark::restore::{Error, Input, Plan};

use super::report::Report;
use super::{exit, stdio};

/// Whether `--yes` says enough for this plan; else asks on the terminal.
///
/// # Errors
/// Nobody can be asked; another name than the database's was said; the user said no, or stopped it.
pub async fn confirm(
    ctx: &Context,
    input: &Input,
    plan: &Plan,
    yes: Option<&str>,
    report: impl FnOnce(Error) -> Report,
) -> Result<(), Report> {
    let name = &plan.database;
    match yes {
        Some("") if !needs_name(plan) => return Ok(()),
        Some("") => {
            return Err(Report::new(
                exit::REFUSED,
                format!("--yes is not enough to {}", what_is_lost(plan).unwrap_or_default()),
            )
            .hint(format!("say --yes={name}")));
        }
        Some(said) if said == name => return Ok(()),
        Some(said) => {
            return Err(Report::new(
                exit::REFUSED,
                format!("--yes={said} is not the name of the database, which is \"{name}\""),
            ));
        }
        None => {}
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !terminal || matches!(input, Input::Stdin) {
        let yes = if needs_name(plan) { format!("--yes={name}") } else { "--yes".to_owned() };
        return Err(Report::new(exit::REFUSED, "not confirmed, and nobody can be asked")
            .hint(format!("say {yes} to restore without a question, or --dry-run to see the plan only")));
    }
    match what_is_lost(plan) {
        Some(what) => stdio::prompt(&format!("Type the database's name to {what}: ")),
        None => stdio::prompt("Proceed? [y/N] "),
    }
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = tokio::select! {
        answer = answer => answer.ok().and_then(Result::ok).unwrap_or_default(),
        () = ctx.cancel.cancelled() => {
            stdio::say("");
            return Err(Report::interrupted());
        }
    };
    let agreed = match what_is_lost(plan) {
        Some(_) => answer.trim() == name,
        None => matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"),
    };
    if agreed { Ok(()) } else { Err(report(Error::NotConfirmed)) }
}

/// Others lose their sessions, or everybody a database.
fn needs_name(plan: &Plan) -> bool {
    let replaces = plan.create.as_ref().is_some_and(|create| create.replaces.is_some());
    replaces || plan.clean.as_ref().is_some_and(|clean| clean.terminate)
}

fn what_is_lost(plan: &Plan) -> Option<String> {
    let name = &plan.database;
    if plan.create.as_ref().is_some_and(|create| create.replaces.is_some()) {
        return Some(format!("replace the database \"{name}\""));
    }
    let clean = plan.clean.as_ref()?;
    Some(match clean.terminate {
        true => format!("end others' sessions on \"{name}\" and drop what is restored"),
        false => format!("drop what is restored in \"{name}\""),
    })
}

#[cfg(test)]
mod tests {
    use super::{needs_name, what_is_lost};
    use pgark::restore::{Cleaning, Making, Plan, Replacing};

    #[test]
    fn what_ends_sessions_or_databases_needs_a_name() {
        let replaces = Replacing { aside: "a".to_owned(), terminate: false, sessions: Vec::new() };
        let making = |replaces| Making { name: "n".to_owned(), building: "b".to_owned(), replaces };
        let creates = |replaces| Plan { create: Some(making(replaces)), ..Plan::default() };
        let cleans = |terminate| Plan {
            clean: Some(Cleaning { terminate, ..Cleaning::default() }),
            ..Plan::default()
        };
        let plans = [Plan::default(), creates(None), creates(Some(replaces)), cleans(false), cleans(true)];
        let found: Vec<(bool, bool)> =
            plans.iter().map(|plan| (needs_name(plan), what_is_lost(plan).is_some())).collect();
        assert_eq!(found, [(false, false), (false, false), (true, true), (false, true), (true, true)]);
    }
}

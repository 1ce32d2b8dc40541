//! From flags to connection parameters, with a password where one is wanted.

use std::io::IsTerminal;

use pgark::context::Context;
use pgark::server::conninfo::{Environment, resolve};
use pgark::server::{Conninfo, Server};

use super::arguments::Connection;
use super::exit;
use super::report::{Report, Scene};
use super::stdio;
use super::terminal::Saved;

/// Where a password came from, for the message that it is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordFrom {
    /// The user typed it.
    Prompt,
    /// `PGPASSWORD`.
    Environment,
    /// `--password-command`.
    Command,
    /// The connection string, or a password file, which the error itself names.
    #[default]
    Elsewhere,
}

/// Resolves the parameters and asks for a password: with `-W` at once, else if the server wants one, none is
/// known, and there is a terminal.
///
/// # Errors
/// Parameters that cannot be used; a prompt that fails.
pub async fn conninfo(
    ctx: &Context,
    connection: &Connection,
    dbname: Option<&str>,
) -> Result<(Conninfo, PasswordFrom), Report> {
    let environment = Environment::process();
    let mut conninfo = resolve(&connection.flags(dbname), &environment)
        .map_err(|error| Report::server(&error.into(), &Scene::default()))?;
    conninfo.role.clone_from(&connection.role);
    conninfo.warnings.iter().for_each(|warning| ctx.warn(warning.clone()));
    if let Some(command) = &connection.password_command {
        conninfo.password_command = Some(command.clone());
        warn_of_exposure(ctx, &conninfo).await;
        return Ok((conninfo, PasswordFrom::Command));
    }
    let known = |host: &pgark::server::conninfo::Host| host.password.is_some();
    let all_known = conninfo.hosts.iter().all(known);
    if connection.password || (!all_known && !connection.no_password && asks(&conninfo).await) {
        warn_of_exposure(ctx, &conninfo).await;
        let password = prompt(ctx, &conninfo).await?;
        conninfo.set_password(&password);
        return Ok((conninfo, PasswordFrom::Prompt));
    }
    if conninfo.hosts.iter().any(known) {
        warn_of_exposure(ctx, &conninfo).await;
    }
    let given = (environment.var)("PGPASSWORD").unwrap_or_default();
    let is_given = |host: &pgark::server::conninfo::Host| {
        host.password.as_ref().is_some_and(|p| p.file.is_none() && p.secret() == given)
    };
    let from = match conninfo.hosts.iter().any(is_given) {
        true => PasswordFrom::Environment,
        false => PasswordFrom::Elsewhere,
    };
    Ok((conninfo, from))
}

/// Before the first connection that would carry the password.
async fn warn_of_exposure(ctx: &Context, conninfo: &Conninfo) {
    if let Some(warning) = conninfo.password_exposure().await {
        ctx.warn(warning);
    }
}

/// Whether the server wants a password that only the user can know. Other errors are left to the operation.
async fn asks(conninfo: &Conninfo) -> bool {
    std::io::stdin().is_terminal()
        && std::io::stderr().is_terminal()
        && matches!(Server::connect(conninfo).await, Err(error) if error.needs_password())
}

async fn prompt(ctx: &Context, conninfo: &Conninfo) -> Result<String, Report> {
    let text = format!("Password for {}: ", conninfo.redacted());
    let _saved = Saved::take();
    let typed = tokio::task::spawn_blocking(move || rpassword::prompt_password(text));
    tokio::select! {
        typed = typed => match typed {
            Ok(Ok(password)) => Ok(password),
            Ok(Err(error)) => Err(Report::new(exit::ACCESS, "cannot ask for the password")
                .cause(error)
                .hint("give it in PGPASSWORD or in ~/.pgpass (mode 600)")),
            Err(_) => Err(Report::unexpected("the prompt ended unexpectedly")),
        },
        () = ctx.cancel.cancelled() => {
            stdio::say("");
            Err(Report::interrupted())
        }
    }
}

//! The checks, one after the other on one session.

use super::{Error, Examination, Options, activity, archive, collation, privilege, room, server, standby};
use crate::context::Context;
use crate::server::settings::Scope;
use crate::server::{Conninfo, Server};

/// Examines the database of `conninfo`.
///
/// # Errors
/// When the server cannot be reached or asked, or the archive cannot be read.
pub async fn examine(ctx: &Context, conninfo: &Conninfo, options: &Options) -> Result<Examination, Error> {
    let (server, session) = Server::connect_as(conninfo, Some("doctor")).await?;
    let facts = server.facts().clone();
    session.batch("BEGIN READ ONLY").await?;
    // Only for this transaction: behind a pooler the next client would have them.
    session.set_up_reading(Scope::Transaction).await?;
    let mut findings = server::check(&session, &facts, conninfo).await?;
    findings.extend(privilege::check(&session).await?);
    findings.extend(activity::check(&session, options.long_transaction).await?);
    findings.extend(room::check(&session, options.jobs).await?);
    findings.extend(standby::check(&session, &facts).await?);
    findings.extend(collation::check(&session).await?);
    session.batch("COMMIT").await?;
    drop(session);
    if let Some(path) = &options.archive {
        findings.extend(archive::check(ctx, conninfo, path, options.jobs).await?);
    }
    Ok(Examination::new(server.target(), facts.version_text, findings))
}

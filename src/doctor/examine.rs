//! The checks, one after the other on one session.

use super::{
    Error, Examination, Options, activity, archive, collation, disk, privilege, replication, room, server,
    standby,
};
use crate::context::Context;
use crate::server::settings::Scope;
use crate::server::{Conninfo, Pooling, Server};

/// Examines the database of `conninfo`.
///
/// # Errors
/// When the server cannot be reached or asked, or the archive cannot be read.
pub async fn examine(ctx: &Context, conninfo: &Conninfo, options: &Options) -> Result<Examination, Error> {
    let (server, session) = Server::connect_through_any_pooler(conninfo, "doctor").await?;
    let facts = server.facts().clone();
    let shared = facts.pooler.as_ref().filter(|pooler| pooler.is_in_the_way());
    if shared.is_some_and(|pooler| pooler.pooling == Pooling::Statement) {
        // It takes no transactions, so nothing more can be asked safely.
        let mut findings = server::reached(&facts, conninfo);
        findings.extend(options.archive.as_ref().map(|_| archive::not_compared()));
        return Ok(Examination::new(server.target(), facts.version_text, findings));
    }
    session.batch("BEGIN READ ONLY").await?;
    // Only for this transaction: behind a pooler the next client would have them.
    session.set_up_reading(Scope::Transaction).await?;
    let mut findings = server::check(&session, &facts, conninfo).await?;
    findings.extend(privilege::check(&session).await?);
    findings.extend(activity::check(&session, options.long_transaction).await?);
    findings.extend(room::check(&session, options.jobs).await?);
    findings.extend(standby::check(&session, &facts).await?);
    findings.extend(replication::check(&session, &facts).await?);
    findings.extend(collation::check(&session).await?);
    findings.extend(disk::check(&session, options.output.as_deref()).await?);
    session.batch("COMMIT").await?;
    drop(session);
    match (&options.archive, shared) {
        (Some(path), None) => findings.extend(archive::check(ctx, conninfo, path, options.jobs).await?),
        (Some(_), Some(_)) => findings.push(archive::not_compared()),
        (None, _) => {}
    }
    Ok(Examination::new(server.target(), facts.version_text, findings))
}

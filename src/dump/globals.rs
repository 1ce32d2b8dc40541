//! The globals of the cluster, where they are asked for.

use super::Globals;
use super::error::Error;
use crate::context::Context;
use crate::globals;
use crate::manifest;
use crate::server::Session;

/// Reads them over the session that has the snapshot. A warning each for what means nothing (it goes to `warnings`, too).
///
/// # Errors
/// [`Error::HiddenPasswords`]: an archive without the hashes would look like one that has them all.
pub async fn read(
    ctx: &Context,
    session: &Session,
    wanted: Globals,
    warnings: &mut Vec<String>,
) -> Result<Option<manifest::Globals>, Error> {
    if wanted == Globals::No {
        return Ok(None);
    }
    let cluster = globals::read(session, wanted == Globals::WithPasswords).await?;
    if wanted == Globals::WithPasswords && !cluster.globals.passwords {
        return Err(Error::HiddenPasswords(cluster.me));
    }
    cluster.warnings.iter().for_each(|warning| ctx.warn(warning.clone()));
    warnings.extend(cluster.warnings);
    Ok(Some(cluster.globals))
}

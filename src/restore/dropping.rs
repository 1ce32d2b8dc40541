//! `-c`: drops what is made again. All in one transaction, if the server's lock table holds that: nothing is gone then
//! unless everything is.

use super::ddl::Work;
use super::error::Error;
use super::guests::Guest;
use super::run::Run;
use super::works::works;
use crate::server::{Class, Session};
use crate::sql::literal;

/// How long a drop waits for whoever uses the object.
const LOCK_TIMEOUT: &str = "10s";
/// Statements that are tried together.
const TOGETHER: usize = 100;

/// Drops, at once or in several transactions.
///
/// # Errors
/// [`Error::Dependents`], [`Error::InUse`], the server's. Nothing is dropped then, but for what earlier transactions did.
pub async fn drop_all(run: &Run, session: &Session, drops: Vec<Work>, at_once: bool) -> Result<(), Error> {
    session.batch(&format!("SET lock_timeout = {}", literal(LOCK_TIMEOUT))).await?;
    let done = match at_once {
        true => in_one_transaction(run, session, drops).await,
        // An id would make them entries that are in place.
        false => works(run, session, drops.into_iter().map(|work| Work { id: 0, ..work }).collect()).await,
    };
    match done {
        Ok(()) => Ok(session.batch("SET lock_timeout = 0").await?),
        Err(Error::Statement { label, source, .. }) if source.class() == Class::Lock => {
            session.undo_whole().await?;
            let guests = Guest::read_here(session).await?;
            Err(Error::InUse { label, sessions: guests.iter().map(Guest::words).collect(), source })
        }
        // Which says that nothing was dropped.
        Err(Error::Statement { source, .. }) if at_once && source.sqlstate() == Some(DEPENDENT_OBJECTS) => {
            let detail = source.server().and_then(|server| server.detail.clone()).unwrap_or_default();
            Err(Error::Dependents(detail.lines().map(str::to_owned).collect()))
        }
        Err(error) => Err(error),
    }
}

/// `dependent_objects_still_exist`
const DEPENDENT_OBJECTS: &str = "2BP01";

/// The target may have other dependencies than the source had, so what fails is tried again when all else is gone.
async fn in_one_transaction(run: &Run, session: &Session, mut rest: Vec<Work>) -> Result<(), Error> {
    // With -1 it is the transaction of everything else, too.
    let own = !session.is_whole();
    if own {
        session.begin_whole().await?;
    }
    while !rest.is_empty() {
        let (mut kept, mut first) = (Vec::new(), None);
        for together in rest.chunks(TOGETHER) {
            if attempt(session, together).await.is_ok() {
                continue;
            }
            for work in together {
                match attempt(session, std::slice::from_ref(work)).await {
                    Ok(()) => {}
                    Err(error) if error.is_fatal() || is_locked(&error) => return Err(error),
                    // It is not there, or what it hangs on is not. A view that goes back to its first shape only does so
                    // for what it uses; the view itself is dropped later.
                    Err(error) if error.lacks_object() || run.entry(work.id).kind == "view_rule" => {}
                    Err(error) => {
                        first.get_or_insert(error);
                        kept.push(work.clone());
                    }
                }
            }
        }
        match first {
            Some(error) if kept.len() == rest.len() => return Err(error),
            _ => rest = kept,
        }
    }
    if own {
        session.commit_whole().await?;
    }
    Ok(())
}

fn is_locked(error: &Error) -> bool {
    matches!(error, Error::Statement { source, .. } if source.class() == Class::Lock)
}

/// Runs works, all or none of them.
async fn attempt(session: &Session, works: &[Work]) -> Result<(), Error> {
    let sql: Vec<String> = works.iter().flat_map(|work| work.sql.iter().cloned()).collect();
    let Err(source) = session.batch(&sql.join(";\n")).await else { return Ok(()) };
    let label = works.first().map(|work| work.label.clone()).unwrap_or_default();
    Err(Error::Statement { label, sql: sql.into_iter().next().unwrap_or_default(), source })
}

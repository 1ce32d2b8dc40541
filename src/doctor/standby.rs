//! What a hot standby does to a dump.

use serde::Deserialize;

use super::{Concerns, Finding, Level};
use crate::server::{Error, Facts, Session};

#[derive(Deserialize)]
struct Standby {
    feedback: bool,
    delay: String,
    unlogged: Vec<String>,
}

const STANDBY: &str = "
select current_setting('hot_standby_feedback')::bool as feedback,
    current_setting('max_standby_streaming_delay') as delay,
    array(
        select quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relpersistence = 'u' and c.relkind in ('r', 'S')
          and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        order by 1
    ) as unlogged";

/// Nothing to say of a primary.
pub async fn check(session: &Session, facts: &Facts) -> Result<Vec<Finding>, Error> {
    if !facts.in_recovery {
        return Ok(Vec::new());
    }
    let Some(standby) = session.fetch::<Standby>(STANDBY).await?.pop() else { return Ok(Vec::new()) };
    let settings = format!(
        "hot_standby_feedback = {}, max_standby_streaming_delay = {}",
        if standby.feedback { "on" } else { "off" },
        standby.delay
    );
    let mut findings = vec![match standby.delay == "-1" {
        true => Finding { concerns: Concerns::Dump, ..Finding::ok("standby", format!("it waits for us: {settings}")) },
        false => Finding::new(
            "standby",
            Level::Warning,
            Concerns::Dump,
            format!("it may cancel a dump that is in the way of its replay: {settings}"),
        )
        .remedy(
            "dump the primary, or set max_standby_streaming_delay = -1 for the time of the dump, or hot_standby_feedback = on \
             (which does not help against locks); --retries begins again by itself",
        ),
    }];
    if !standby.unlogged.is_empty() {
        findings.push(
            Finding::new(
                "unlogged",
                Level::Warning,
                Concerns::Dump,
                "rows of unlogged tables and values of unlogged sequences are not on a standby (exit 3)",
            )
            .items(standby.unlogged)
            .remedy("dump the primary"),
        );
    }
    Ok(findings)
}

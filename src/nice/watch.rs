//! The session that looks, and the gate that it shuts.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::gate::{Gate, shut_by_hand};
use super::judge::{Judge, Limits, Load, Turn};
use crate::context::Context;
use crate::server::settings::Scope;
use crate::server::{Class, Error, Server, Session};
use crate::sql::ident;

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// A look that takes longer is no use, and must not keep anybody waiting.
const LOOK_MAX: Duration = Duration::from_secs(30);

/// Lag of replicas is measured while something is written (documentation: pg_stat_replication); a standby is behind only
/// if it has something to replay. Others' sessions and all replicas are hidden from those who may not read statistics.
const LOAD: &str = "
select greatest(
        (select extract(epoch from max(r.replay_lag)) from pg_stat_replication r),
        case when pg_is_in_recovery() and pg_last_wal_receive_lsn() <> pg_last_wal_replay_lsn()
            then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end
    )::float8 as lag,
    (select count(*) from pg_stat_activity a
        where a.backend_type = 'client backend' and a.state = 'active'
          and a.pid <> pg_backend_pid() and a.pid <> all (array[";
const SIGHT: &str = "
select current_user::text as role, pg_catalog.pg_has_role('pg_read_all_stats', 'usage') as full";

#[derive(Deserialize)]
struct Sight {
    role: String,
    full: bool,
}

/// A session that looks at a server; the load before the work is known.
#[derive(Debug)]
pub struct Watch {
    session: Session,
    limits: Limits,
    start: Load,
}

/// A watch at work. It ends with the value, and whoever waits at the gate goes on.
#[derive(Debug)]
pub struct Watching {
    gate: Gate,
    _task: JoinSet<()>,
}

impl Watch {
    /// Connects, as this part of the operation, and looks for the first time. Without a session to be had there is no watch,
    /// and a warning.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn connect(
        ctx: &Context,
        server: &Server,
        limits: Limits,
        part: &str,
    ) -> Result<Option<Self>, Error> {
        let session = match server.connect_another_as(part).await {
            Ok(session) => session,
            Err(error) if error.class() == Class::Connect => {
                ctx.warn(format!("--nice cannot look at the server, and nothing will pause: {error}"));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let sight = session.fetch::<Sight>(SIGHT).await?.pop();
        if let Some(Sight { role, .. }) = sight.filter(|sight| !sight.full) {
            ctx.warn(format!(
                "--nice sees no replicas and no sessions but those of role \"{role}\": GRANT pg_read_all_stats TO {}",
                ident(&role)
            ));
        }
        let start = look(&session, &[]).await?;
        Ok(Some(Self { session, limits, start }))
    }

    /// The process that serves its session.
    pub fn backend_pid(&self) -> i32 {
        self.session.backend_pid
    }

    /// Looks from now on; the sessions of these processes are our own.
    pub fn start(self, ctx: &Context, ours: Vec<i32>) -> Watching {
        let (hand, gate) = shut_by_hand();
        let ctx = ctx.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { self.run(&ctx, &ours, &hand).await });
        Watching { gate, _task: task }
    }

    async fn run(self, ctx: &Context, ours: &[i32], hand: &watch::Sender<bool>) {
        let (mut judge, began): (Judge, Instant) = (Judge::new(self.limits, self.start), ctx.now());
        loop {
            tokio::time::sleep(INTERVAL).await;
            let load = match tokio::time::timeout(LOOK_MAX, look(&self.session, ours)).await {
                Ok(Ok(load)) => load,
                Ok(Err(error)) => return ctx.warn(format!("{BLIND}: {error}")),
                Err(_) => return ctx.warn(format!("{BLIND}: no answer for {} s", LOOK_MAX.as_secs())),
            };
            let Some(turn) = judge.look(began.elapsed(), load) else { continue };
            hand.send_replace(matches!(turn, Turn::Pause(_)));
            ctx.warn(match turn {
                Turn::Pause(why) => format!("pausing: {why}"),
                Turn::Eased(paused) => {
                    format!("going on after {} s: the server has recovered", paused.as_secs())
                }
                Turn::Overdue(paused) => format!(
                    "going on after {} s, though it is no better: this counts as normal from now on",
                    paused.as_secs()
                ),
            });
        }
    }
}

const BLIND: &str = "--nice cannot look at the server any more, and nothing will pause";

/// One look, in a transaction of its own: within one, the server shows the same sessions again.
async fn look(session: &Session, ours: &[i32]) -> Result<Load, Error> {
    session.batch("BEGIN READ ONLY").await?;
    session.set_up_reading(Scope::Transaction).await?;
    let ours = ours.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let load = session.fetch(&format!("{LOAD}{ours}]::int[])) as active")).await?.pop();
    session.batch("COMMIT").await?;
    Ok(load.unwrap_or_default())
}

impl Watching {
    /// What the workers pass.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }
}

//! Poolers that share one session among several clients. A dump keeps a snapshot and locks in its sessions, a restore
//! keeps settings; with such a pooler other clients would get them.
//!
//! No pooler says what it is in a way that all of them share. But all make up the key of the start-up message, whose
//! process is then not the one that serves the session. Only behind such a key is more asked, so a server that is
//! connected to directly is never taken for a pooler.

use std::fmt;
use std::time::Duration;

use super::{Error, Session};

/// Two clients of one session usually meet at once, since poolers hand out what was used last. Others may come between
/// them in a busy pool: then the session of the first client changes.
const ROUNDS: usize = 4;

/// A second client that waits for longer meets a pool whose sessions are all taken.
const PATIENCE: Duration = Duration::from_secs(1);

/// When a session goes on to the next client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// When its client has left: no matter to anybody.
    Session,
    /// After each transaction.
    Transaction,
    /// After each statement; transactions are refused.
    Statement,
}

/// A pooler in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooler {
    /// When it hands sessions on.
    pub pooling: Pooling,
    /// Address (`None`: a socket) and port at which it reaches the server.
    pub server: Option<(Option<String>, u16)>,
}

impl Pooler {
    /// It shares a session among clients at the same time: dumps and restores cannot go through it.
    pub fn is_in_the_way(&self) -> bool {
        self.pooling != Pooling::Session
    }
}

impl fmt::Display for Pooler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.pooling {
            Pooling::Session => {
                return f.write_str("a connection pooler in session mode is in between");
            }
            Pooling::Transaction => "transaction",
            Pooling::Statement => "statement",
        };
        write!(
            f,
            "a connection pooler in {unit} mode is in between: it gives a session to another client after each {unit}, \
             and snapshots, locks and settings do not survive that"
        )
    }
}

/// Looks whether the session of the first client is given to a second one, too. Nothing is left on it: questions, and
/// transactions that are rolled back.
pub(super) async fn detect(first: &Session, second: &Session) -> Result<Pooler, Error> {
    let pooling = pooling(first, second).await?.unwrap_or(Pooling::Session);
    let row = first
        .texts("SELECT pg_catalog.host(pg_catalog.inet_server_addr()), pg_catalog.current_setting('port')")
        .await
        // It only makes the message better.
        .unwrap_or_default();
    let server = match &row[..] {
        [address, Some(port)] => port.parse().ok().map(|port| (address.clone(), port)),
        _ => None,
    };
    Ok(Pooler { pooling, server })
}

async fn pooling(first: &Session, second: &Session) -> Result<Option<Pooling>, Error> {
    let mut before = first.ask_pid().await?;
    for _ in 0..ROUNDS {
        match tokio::time::timeout(PATIENCE, second.batch("BEGIN")).await {
            // Nobody waits for a session that is shared between transactions as long as this one has none.
            Err(_) => return Ok(None),
            Ok(Err(error)) if error.to_string().contains("statement pooling") => {
                return Ok(Some(Pooling::Statement));
            }
            Ok(begun) => begun?,
        }
        let other = second.ask_pid().await?;
        // While the second client has a session for itself, the first one may have to take another.
        let now = match other == before {
            true => before,
            false => first.ask_pid().await?,
        };
        second.batch("ROLLBACK").await?;
        if other == before || now != before {
            return Ok(Some(Pooling::Transaction));
        }
        before = now;
    }
    Ok(None)
}

//! One session on a server.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Connection, Row, SimpleQueryMessage};

use super::cancel::CancelHandle;
use super::conninfo::Conninfo;
use super::error::ServerError;
use super::frame::Buffers;
use super::home::Key;
use super::relay::Shared;
use super::settings::{self, Scope, Writing};
use super::whole::Whole;
use super::{Error, row};
use crate::sql::literal;
use crate::version::Version;

/// So many notices are kept until somebody takes them.
const NOTICES_MAX: usize = 1000;

/// A session, with its connection driven by a task of its own. Dropping it says good-bye to the server.
pub struct Session {
    /// The client library's handle, for what the methods here do not offer. COPY through it is refused: the
    /// connection is closed with a protocol error.
    pub client: Client,
    /// The server's version.
    pub version: Version,
    /// The acting role is a superuser.
    pub superuser: bool,
    /// The process that serves this session, as `pg_backend_pid()` says.
    pub backend_pid: i32,
    pub(super) relay: Shared,
    pub(super) buffers: Buffers,
    pub(super) cancel: CancelHandle,
    pub(super) whole: Whole,
    ending: watch::Receiver<Option<Arc<Ending>>>,
    notices: Notices,
}

type Notices = Arc<Mutex<VecDeque<ServerError>>>;

/// How a connection ended.
#[derive(Debug)]
struct Ending {
    cause: String,
    server: Option<ServerError>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("version", &self.version).field("pid", &self.backend_pid).finish()
    }
}

impl Session {
    /// Takes over a connection that is up, and keeps the thread that it lives on until it ends.
    pub(super) fn new<S, T>(
        client: Client,
        mut connection: Connection<S, T>,
        home: Key,
        relay: Shared,
        buffers: Buffers,
        cancel: CancelHandle,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (tell, ending) = watch::channel(None);
        let notices = Notices::default();
        let kept = notices.clone();
        tokio::spawn(async move {
            let ending = loop {
                match poll_fn(|cx| connection.poll_message(cx)).await {
                    Some(Ok(AsyncMessage::Notice(notice))) => {
                        let mut kept = kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        if kept.len() == NOTICES_MAX {
                            kept.pop_front();
                        }
                        kept.push_back(ServerError::from(&notice));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break Ending::new(&error),
                    None => break Ending { cause: "the session has ended".to_owned(), server: None },
                }
            };
            // Before the connection is dropped, since that is what wakes those who wait for an answer.
            tell.send_replace(Some(Arc::new(ending)));
            drop(connection);
            drop(home);
        });
        Self {
            client,
            version: Version::from_num(0),
            superuser: false,
            backend_pid: 0,
            relay,
            buffers,
            cancel,
            whole: Whole::default(),
            ending,
            notices,
        }
    }

    /// Runs one or several statements and discards their results (simple query).
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn batch(&self, sql: &str) -> Result<(), Error> {
        match self.client.batch_execute(&self.guarded(sql)).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let error = self.error(error).await;
                Err(self.undone(error).await)
            }
        }
    }

    /// Runs one statement and returns its rows. One round trip, no named statement, so it works behind poolers.
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn query(&self, sql: &str) -> Result<Vec<Row>, Error> {
        self.query_with(sql, &[]).await
    }

    /// The same with parameters `$1`, … and their types.
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn query_with(
        &self,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, Error> {
        self.by_itself(async {
            match self.client.query_typed(sql, params).await {
                Ok(rows) => Ok(rows),
                Err(error) => Err(self.error(error).await),
            }
        })
        .await
    }

    /// Runs one statement and decodes its rows by column name, each as it comes: rows of the client library are many
    /// times as large as what is in them.
    ///
    /// # Errors
    /// The server's; a lost connection; a row that does not fit `T`.
    pub async fn fetch<T: serde::de::DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>, Error> {
        self.by_itself(self.decoded(sql)).await
    }

    async fn decoded<T: serde::de::DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>, Error> {
        let none: [(&(dyn ToSql + Sync), Type); 0] = [];
        let mut rows = match self.client.query_typed_raw(sql, none).await {
            Ok(rows) => Box::pin(rows),
            Err(error) => return Err(self.error(error).await),
        };
        let (mut decoded, mut decoder) = (Vec::new(), None);
        while let Some(row) = rows.next().await {
            let row = match row {
                Ok(row) => row,
                Err(error) => return Err(self.error(error).await),
            };
            let decoder = decoder.get_or_insert_with(|| row::Decoder::new(&row));
            let row = decoder.decode(&row);
            decoded.push(row.map_err(|source| Error::Row { context: String::new(), source })?);
        }
        // Nothing is added any more, and the last doubling may be half empty.
        decoded.shrink_to_fit();
        Ok(decoded)
    }

    /// The first row of a simple query as text; for facts about the server.
    pub(super) async fn texts(&self, sql: &str) -> Result<Vec<Option<String>>, Error> {
        let messages = match self.client.simple_query(sql).await {
            Ok(messages) => messages,
            Err(error) => return Err(self.error(error).await),
        };
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let row = row.ok_or_else(|| Error::Protocol {
            context: String::new(),
            problem: "the server answered a question about itself with no row".into(),
        })?;
        Ok((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
    }

    /// The process that serves this session. The number of the start-up message will not do: behind a pooler it is
    /// made up.
    pub(super) async fn ask_pid(&self) -> Result<i32, Error> {
        let row = self.texts("SELECT pg_catalog.pg_backend_pid()").await?;
        Ok(row.into_iter().next().flatten().and_then(|pid| pid.parse().ok()).unwrap_or_default())
    }

    /// Takes on the role that the user asked for; its rank counts from now on.
    pub(super) async fn take_role(&mut self, conninfo: &Conninfo) -> Result<(), Error> {
        if conninfo.role.is_none() {
            return Ok(());
        }
        self.batch(&conninfo.own_role()).await?;
        let row = self.texts("SELECT pg_catalog.current_setting('is_superuser')").await?;
        self.superuser = row.into_iter().next().flatten().as_deref() == Some("on");
        Ok(())
    }

    /// Statements go in the encoding that suits the database. Sessions begin with UTF-8.
    pub(super) async fn set_client_encoding(&self, server_encoding: &str) -> Result<(), Error> {
        match settings::client_encoding(server_encoding) {
            "UTF8" => Ok(()),
            other => self.batch(&format!("SET client_encoding = {}", literal(other))).await,
        }
    }

    /// Begins the transaction that reads: one snapshot for everything, nothing can be changed. A `deferrable` one waits for a
    /// snapshot that fits into some serial order of all serializable transactions (documentation: SET TRANSACTION).
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn begin_snapshot(&self, deferrable: bool) -> Result<(), Error> {
        self.batch(match deferrable {
            false => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            true => "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
        })
        .await
    }

    /// Exports the snapshot of the current transaction, which must stay open as long as others import it.
    ///
    /// # Errors
    /// The server's (on a standby before 10); a lost connection.
    pub async fn export_snapshot(&self) -> Result<String, Error> {
        let row = self.texts("SELECT pg_catalog.pg_export_snapshot()").await?;
        row.into_iter().next().flatten().ok_or_else(|| Error::Protocol {
            context: String::new(),
            problem: "the server exported no snapshot".into(),
        })
    }

    /// Makes an exported snapshot the current transaction's; the first statement after
    /// [`begin_snapshot`](Self::begin_snapshot).
    ///
    /// # Errors
    /// The server's, for example when the exporting transaction has ended; a lost connection.
    pub async fn import_snapshot(&self, id: &str) -> Result<(), Error> {
        self.batch(&format!("SET TRANSACTION SNAPSHOT {}", literal(id))).await
    }

    /// Applies the settings of a reading session; with [`Scope::Transaction`] after the transaction has begun.
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn set_up_reading(&self, scope: Scope) -> Result<(), Error> {
        self.batch(&settings::reading(self.version, scope).join(";")).await
    }

    /// Applies the settings of a writing session.
    ///
    /// # Errors
    /// The server's; a lost connection.
    pub async fn set_up_writing(&self, scope: Scope, options: Writing) -> Result<(), Error> {
        self.batch(&settings::writing(self.version, scope, options).join(";")).await
    }

    /// A handle that can cancel this session's work from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.cancel.clone()
    }

    /// Where used frame buffers go back to.
    pub fn buffers(&self) -> Buffers {
        self.buffers.clone()
    }

    /// The connection is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Waits until the connection is gone, and says why. For a session that holds something (a snapshot, locks) and
    /// is otherwise silent: nothing else would notice.
    pub async fn lost(&self) -> Error {
        let mut ending = self.ending.clone();
        match ending.wait_for(Option::is_some).await {
            Ok(ending) => lost(ending.as_deref()),
            Err(_) => lost(None),
        }
    }

    /// The notices and warnings that have come since the last call; of very many only the newest.
    pub fn take_notices(&self) -> Vec<ServerError> {
        self.notices.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).drain(..).collect()
    }

    /// Makes an error of the client library one of ours. A closed connection is only the consequence: the reason,
    /// which the connection's task knows, is reported instead.
    pub(super) async fn error(&self, error: tokio_postgres::Error) -> Error {
        let context = String::new();
        if let Some(server) = error.as_db_error() {
            let ended = ServerError::ends_session(server);
            let server = Box::new(ServerError::from(server));
            return match ended {
                true => Error::Lost { context, cause: server.to_string(), server: Some(server) },
                false => Error::Rejected { context, server, locking: false },
            };
        }
        if error.is_closed() {
            let mut ending = self.ending.clone();
            // Already there, or about to be: the task tells it before anything can notice that it is gone.
            let told = tokio::time::timeout(Duration::from_secs(2), ending.wait_for(Option::is_some)).await;
            return match told {
                Ok(Ok(ending)) => lost(ending.as_deref()),
                _ => lost(None),
            };
        }
        Error::Protocol { context, problem: chain(&error) }
    }
}

fn lost(ending: Option<&Ending>) -> Error {
    Error::Lost {
        context: String::new(),
        cause: ending.map_or_else(|| "connection closed".to_owned(), |ending| ending.cause.clone()),
        server: ending.and_then(|ending| ending.server.clone()).map(Box::new),
    }
}

impl Ending {
    fn new(error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(server) => {
                let server = ServerError::from(server);
                Self { cause: server.to_string(), server: Some(server) }
            }
            None if error.is_closed() => {
                Self { cause: "server closed the connection unexpectedly".to_owned(), server: None }
            }
            None => Self { cause: chain(error), server: None },
        }
    }
}

/// An error with everything below it, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

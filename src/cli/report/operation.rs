//! Errors of the operations: dump, restore, verify, inspect.

use pgark::event::Meter;
use pgark::server::Class;
use pgark::sql::ident;
use pgark::{doctor, dump, inspect, preflight, restore, selection, verify};

use super::hint::{create_database, shell_path};
use super::{Report, Scene};
use crate::cli::{exit, figure};

/// Findings beyond this are counted only; `--json` has more of them.
const FINDINGS_SHOWN: usize = 20;

impl Report {
    /// A dump that did not finish.
    pub fn dump(error: &dump::Error, scene: &Scene<'_>) -> Self {
        use dump::Error as E;
        match error {
            E::Server(error) => Self::server(error, scene),
            E::Stalled { session, doing, .. } => Self::new(exit::LOST, error).stalled(session, doing),
            E::Restless(_) => Self::new(exit::LOCK, error).hint("run again when fewer tables change"),
            E::Snapshot { .. } => Self::new(exit::REFUSED, error).causes_of(error).hint(
                "its session has to stay in the transaction that exported it, in the same database",
            ),
            E::Outdated(_) => Self::new(exit::REFUSED, error).hint("export a new snapshot"),
            E::Condition { .. } => Self::new(exit::USAGE, error).causes_of(error).hint(
                "--where 'table=condition' wants an expression as behind WHERE; names have their schemas",
            ),
            E::Catalog(changed @ pgark::catalog::Error::Query { .. }) if changed.may_pass() => {
                Self::new(exit::LOCK, "objects were dropped while the catalog was read")
                    .causes_of(changed)
                    .hint("run again when less of the schema changes")
            }
            E::Catalog(pgark::catalog::Error::Query { source, stem }) => {
                let report = Self::server(source, scene);
                report.place(format!("reading the catalog, query {stem}"))
            }
            E::Archive(error) => Self::archive(error, scene),
            E::Unsupported(names) => {
                let report = Self::new(
                    exit::REFUSED,
                    format!(
                        "the database has {} that pgark cannot dump",
                        figure::count(names.len() as u64, "object")
                    ),
                );
                let report = names.iter().fold(report, |report, name| report.cause(name));
                report.hint(
                    "leave them out with --skip-unsupported; the dump then ends with exit 3 and lists them",
                )
            }
            E::RowSecurity(_) => {
                let role = scene.conninfo.map(|conninfo| ident(conninfo.acting_role()));
                let role = role.unwrap_or_else(|| "the role".to_owned());
                Self::new(exit::ACCESS, error).hint(format!(
                    "use a role that sees every row: the owner of the tables, a superuser, or \
                     ALTER ROLE {role} BYPASSRLS; or dump what it sees: --enable-row-security"
                ))
            }
            E::Unreadable(unreadable) => {
                let mut report = Self::new(exit::ACCESS, error);
                for what in unreadable.iter().take(FINDINGS_SHOWN) {
                    report = report.cause(what);
                }
                if unreadable.len() > FINDINGS_SHOWN {
                    report = report.cause(format!("and {} more", unreadable.len() - FINDINGS_SHOWN));
                }
                match scene.conninfo {
                    Some(conninfo) => {
                        report.hint(preflight::remedy(unreadable, &ident(conninfo.acting_role())))
                    }
                    None => report,
                }
            }
            E::LockTable(locks) => {
                Self::new(exit::REFUSED, error).cause(locks.words()).hint(locks.remedy())
            }
            E::HiddenPasswords(_) => Self::new(exit::ACCESS, error).hint(
                "dump as a superuser, or leave out --role-passwords: the roles then come back without passwords",
            ),
            E::Lock { holders, source, .. } => {
                let mut report = Self::new(exit::LOCK, error);
                for holder in holders {
                    report = report.cause(holder);
                }
                if holders.is_empty() {
                    report = report.cause(source);
                }
                report.hint("run again when the others are done, or give them more time: --lock-wait-timeout")
            }
            E::Selection(error) => Self::selection(error),
            E::TooOld(_) => {
                Self::new(exit::REFUSED, error).hint("dump it with the pg_dump of its own version")
            }
            E::TooMany(_) => {
                Self::new(exit::REFUSED, error).hint("fewer parts: a larger --split-above, or --no-split")
            }
            E::Cancelled => Self::interrupted().cause("nothing stands under the archive's name"),
            other => Self::unexpected(other).causes_of(other),
        }
    }

    /// Names that do not fit what is there.
    fn selection(error: &selection::SelectionError) -> Self {
        use selection::SelectionError as E;
        match error {
            E::Pattern(_) => Self::new(exit::USAGE, error),
            E::NoMatch { .. } => Self::new(exit::REFUSED, error).hint(
                "names are folded to lower case unless they are in double quotes within the shell's own: \
                 -t '\"Orders\"'; a name without a schema is looked for in the search_path",
            ),
        }
    }

    /// A restore that was refused or did not finish. `meter` says what had arrived.
    pub fn restore(error: &restore::Error, scene: &Scene<'_>, meter: &Meter) -> Self {
        use restore::Error as E;
        match error {
            E::Server(error) => Self::server(error, scene).arrived(meter, scene),
            E::Archive(error) => Self::archive(error, scene).arrived(meter, scene),
            E::Statement { sql, source, .. } => {
                failed(Self::new(exit::REJECTED, error).place(format!("statement: {sql}")), source, scene)
                    .arrived(meter, scene)
            }
            E::Load { source, .. } => {
                failed(Self::new(exit::REJECTED, error), source, scene).arrived(meter, scene)
            }
            E::Rows { .. } => Self::new(exit::ARCHIVE, error)
                .hint("check the archive: pgark verify --deep")
                .arrived(meter, scene),
            E::Selection(error) => Self::selection(error),
            E::Together { tables, source } => {
                let shown = tables.iter().take(FINDINGS_SHOWN).map(String::as_str);
                let more = tables.len().saturating_sub(FINDINGS_SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                Self::restore(source, scene, meter).place(format!(
                    "in one transaction, which was undone: {}{more}",
                    shown.collect::<Vec<_>>().join(", ")
                ))
            }
            E::NotAll(failures) => {
                let causes = failures.iter().take(FINDINGS_SHOWN);
                causes.fold(Self::new(exit::REJECTED, error), |report, failure| {
                    report.cause(format!("{}: {}", failure.label, failure.reason))
                })
            }
            E::Mapping(error) => Self::mapping(error),
            E::SchemaNotMade(name) => Self::new(exit::REFUSED, error).select_schema(name),
            E::SchemaThere(_) => Self::new(exit::REFUSED, error).free_schema(),
            E::RolesStay { roles, source } => {
                let names: Vec<String> = roles.iter().map(|role| ident(role)).collect();
                Self::restore(source, scene, meter)
                    .place(format!("the roles that were missing are made, and stay: {}", names.join(", ")))
            }
            E::RolledBack(error) => Self::restore(error, scene, &Meter::default())
                .place("the transaction was undone: the target is as before"),
            E::CleanFromPipe => Self::new(exit::REFUSED, error)
                .hint("write the archive to a file first, put all into one transaction: -1, or replace the whole database: -c -C"),
            E::Dependents(dependents) => {
                let report = Self::new(exit::REFUSED, error);
                let report = dependents.iter().take(FINDINGS_SHOWN).fold(report, Self::cause);
                report.place("nothing was dropped").hint(
                    "drop them first if nobody needs them, or replace the whole database: -c -C -d postgres",
                )
            }
            E::InUse { sessions, source, .. } => {
                let report =
                    sessions.iter().take(FINDINGS_SHOWN).fold(Self::new(exit::LOCK, error), Self::cause);
                report
                    .cause(source)
                    .hint("run again when they are done, or end them: --terminate-connections")
            }
            E::NotEmpty(present) => {
                let report = Self::new(exit::REFUSED, "the target database is not empty");
                let report =
                    present.iter().fold(report, |report, object| report.cause(format!("it has {object}")));
                match scene.conninfo {
                    Some(conninfo) => {
                        let name = format!("{}_restored", conninfo.dbname);
                        report.hint(format!(
                            "restore into a fresh one: {}",
                            create_database(scene, conninfo, &name)
                        ))
                    }
                    None => report,
                }
            }
            E::Obstacle(obstacle) => Self::obstacle(obstacle, scene),
            E::CreateDatabase { sql, source, .. } => {
                let report = failed(
                    Self::new(exit::REJECTED, error).place(format!("statement: {sql}")),
                    source,
                    scene,
                );
                match source.sqlstate() {
                    // What the server says of locales that it does not know, or that do not go with the encoding.
                    Some("42809" | "22023" | "0A000") if sql.contains(" LC_COLLATE ") => {
                        report.hint("--target-locale makes it with the server's own locale")
                    }
                    _ => report,
                }
            }
            E::Unfinished { database, remains, source } => {
                // Nothing stays in a target, so nothing is said of what had arrived.
                Self::restore(source, scene, &Meter::default()).remaining(remains, database, scene)
            }
            E::Lacks(lacks) => Self::lacking(lacks),
            E::NoGlobals => {
                Self::new(exit::REFUSED, error).hint("dump with --globals, or restore without it")
            }
            E::ReadOnly(_) => Self::new(exit::REFUSED, error).hint("name the primary server with -h or -d"),
            E::NotConfirmed => Self::new(exit::REFUSED, "not confirmed: nothing was changed")
                .hint("say --yes to restore without a question"),
            // The archive was good and the server took every row: none of the other codes fits, and trying again
            // would change nothing.
            E::Count { standing: false, .. } => Self::unexpected(error).arrived(meter, scene),
            E::Count { .. } => Self::new(exit::REJECTED, error)
                .hint("a trigger of the table may have left rows out: --disable-triggers keeps it from that")
                .arrived(meter, scene),
            E::Stalled { session, doing, .. } => {
                Self::new(exit::LOST, error).stalled(session, doing).arrived(meter, scene)
            }
            E::Cancelled => Self::interrupted().arrived(meter, scene),
            other => Self::unexpected(other).causes_of(other),
        }
    }

    /// A server that could not be examined.
    pub fn doctor(error: &doctor::Error, scene: &Scene<'_>) -> Self {
        match error {
            doctor::Error::Server(error) => Self::server(error, scene),
            doctor::Error::Restore(error) => Self::restore(error, scene, &Meter::default()),
            other => Self::unexpected(other).causes_of(other),
        }
    }

    /// An archive that does not verify.
    pub fn verify(error: &verify::Error, scene: &Scene<'_>) -> Self {
        let failure = match error {
            verify::Error::Archive(error) => return Self::archive(error, scene),
            verify::Error::Cancelled => return Self::interrupted(),
            verify::Error::Failed(failure) => failure,
        };
        let name = scene.archive.map(|path| path.display().to_string()).unwrap_or_default();
        let mut report = Self::new(exit::ARCHIVE, format!("{name}: the archive is damaged or incomplete"));
        for finding in failure.findings.iter().take(FINDINGS_SHOWN) {
            report = report.cause(finding);
        }
        if failure.found > FINDINGS_SHOWN as u64 {
            report = report.cause(format!("and {} more", failure.found - FINDINGS_SHOWN as u64));
        }
        let intact = match failure.records {
            Some(records) => format!("{} of {} are intact", failure.intact, figure::count(records, "record")),
            None => format!("{} before it are intact", figure::count(failure.intact, "record")),
        };
        report
            .place(format!("{intact}; {} in the damaged ones", figure::count(failure.rows_hit, "row")))
            .hint("take another copy, and verify that; keep this one until then")
    }

    /// An archive that cannot be shown.
    pub fn inspect(error: &inspect::Error, scene: &Scene<'_>) -> Self {
        match error {
            inspect::Error::Archive(error) => Self::archive(error, scene),
            inspect::Error::Mapping(error) => Self::mapping(error),
            inspect::Error::NoGlobals => Self::new(exit::REFUSED, error).hint("pgark dump --globals"),
            inspect::Error::Name(error) => no_table(error, scene),
            inspect::Error::Selection(error) => Self::selection(error),
            inspect::Error::NotText => Self::new(exit::REFUSED, error).hint("leave out --json"),
            inspect::Error::ConnectName(_) => Self::new(exit::REFUSED, error)
                .hint("use --json, or leave out -C and make the database first"),
            inspect::Error::Opaque { .. } => {
                Self::new(exit::REFUSED, error).hint("--format binary prints the rows as they are stored")
            }
            inspect::Error::TextRows(_) => Self::new(exit::REFUSED, error)
                .hint("--format copy prints the rows as they are stored; csv and jsonl work, too"),
            inspect::Error::Encoding { .. } => {
                Self::new(exit::REFUSED, error).hint("--format copy and --format binary print no names")
            }
            inspect::Error::Value { .. } => {
                Self::new(exit::ARCHIVE, error).hint("check the archive: pgark verify --deep")
            }
            inspect::Error::Output(error) => Self::new(exit::IO, "cannot write to stdout").cause(error),
            other => Self::unexpected(other).causes_of(other),
        }
    }

    /// Which session the server does not answer any more.
    fn stalled(self, session: &str, doing: &str) -> Self {
        let doing = if doing.is_empty() { String::new() } else { format!(": {doing}") };
        self.place(format!("{session}{doing}"))
            .hint("see pg_stat_activity for what this process waits for; or allow more: --stall-timeout")
    }

    /// What is in the target already, if anything.
    fn arrived(self, meter: &Meter, scene: &Scene<'_>) -> Self {
        let (rows, steps) = (Meter::get(&meter.rows), Meter::get(&meter.items_done));
        if rows + steps == 0 || scene.rows_alone && rows == 0 {
            return self;
        }
        let of = match Meter::get(&meter.items) {
            0 => String::new(),
            items => format!(" of {items}"),
        };
        let bytes = figure::bytes(Meter::get(&meter.raw_bytes));
        self.place(format!(
            "before: {steps}{of} steps, {} ({bytes}); they stay in the target",
            figure::count(rows, "row")
        ))
        .hint(match scene.rows_alone {
            true => "delete them before the next restore, or the same rows come again",
            false => "drop the target and make it again before the next restore",
        })
    }
}

fn no_table(error: &inspect::NameError, scene: &Scene<'_>) -> Report {
    let report = Report::new(exit::USAGE, error);
    match (error, scene.archive) {
        (inspect::NameError::Syntax(_), _) => {
            report.hint("write it as in SQL: orders, app.orders, 'app.\"Odd name\"'")
        }
        (inspect::NameError::Missing { near, .. }, _) if !near.is_empty() => {
            report.hint(format!("did you mean {}?", near.join(", ")))
        }
        (_, Some(path)) => {
            report.hint(format!("see which tables have rows: pgark list {}", shell_path(path)))
        }
        _ => report,
    }
}

/// The server's words about a statement, with the code that they call for.
fn failed(report: Report, source: &pgark::server::Error, scene: &Scene<'_>) -> Report {
    let code = Report::server(source, scene).code;
    let report = Report { code, ..report };
    match source.server() {
        Some(server) if source.class() != Class::Lost => report.said(server).rejected(server, scene),
        Some(server) => report.said(server),
        None => report.cause(source),
    }
}

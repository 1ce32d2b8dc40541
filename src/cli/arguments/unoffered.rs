//! Options of pg_dump and pg_restore that a command does not have: what to use instead.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// An option that is not offered.
#[derive(Debug)]
struct Unoffered {
    /// Its long name.
    long: &'static str,
    /// Its letter.
    short: Option<&'static str>,
    /// The commands that somebody may try it with.
    commands: &'static [&'static str],
    /// What to do instead.
    instead: &'static str,
}

const fn option(
    commands: &'static [&'static str],
    short: Option<&'static str>,
    long: &'static str,
    instead: &'static str,
) -> Unoffered {
    Unoffered { long, short, commands, instead }
}

const DUMP: &[&str] = &["dump"];
const RESTORE: &[&str] = &["restore"];
const BOTH: &[&str] = &["dump", "restore"];
const SCHEMA: &[&str] = &["schema"];

const ROWS_AS_SQL: &str =
    "rows are stored for COPY: pgark cat ARCHIVE TABLE prints them as csv, jsonl or COPY's text";
const SCRIPT_ONLY: &str = "it is for SQL scripts: pgark schema ARCHIVE prints one";
const AT_RESTORE: &str = "say it at restore: pgark restore ARCHIVE -c -d NAME, or -c -C -d postgres";
const ROWS: &str = "a script has definitions only: pgark cat ARCHIVE TABLE prints rows";
const ALL_DATABASES: &str = "dump each database by itself, one of them with --globals";

/// `docs/options.md` says the same; a test compares.
const UNOFFERED: &[Unoffered] = &[
    option(RESTORE, Some("-f"), "--file", "pgark schema, list and cat print what is in an archive"),
    option(RESTORE, Some("-l"), "--list", "pgark list ARCHIVE --toc prints a list for -L"),
    option(
        DUMP,
        None,
        "--no-sync",
        "a file gets its name when it is synced; -f - writes a pipe, which is not",
    ),
    option(DUMP, None, "--sync-method", "a file gets its name when it is synced, and its folder after it"),
    option(DUMP, Some("-c"), "--clean", AT_RESTORE),
    option(DUMP, None, "--if-exists", AT_RESTORE),
    option(DUMP, Some("-C"), "--create", "say it at restore: pgark restore ARCHIVE -C -d postgres"),
    option(
        DUMP,
        Some("-E"),
        "--encoding",
        "rows stay in the encoding of the database; a restore converts them",
    ),
    option(BOTH, Some("-S"), "--superuser", "restore as a superuser with -U"),
    option(DUMP, None, "--binary-upgrade", "only pg_upgrade needs it, and it brings its own pg_dump"),
    option(DUMP, None, "--column-inserts", ROWS_AS_SQL),
    option(DUMP, None, "--inserts", ROWS_AS_SQL),
    option(DUMP, None, "--rows-per-insert", ROWS_AS_SQL),
    option(DUMP, None, "--on-conflict-do-nothing", ROWS_AS_SQL),
    option(DUMP, None, "--disable-dollar-quoting", SCRIPT_ONLY),
    option(BOTH, None, "--restrict-key", SCRIPT_ONLY),
    option(
        DUMP,
        None,
        "--disable-triggers",
        "say it at restore: pgark restore ARCHIVE -a --disable-triggers -d NAME",
    ),
    option(RESTORE, None, "--enable-row-security", "COPY cannot load rows through policies"),
    option(DUMP, None, "--extra-float-digits", "floating-point numbers are always exact"),
    option(
        DUMP,
        None,
        "--include-foreign-data",
        "rows of foreign tables are not dumped: dump their own server",
    ),
    option(DUMP, None, "--load-via-partition-root", "rows go through the root where they have to"),
    option(BOTH, None, "--no-data", "use -s; it leaves out statistics, too"),
    option(BOTH, None, "--no-schema", "use -a; it leaves out statistics, too"),
    option(BOTH, None, "--statistics-only", "statistics come with definitions and rows"),
    option(DUMP, None, "--quote-all-identifiers", "names are quoted wherever a supported version needs it"),
    option(
        BOTH,
        None,
        "--use-set-session-authorization",
        "ALTER … OWNER gives objects away; made by their owners, they would need grants that come last",
    ),
    option(SCHEMA, Some("-a"), "--data-only", ROWS),
    option(SCHEMA, Some("-b"), "--large-objects", ROWS),
    option(SCHEMA, Some("-B"), "--no-large-objects", ROWS),
    option(SCHEMA, None, "--exclude-table-data", ROWS),
    option(SCHEMA, None, "--exclude-table-data-and-children", ROWS),
    option(SCHEMA, None, "--sequence-data", ROWS),
    option(
        SCHEMA,
        Some("-d"),
        "--dbname",
        "a script is for psql: pgark schema ARCHIVE -f FILE, then psql -d NAME -f FILE",
    ),
    option(DUMP, Some("-g"), "--globals-only", "pgark dump postgres --globals, then restore --globals-only"),
    option(
        DUMP,
        Some("-r"),
        "--roles-only",
        "dump with --globals; restore --globals-only makes what is missing",
    ),
    option(
        DUMP,
        None,
        "--tablespaces-only",
        "dump with --globals; restore --globals-only makes what is missing",
    ),
    option(DUMP, None, "--exclude-database", ALL_DATABASES),
    option(DUMP, Some("-l"), "--database", "name the database to connect to: pgark dump NAME"),
    option(DUMP, None, "--no-role-passwords", "it is the default: --role-passwords brings them"),
];

/// What to say when a command line has an option that other tools have: the option, and what to use instead.
pub fn unoffered(error: &Error, words: &[String]) -> Option<(String, &'static str)> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let command = words.get(1)?;
    let found = UNOFFERED.iter().find(|option| {
        option.commands.contains(&command.as_str())
            && (word == option.long || option.short.is_some_and(|short| word == short))
    })?;
    Some((word.clone(), found.instead))
}

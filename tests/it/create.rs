//! `restore -C`: the database itself comes back. The judge is `pg_dump --create` before and after.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::support::{
    LabelProvider, TestCli, TestDatabase, TestServer, content_diff, diff, oracle_dump_create, psql,
    row_hashes,
};

/// A little of what a database holds, and settings of it that would end or bend a restore if they held for it.
const CONTENTS: &str = "
    create table t (id int primary key, name text not null);
    insert into t select i, 'row ' || i from generate_series(1, 500) i;
    create index on t (name);
    create sequence s;
    select nextval('s');
    select lo_from_bytea(0, '\\x00ff');
    create materialized view m as select count(*) from t;
";

/// Settings that hinder whoever works in the database, lists, and settings that no server knows.
const SETTINGS: &str = r#"
    alter database {db} set search_path = "$user", "Odd, schema", public;
    alter database {db} set "pgark.Custom" = 'it''s, söm';
    alter database {db} set datestyle = 'German, DMY';
    alter database {db} set temp_tablespaces = '';
    alter database {db} set default_tablespace = 'pgark_no_such_tablespace';
    alter database {db} set default_transaction_isolation = serializable;
    alter database {db} set standard_conforming_strings = off;
    alter database {db} set statement_timeout = '30s';
    alter database {db} set default_transaction_read_only = on;
"#;

/// A name that nobody else has.
pub fn unique(topic: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("create_{}_{}_{topic}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The database that a restore of `name` has left unfinished, if any.
pub fn unfinished(server: &TestServer, name: &str) -> String {
    // Long names are cut before the end is put on.
    let quoted = |text: &str| text.replace('\'', "''");
    let start = quoted(&name.chars().take(20).collect::<String>());
    let sql = format!(
        "select datname from pg_database
        where starts_with(datname, '{start}') and datname <> '{}' and datname ~ '__restoring$'",
        quoted(name)
    );
    psql(server, "postgres", &sql).unwrap()
}

/// The definitions, but for what pg_dump prints in an order that is chance: which role's settings come first, and which
/// provider's labels.
fn settled(dump: &str) -> String {
    let by_chance = |line: &&str| line.starts_with("ALTER ROLE ") || line.starts_with("SECURITY LABEL ");
    let (mut loose, fixed): (Vec<&str>, Vec<&str>) =
        dump.lines().filter(|line| !line.is_empty()).partition(by_chance);
    // Stable: the settings of one role have an order.
    loose.sort_by_key(|line| line.split(" IN DATABASE ").next().map(str::to_owned));
    [fixed, loose].concat().join("\n")
}

/// Dumps the database, drops it, restores it as `role` from nothing but the archive, and compares.
fn comes_back(source: &TestDatabase, role: &str, options: &str) {
    let server = source.server();
    let definitions = || settled(&oracle_dump_create(source).unwrap());
    let (before, rows) = (definitions(), row_hashes(source).unwrap());
    assert!(before.contains("CREATE DATABASE"), "{before}");
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark", "-j", "2"]).unwrap();
    source.drop_now();
    let target = format!("{} {options}", server.conninfo_as(role, "postgres"));
    let restored = cli.succeed(["restore", "a.pgark", "-C", "-d", &target, "--yes", "-j", "2"]).unwrap();
    assert!(restored.stderr.contains(source.name()), "{}", restored.stderr);
    let mut differences = diff(&before, &definitions());
    differences.extend(content_diff(&rows, &row_hashes(source).unwrap()));
    assert!(differences.is_empty(), "{} on {}\n{}", source.name(), server.major, differences.join("\n"));
    assert_eq!(unfinished(server, source.name()), "");
}

/// Gives a database everything that it can have besides its contents.
fn dress(source: &TestDatabase) {
    let db = format!("\"{}\"", source.name().replace('"', "\"\""));
    let (owner, reader) = (source.role("owner", ""), source.role("Reader", ""));
    source.sql(CONTENTS);
    source.sql(&format!(
        "alter database {db} owner to \"{owner}\";
        comment on database {db} is 'it''s a ''database'' of größe, {{plain}}';
        alter database {db} connection limit 3;
        alter database {db} is_template true;
        revoke all on database {db} from public;
        grant connect on database {db} to \"{reader}\" with grant option;
        grant create, temporary on database {db} to pgark_reader;
        set session authorization \"{reader}\";
        grant connect on database {db} to pgark_owner;
        reset session authorization;
        alter role \"{reader}\" in database {db} set work_mem = '7MB';
        alter role \"{reader}\" in database {db} set search_path = 'x', \"Y\";
        alter role \"{owner}\" in database {db} set role = pgark_reader;"
    ));
    source.sql(&SETTINGS.replace("{db}", &db));
}

/// The ways in which a server's databases may compare text.
fn locales(major: u32) -> Vec<&'static str> {
    let mut locales = vec![
        "encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'",
        "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
        "encoding 'SQL_ASCII' lc_collate 'POSIX' lc_ctype 'C'",
    ];
    if major >= 15 {
        locales.push("encoding 'UTF8' locale_provider icu icu_locale 'de-u-co-phonebk' lc_collate 'C' lc_ctype 'C.UTF-8'");
    }
    if major >= 16 {
        locales
            .push("encoding 'UTF8' locale_provider icu icu_locale 'sv' icu_rules '&a < g' locale 'C.UTF-8'");
    }
    if major >= 17 {
        locales.push(
            "encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' lc_collate 'C' lc_ctype 'C'",
        );
    }
    locales
}

fn every_property_comes_back(major: u32) {
    let Some(server) = TestServer::of(major) else { return };
    for locale in locales(major) {
        let source = TestDatabase::create_named(&server, &unique("all"), locale);
        dress(&source);
        comes_back(&source, "postgres", "");
    }
}

/// One test per server, so that the test runner spreads them over the cores.
macro_rules! every_property {
    ($($name:ident = $major:literal),*) => {
        $(#[test] fn $name() { every_property_comes_back($major); })*
    };
}

every_property! {
    every_property_comes_back_on_12 = 12,
    every_property_comes_back_on_13 = 13,
    every_property_comes_back_on_14 = 14,
    every_property_comes_back_on_15 = 15,
    every_property_comes_back_on_16 = 16,
    every_property_comes_back_on_17 = 17,
    every_property_comes_back_on_18 = 18
}

#[test]
fn a_database_without_any_property_gets_none() {
    for server in TestServer::all() {
        let source = TestDatabase::create_named(&server, &unique("plain"), "");
        source.sql(CONTENTS);
        comes_back(&source, "postgres", "");
        let bare = "select datacl is null and datconnlimit = -1 and not datistemplate from pg_database
            where datname = current_database()";
        assert_eq!(source.sql(bare), "t\n");
    }
}

#[test]
fn its_tablespace_comes_back() {
    for server in TestServer::all() {
        let tablespace = unique("Space");
        // A folder inside the server's own: minor releases of 12 to 14 have the setting, too.
        let made = psql(
            &server,
            "postgres",
            &format!("set allow_in_place_tablespaces = on; create tablespace \"{tablespace}\" location ''"),
        );
        if let Err(error) = made {
            assert!(error.contains("allow_in_place_tablespaces"), "{error}");
            println!("skipped: PostgreSQL {} has no tablespaces in place", server.major);
            continue;
        }
        {
            let options = format!("tablespace \"{tablespace}\"");
            let source = TestDatabase::create_named(&server, &unique("space"), &options);
            source.sql(CONTENTS);
            source.sql("create table elsewhere (a int) tablespace pg_default");
            comes_back(&source, "postgres", "");
        }
        psql(&server, "postgres", &format!("drop tablespace \"{tablespace}\"")).unwrap();
    }
}

#[test]
fn its_security_labels_come_back() {
    for server in TestServer::all() {
        let Some(provider) = LabelProvider::of(&server) else { continue };
        let source = TestDatabase::create_named(&server, &unique("label"), "");
        let name = source.name();
        source.sql(CONTENTS);
        source.sql(&format!(
            "load '{}';
            security label for pgark_label on database {name} is 'it''s secret';
            security label for \"Odd \"\"Label\"\"\" on database {name} is 'two'",
            provider.library()
        ));
        let options = format!("options='-c session_preload_libraries={}'", provider.library());
        comes_back(&source, "postgres", &options);
        let labels = "select count(*) from pg_shseclabel l join pg_database d on d.oid = l.objoid
            where d.datname = current_database()";
        assert_eq!(source.sql(labels), "2\n");
    }
}

#[test]
fn names_that_are_long_or_want_quotes_come_back() {
    let Some(server) = TestServer::newest() else { return };
    for end in ["Odd \"name\"", "it's; --", "größe", "__restoring"] {
        let source = TestDatabase::create_named(&server, &unique(end), "");
        source.sql(CONTENTS);
        comes_back(&source, "postgres", "");
    }
    for (fill, end) in [("x", ""), ("ä", ""), ("x", "__restoring")] {
        let mut name = unique("long");
        while name.len() + fill.len() + end.len() <= 63 - usize::from(end == "__restoring") {
            name.push_str(fill);
        }
        let source = TestDatabase::create_named(&server, &format!("{name}{end}"), "");
        source.sql(CONTENTS);
        comes_back(&source, "postgres", "");
    }
}

#[test]
fn an_owner_without_other_rights_restores_its_database() {
    for server in TestServer::all() {
        let keeper = TestDatabase::create(&server, "create_roles");
        let owner = keeper.role("owner", "login createdb");
        let source = TestDatabase::create_named(&server, &unique("owned"), &format!("owner \"{owner}\""));
        let name = source.name().to_owned();
        // As the owner: everything in it is the owner's.
        source.sql(&format!(
            "set session authorization \"{owner}\"; create schema app; set search_path = app; {CONTENTS}"
        ));
        source.sql(&format!(
            "comment on database {name} is 'mine';
            revoke connect on database {name} from public;
            grant connect on database {name} to pgark_reader;
            alter database {name} set default_transaction_read_only = on;
            grant pgark_reader to \"{owner}\";
            alter role \"{owner}\" in database {name} set role = pgark_reader;
            alter role \"{owner}\" in database {name} set search_path = app;
            set default_transaction_read_only = off;
            alter database {name} is_template true;
            -- Fewer than the restore needs.
            alter database {name} connection limit 1"
        ));
        comes_back(&source, &owner, "");
    }
}

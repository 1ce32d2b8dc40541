//! `restore -a --disable-triggers`: no trigger of the user's fires for the rows, keys are checked, and all is as it was.

use crate::rows_alone::{SERVERS, STATE, Source};
use crate::support::{TestServer, row_hashes};

const SOURCE: &str = r#"
    create schema app;
    create table app.log (what text);
    create function app.loud() returns trigger language plpgsql as $$
        begin
            insert into app.log values (tg_op || ' ' || tg_level || ' ' || tg_name || ' on ' || tg_table_name);
            if tg_when = 'BEFORE' and tg_level = 'ROW' then return null; end if;
            return new;
        end $$;
    create table app.t (id int primary key, u int);
    create table app.u (id int primary key, t int references app.t);
    alter table app.t add foreign key (u) references app.u;
    create table app.kid (more text) inherits (app.t);
    create table app.unique_later (a int unique deferrable initially deferred);
    create table app.p (id int, note text) partition by range (id);
    create table app.p1 partition of app.p for values from (0) to (10);
    create table app.p2 partition of app.p for values from (10) to (20);
    create type app.mood as enum ('sad', 'ok', 'happy');
    create table app.h (m app.mood) partition by hash (m);
    create table app.h0 partition of app.h for values with (modulus 2, remainder 0);
    create table app.h1 partition of app.h for values with (modulus 2, remainder 1);
    create table app.plain (id int references app.t);
    begin; set session_replication_role = replica;
    insert into app.t select i, 11 - i from generate_series(1, 10) i;
    insert into app.u select i, i from generate_series(1, 10) i;
    insert into app.kid select i, null, 'kid' from generate_series(1, 10) i;
    insert into app.unique_later select generate_series(1, 10);
    insert into app.p select i, 'p' from generate_series(0, 19) i;
    insert into app.h select m from unnest(enum_range(null::app.mood)) m, generate_series(1, 10);
    insert into app.plain select generate_series(1, 10);
    commit;
"#;

/// Triggers in each state, and with a name that has to be quoted.
const TRIGGERS: &str = r#"
    create trigger "o ""1" before insert on app.t for each row execute function app.loud();
    create trigger d after insert on app.t for each row execute function app.loud();
    create trigger r after insert on app.t for each row execute function app.loud();
    create trigger a after insert or update on app.t for each row execute function app.loud();
    create trigger "select" after insert on app.t for each statement execute function app.loud();
    create trigger never after delete on app.t for each row execute function app.loud();
    create constraint trigger late after insert on app.t deferrable initially deferred
        for each row execute function app.loud();
    alter table app.t disable trigger d, enable replica trigger r, enable always trigger a;
    create trigger k before insert on app.kid for each row execute function app.loud();
    create trigger l before insert on app.unique_later for each row execute function app.loud();
"#;

/// Partitions have copies of these, which may be enabled in another way.
const ABOVE: &str = r#"
    create trigger row after insert on app.p for each row execute function app.loud();
    create trigger stmt before insert on app.p for each statement execute function app.loud();
    create trigger own before insert on app.p2 for each row execute function app.loud();
    alter table only app.p1 disable trigger row; alter table only app.p2 enable always trigger row;
    create trigger row after insert on app.h for each row execute function app.loud();
    create trigger stmt after insert on app.h for each statement execute function app.loud();
"#;

#[test]
fn no_trigger_fires_and_all_are_as_before() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        let source = Source::new(&server, SOURCE);
        for words in [&["-j3"][..], &["-1"], &["-", "-j2"], &["-", "-j1"], &["-", "-1"]] {
            let target = source.target();
            target.sql(&format!("{TRIGGERS}{ABOVE}"));
            let before = target.sql(STATE);
            let (code, said) = source.restore(&target.conninfo(), &[words, &["--disable-triggers"]].concat());
            assert_eq!(code, Some(0), "{} {words:?}: {said}", server.major);
            assert_eq!(target.sql("select count(*) from app.log"), "0\n", "{words:?}");
            assert_eq!(row_hashes(&source.database).unwrap(), row_hashes(&target).unwrap(), "{words:?}");
            assert_eq!(target.sql(STATE), before, "{words:?}");
        }
        // They fire otherwise, those that are enabled, and that is said; what they leave out is missed.
        let target = source.target();
        target.sql(&format!("{TRIGGERS}{ABOVE}alter table app.t disable trigger \"o \"\"1\""));
        let (code, said) = source.restore(&target.conninfo(), &["-j1", "--keep-going"]);
        assert_eq!(code, Some(3), "{said}");
        for wanted in [
            "triggers of the target fire for the rows that come: \"row\" on app.h, stmt on app.h, \"row\" on app.h0,",
            "failed: table data app.kid: table data app.kid: 0 row(s) arrived, the archive has 10",
            "failed: table data app.p2: table data app.p2: 0 row(s) arrived, the archive has 10",
        ] {
            assert!(said.contains(wanted), "no `{wanted}` in\n{said}");
        }
        let fired = "select distinct split_part(what, ' ', 3) collate \"C\" from app.log where what like '% on t' order by 1";
        assert_eq!(target.sql(fired), "a\nlate\nselect\n");
        let (code, said) = source.restore(&target.conninfo(), &["-j1", "-t", "app.kid"]);
        assert_eq!(code, Some(9), "{said}");
        assert!(said.contains("--disable-triggers keeps it from that"), "{said}");
    }
}

#[test]
fn keys_are_checked_nevertheless() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        let source = Source::new(&server, SOURCE);
        let target = source.target();
        target.sql(&format!("{TRIGGERS}insert into app.log values ('before')"));
        let before = target.sql(STATE);
        // `t` leads to rows of `u` that nobody has.
        let words = ["-j2", "--disable-triggers", "--exclude-table-data", "app.u"];
        let (code, said) = source.restore(&target.conninfo(), &words);
        assert_eq!(code, Some(9), "{said}");
        for wanted in [
            "violates foreign key constraint \"t_u_fkey\"",
            "in one transaction, which was undone: table data app.t",
        ] {
            assert!(said.contains(wanted), "no `{wanted}` in\n{said}");
        }
        assert_eq!(target.sql("select count(*), (select count(*) from app.log) from only app.t"), "0|1\n");
        assert_eq!(target.sql(STATE), before);
    }
}

#[test]
fn owners_may_do_it_and_nobody_else() {
    for server in SERVERS.into_iter().filter_map(TestServer::of) {
        let source = Source::new(&server, SOURCE);
        let target = source.target();
        let [owner, guest] = ["owner", "guest"].map(|name| target.role(name, "login"));
        target.sql(&format!(
            "{TRIGGERS}{ABOVE}
            do $$ declare t regclass; begin
                for t in select oid from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') loop
                    execute format('alter table %s owner to {owner}', t);
                end loop; end $$;
            grant usage, create on schema app to {owner};
            grant usage on schema app to {guest}; grant insert, select on all tables in schema app to {guest}"
        ));
        let before = target.sql(STATE);
        let restore = |role: &str| {
            source.restore(
                &server.conninfo_as(role, target.name()),
                &["-j2", "--disable-triggers", "--no-statistics"],
            )
        };
        let (code, said) = restore(&guest);
        assert_eq!(code, Some(12), "{said}");
        for wanted in [
            "ownership of table app.t, whose trigger \"o \"\"1\" is not to fire",
            "ownership of table app.p2, whose trigger \"row\" is not to fire",
            "ownership of table app.t, whose foreign key t_u_fkey has to wait",
        ] {
            assert!(said.contains(wanted), "no `{wanted}` in\n{said}");
        }
        // Up to 14 copies on partitions are the server's own.
        if server.major < 15 {
            let (code, said) = restore(&owner);
            assert_eq!(code, Some(12), "{said}");
            let wanted = "privilege to disable trigger \"row\" of partition app.p2";
            assert!(said.contains(wanted), "no `{wanted}` in\n{said}");
            target.sql("drop trigger row on app.p; drop trigger row on app.h");
        }
        let before = if server.major < 15 { target.sql(STATE) } else { before };
        let (code, said) = restore(&owner);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(row_hashes(&source.database).unwrap(), row_hashes(&target).unwrap());
        assert_eq!(target.sql(STATE), before);
    }
}

//! A restore that keeps going: what hangs on something that failed is not tried, and each is named once.

use serde_json::Value;

use crate::support::{TestCli, TestDatabase, TestServer};

/// Only superusers may make the function; much hangs on it, and some does not.
const CONTENT: &str = "
create function f(int) returns int language internal strict as 'int4abs';
create table t (id int primary key, a int check (f(a) > 0));
insert into t select i, i from generate_series(1, 100) i;
create index t_a on t (a);
create view v as select f(1) as one, a from t;
create materialized view m as select * from v;
create materialized view n as select * from m;
create table u (id int primary key, t int references t, own serial);
insert into u select i, i from generate_series(1, 100) i;
create view w as select * from u;";

/// Restores as a role that owns the target and is no superuser: the exit code, and the summary.
fn restored(source: &TestDatabase, from_pipe: bool) -> (TestDatabase, Option<i32>, Value) {
    let server = source.server();
    let target = TestDatabase::create(server, "keep_target");
    let role = target.role("owner", "login");
    target.sql(&format!("alter database {} owner to \"{role}\"", target.name()));
    if server.major < 15 {
        target.sql(&format!("alter schema public owner to \"{role}\""));
    }
    let cli = TestCli::new();
    cli.succeed(["dump", &source.conninfo(), "-f", "a.pgark"]).unwrap();
    let conninfo = target.conninfo().replace("user=postgres", &format!("user={role}"));
    let options = ["-d", &conninfo, "--yes", "--json", "-O", "-x", "--keep-going", "-j", "2"];
    let mut command =
        cli.command(["restore", if from_pipe { "-" } else { "a.pgark" }].iter().chain(&options));
    if from_pipe {
        command.stdin(std::fs::File::open(cli.path("a.pgark")).unwrap());
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let summary = serde_json::from_str(text.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (target, output.status.code(), summary)
}

#[test]
fn what_hangs_on_a_failure_is_skipped_and_named_once() {
    for server in TestServer::all() {
        let source = TestDatabase::create(&server, "keep_source");
        source.sql(CONTENT);
        for from_pipe in [false, true] {
            let (target, code, summary) = restored(&source, from_pipe);
            let mut failed: Vec<(String, String)> = summary["failed"]
                .as_array()
                .unwrap()
                .iter()
                .map(|failure| {
                    [&failure["label"], &failure["reason"]].map(|text| text.as_str().unwrap().to_owned())
                })
                .map(|[label, reason]| (label, reason))
                .collect();
            let at = failed.iter().position(|(label, _)| label == "function public.f(integer)");
            let (_, reason) = failed.remove(at.unwrap_or_else(|| panic!("{summary}")));
            assert!(reason.contains("permission denied for language internal"), "{reason}");
            let because = "not restored because function public.f(integer) failed";
            assert!(failed.iter().all(|(_, reason)| reason == because), "{failed:#?}");
            let mut labels: Vec<&str> = failed.iter().map(|(label, _)| label.as_str()).collect();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), failed.len(), "{failed:#?}");
            for part in [
                "table public.t",
                "index public.t_a",
                "view public.v",
                "materialized view public.m",
                "u_t_fkey",
            ] {
                assert!(labels.iter().any(|label| label.contains(part)), "{part}: {labels:?}");
            }
            // Nothing else is missing.
            assert_eq!(code, Some(3), "{summary}");
            let left = "select count(*), max(own), (select count(*) from w) from u";
            assert_eq!(target.sql(left).trim(), "100|100|100");
            assert_eq!(target.sql("select last_value from u_own_seq").trim(), "100");
            assert_eq!(
                target
                    .sql("select count(*) from pg_class where relname in ('t', 't_a', 'v', 'm', 'n')")
                    .trim(),
                "0"
            );
        }
    }
}

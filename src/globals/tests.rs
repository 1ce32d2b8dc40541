//! Comparisons of whole clusters.

use super::{Cluster, Phase, Plan, from_nothing, plan};
use crate::manifest::{Globals, Membership, Parameter, Role, Setting};
use crate::sql::Sql;
use crate::version::Version;

fn role(name: &str) -> Role {
    Role { name: name.into(), inherit: true, connection_limit: -1, ..Role::default() }
}

fn member(role: &str, member: &str, grantor: Option<&str>) -> Membership {
    Membership {
        role: role.into(),
        member: member.into(),
        admin: grantor.is_none(),
        inherit: Some(true),
        set: Some(true),
        grantor: grantor.map(str::to_owned),
    }
}

fn setting(role: Option<&str>, value: &str) -> Setting {
    Setting { role: role.map(str::to_owned), name: "work_mem".into(), value: value.into() }
}

fn cluster(major: u32, mut globals: Globals) -> Cluster {
    globals.roles.push(role("admin"));
    Cluster {
        globals: Globals { bootstrap: "admin".into(), ..globals },
        predefined: ["pg_monitor".to_owned()].into(),
        me: "admin".into(),
        version: Version::from_num(major * 10_000),
        warnings: Vec::new(),
    }
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.steps.iter().flat_map(|step| &step.sql).map(Sql::render).collect()
}

fn reasons(plan: &Plan) -> Vec<String> {
    plan.differences.iter().map(|found| format!("{}: {}", found.label, found.reason())).collect()
}

fn source() -> Globals {
    Globals {
        bootstrap: "postgres".into(),
        roles: vec![role("a"), role("b"), role("c"), role("postgres")],
        settings: vec![setting(None, "'1MB'"), setting(Some("a"), "'2MB'")],
        memberships: vec![
            member("a", "b", None),
            member("a", "c", Some("b")),
            member("pg_monitor", "c", None),
        ],
        parameters: vec![Parameter {
            name: "work_mem".into(),
            acl: vec!["postgres=sA/postgres".into(), "a=s/postgres".into()],
        }],
        ..Globals::default()
    }
}

#[test]
fn what_is_missing_is_made_in_order() {
    let made = plan(&source(), &cluster(18, Globals::default())).unwrap();
    let create = |name| {
        format!(
            "CREATE ROLE {name} WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS"
        )
    };
    let rest = [
        "ALTER ROLE a SET work_mem TO '2MB'",
        "GRANT a TO b WITH ADMIN OPTION, INHERIT TRUE",
        "GRANT a TO c WITH INHERIT TRUE GRANTED BY b",
        "GRANT pg_monitor TO c WITH ADMIN OPTION, INHERIT TRUE",
        "GRANT SET ON PARAMETER work_mem TO a",
        "ALTER ROLE ALL SET work_mem TO '1MB'",
    ];
    let mut expected: Vec<String> = ["a", "b", "c", "postgres"].map(create).into();
    expected.extend(rest.map(str::to_owned));
    assert_eq!(steps(&made), expected);
    assert!(made.differences.is_empty() && made.present == 0);
}

#[test]
fn what_is_there_is_left_alone() {
    let target = cluster(
        18,
        Globals {
            parameters: vec![Parameter {
                name: "work_mem".into(),
                acl: vec!["admin=sA/admin".into(), "a=s/admin".into()],
            }],
            ..source()
        },
    );
    let made = plan(&source(), &target).unwrap();
    assert_eq!((steps(&made), reasons(&made)), (vec![], vec![]));
    assert_eq!(made.present, 4 + 2 + 3 + 1);
}

#[test]
fn what_differs_is_reported_and_not_changed() {
    let mut target = cluster(18, source());
    target.globals.roles[0].login = true;
    target.globals.settings = vec![setting(None, "'9MB'")];
    target.globals.memberships = vec![Membership { set: Some(false), ..member("a", "b", None) }];
    target.globals.parameters[0].acl = vec!["admin=sA/admin".into()];
    let made = plan(&source(), &target).unwrap();
    assert!(steps(&made).is_empty(), "{:?}", made.steps);
    assert_eq!(
        reasons(&made),
        [
            "role a: LOGIN there, NOLOGIN in the archive; to have it as in the archive: ALTER ROLE a WITH NOLOGIN;",
            "setting work_mem of all roles: it is '9MB' there, '1MB' in the archive; to have it as in the archive: \
             ALTER ROLE ALL SET work_mem TO '1MB';",
            "setting work_mem of role a: the role is there, and it is not set; '2MB' in the archive; to have it as \
             in the archive: ALTER ROLE a SET work_mem TO '2MB';",
            "membership of role b in role a: it is WITH ADMIN OPTION, INHERIT TRUE, SET FALSE there; to have it as \
             in the archive: GRANT a TO b WITH ADMIN OPTION, INHERIT TRUE;",
            "membership of role c in role a, granted by b: both roles are there, without it; to have it as in the \
             archive: GRANT a TO c WITH INHERIT TRUE GRANTED BY b;",
            "membership of role c in role pg_monitor: both roles are there, without it; to have it as in the \
             archive: GRANT pg_monitor TO c WITH ADMIN OPTION, INHERIT TRUE;",
            "privileges on parameter work_mem: others are granted there; to have it as in the archive: GRANT SET ON \
             PARAMETER work_mem TO a;",
        ]
    );
}

#[test]
fn an_older_target_gets_no_more_than_the_source_had() {
    let mut source = source();
    source.memberships = vec![
        member("a", "b", None),
        Membership { admin: true, set: Some(false), ..member("a", "c", None) },
        Membership { set: Some(false), ..member("a", "c", Some("b")) },
        Membership { inherit: Some(false), ..member("b", "c", None) },
        member("pg_maintain", "c", None),
    ];
    let made = plan(&source, &cluster(15, Globals::default())).unwrap();
    assert_eq!(
        steps(&made).iter().filter(|sql| sql.starts_with("GRANT a ")).collect::<Vec<_>>(),
        ["GRANT a TO b WITH ADMIN OPTION"]
    );
    let expected = [
        "membership of role c in role a: PostgreSQL 15 has no SET FALSE: whoever is a member may be the role; to have \
         it as in the archive: GRANT a TO c WITH ADMIN OPTION;",
        "membership of role c in role b: PostgreSQL 15 has no INHERIT FALSE: the attribute of the member decides; to \
         have it as in the archive: GRANT b TO c WITH ADMIN OPTION;",
        "membership of role c in role pg_maintain: PostgreSQL 15 has no predefined role pg_maintain",
    ];
    assert_eq!(reasons(&made), expected);
    let made = plan(&source, &cluster(14, Globals::default())).unwrap();
    assert!(reasons(&made).contains(&"privileges on parameter work_mem: PostgreSQL 14 has none".to_owned()));
}

#[test]
fn an_older_source_knows_no_grantors() {
    let old = |membership: Membership| Membership { inherit: None, set: None, grantor: None, ..membership };
    let source = Globals {
        memberships: vec![old(member("a", "b", None)), old(member("b", "c", Some("a")))],
        roles: vec![role("a"), role("b"), role("c")],
        ..Globals::default()
    };
    let made = plan(&source, &cluster(16, Globals::default())).unwrap();
    assert_eq!(steps(&made)[3..], ["GRANT a TO b WITH ADMIN OPTION", "GRANT b TO c"]);
    let target =
        Globals { memberships: vec![member("a", "b", None), member("b", "c", Some("a"))], ..source.clone() };
    let made = plan(&source, &cluster(16, target)).unwrap();
    assert_eq!((made.present, reasons(&made)), (5, vec![]));
}

#[test]
fn a_grant_without_a_grantor_is_refused_beforehand() {
    let mut source = source();
    source.memberships.remove(0);
    let made = plan(&source, &cluster(18, Globals::default())).unwrap();
    assert_eq!(
        reasons(&made),
        ["membership of role c in role a, granted by b: role b has no admin option there to grant it"]
    );
}

#[test]
fn a_script_makes_all_of_it() {
    let mut source = source();
    source.passwords = true;
    source.roles[3] = Role { password: Some("md5".into()), login: true, superuser: true, ..role("postgres") };
    source.settings.push(setting(Some("postgres"), "'3MB'"));
    let made = from_nothing(&source, Version::from_num(180_000)).unwrap();
    assert_eq!(made.steps.iter().filter(|step| step.phase == Phase::Role).count(), 3);
    assert!(made.differences.iter().all(|found| found.of_bootstrap));
    let changes = made.differences.iter().flat_map(|found| &found.changes).flat_map(|change| &change.sql);
    assert_eq!(
        changes.map(Sql::render).collect::<Vec<_>>(),
        [
            "ALTER ROLE postgres WITH NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS",
            "ALTER ROLE postgres WITH PASSWORD 'md5'",
            "ALTER ROLE postgres SET work_mem TO '3MB'",
        ]
    );
}

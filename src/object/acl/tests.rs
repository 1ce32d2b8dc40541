//! From items to statements.

use super::{AclItem, Grants, Securable, Target, object_acl};
use crate::object::Repairs;
use crate::object::table::Table;
use crate::object::{Column, Database, Scope, SystemColumn};
use crate::version::Version;

const TABLE: Target<'static> = Target::Object { noun: "TABLE", reference: "s.t" };

fn items(texts: &[&str]) -> Vec<AclItem> {
    texts.iter().map(|text| AclItem::try_from(*text).unwrap()).collect()
}

/// Statements, each with ` (as g)` where another than the owner `o` grants.
fn statements(target: Target<'_>, of: Securable, major: u32, base: &[&str], current: &[&str]) -> Vec<String> {
    let source = Version::from_num(major * 10_000);
    let grants = Grants { target, of, owner: "o", source, known: &[] };
    let all = grants.statements(&items(base), &items(current));
    all.into_iter()
        .map(|acl| match acl.grantor {
            Some(grantor) => format!("{} (as {grantor})", acl.sql),
            None => acl.sql.to_string(),
        })
        .collect()
}

#[test]
fn nothing_is_said_of_the_default() {
    assert!(statements(TABLE, Securable::Table, 18, &["o=arwdDxtm/o"], &["o=arwdDxtm/o"]).is_empty());
}

#[test]
fn grants_name_what_they_give() {
    let base = ["o=arwdDxtm/o"];
    let current =
        ["o=arwdDxtm/o", "=r/o", "\"A b\"=ar*wd*/o", "all=arwdDxtm/o", "c=a*r*w*d*D*x*t*m*/o", "d=/o"];
    assert_eq!(
        statements(TABLE, Securable::Table, 18, &base, &current),
        [
            "GRANT SELECT ON TABLE s.t TO PUBLIC",
            "GRANT INSERT, UPDATE ON TABLE s.t TO \"A b\"",
            "GRANT SELECT, DELETE ON TABLE s.t TO \"A b\" WITH GRANT OPTION",
            "GRANT ALL ON TABLE s.t TO \"all\"",
            "GRANT ALL ON TABLE s.t TO c WITH GRANT OPTION",
        ]
    );
}

#[test]
fn revokes_come_first() {
    let function = Target::Object { noun: "FUNCTION", reference: "s.f(integer)" };
    assert_eq!(
        statements(function, Securable::Function, 15, &["=X/o", "o=X/o"], &["a=X*/o", "b=X/a"]),
        [
            "REVOKE ALL ON FUNCTION s.f(integer) FROM PUBLIC",
            "REVOKE ALL ON FUNCTION s.f(integer) FROM o",
            "GRANT ALL ON FUNCTION s.f(integer) TO a WITH GRANT OPTION",
            "GRANT ALL ON FUNCTION s.f(integer) TO b (as a)",
        ]
    );
    assert_eq!(
        statements(TABLE, Securable::Table, 18, &["o=arwdDxtm/o"], &["o=r/o"]),
        ["REVOKE ALL ON TABLE s.t FROM o", "GRANT SELECT ON TABLE s.t TO o"]
    );
}

#[test]
fn all_does_not_widen() {
    let base = ["o=arwdDxt/o"];
    assert_eq!(
        statements(TABLE, Securable::Table, 16, &base, &["o=arwdDxt/o", "a=arwdDxt/o"]),
        ["GRANT INSERT, SELECT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON TABLE s.t TO a"]
    );
    // The owner is born with all that the target has, and keeps what the source did not know.
    assert_eq!(
        statements(TABLE, Securable::Table, 16, &base, &["o=r/o"]),
        [
            "REVOKE INSERT, SELECT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON TABLE s.t FROM o",
            "GRANT SELECT ON TABLE s.t TO o"
        ]
    );
    assert_eq!(
        statements(TABLE, Securable::Table, 16, &base, &["a=r/o", "o=arwdDxt/o"]),
        ["REVOKE ALL ON TABLE s.t FROM o", "GRANT SELECT ON TABLE s.t TO a", "GRANT ALL ON TABLE s.t TO o",]
    );
}

#[test]
fn columns_name_the_column_at_each_privilege() {
    let column = Target::Column { table: "s.t", column: "A" };
    assert_eq!(
        statements(column, Securable::Column, 16, &[], &["a=arw*/o", "b=arwx/o"]),
        [
            "GRANT INSERT (\"A\"), SELECT (\"A\") ON TABLE s.t TO a",
            "GRANT UPDATE (\"A\") ON TABLE s.t TO a WITH GRANT OPTION",
            "GRANT ALL (\"A\") ON TABLE s.t TO b",
        ]
    );
}

#[test]
fn default_privileges_have_a_prefix() {
    let target = Target::Default { role: "o", schema: Some("S"), objects: "FUNCTIONS" };
    assert_eq!(
        statements(target, Securable::Function, 18, &[], &["=X/o"]),
        ["ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA \"S\" GRANT ALL ON FUNCTIONS TO PUBLIC"]
    );
    let target = Target::Default { role: "o", schema: None, objects: "TYPES" };
    assert_eq!(
        statements(target, Securable::Type, 18, &["=U/o", "o=U/o"], &["o=U/o"]),
        ["ALTER DEFAULT PRIVILEGES FOR ROLE o REVOKE ALL ON TYPES FROM PUBLIC"]
    );
}

/// A table with two columns, and privileges on a system column.
#[test]
fn columns_follow_their_table() {
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let column = |name: &str, acl: Option<&[&str]>| Column {
        name: name.into(),
        acl: acl.map(strings),
        ..Column::default()
    };
    let system =
        |relation: u32, acl: &[&str]| SystemColumn { relation, name: "ctid".to_owned(), acl: strings(acl) };
    let table = Table {
        oid: 20_000,
        schema: "s".into(),
        name: "t".into(),
        acl: Some(strings(&["o=arwdDxtm/o", "a=r*/o"])),
        acl_default: strings(&["o=arwdDxtm/o"]),
        columns: vec![column("plain", None), column("x", Some(&["b=r/a"]))],
        ..Table::default()
    };
    let mut database = Database {
        system_columns: vec![system(19_999, &["z=r/o"]), system(20_000, &["c=r/o"])],
        ..Database::default()
    };
    let statements = |database: &Database| {
        let scope = Scope { source: Version::from_num(180_000), repairs: &Repairs::default(), database };
        object_acl(&table, &scope)
            .map(|all| all.into_iter().map(|acl| (acl.sql.to_string(), acl.grantor)).collect::<Vec<_>>())
    };
    assert_eq!(
        statements(&database).unwrap(),
        [
            ("GRANT SELECT ON TABLE s.t TO a WITH GRANT OPTION".to_owned(), None),
            ("GRANT SELECT (x) ON TABLE s.t TO b".to_owned(), Some("a".to_owned())),
            ("GRANT SELECT (ctid) ON TABLE s.t TO c".to_owned(), None),
        ]
    );
    database.system_columns[1].acl = strings(&["c=?/o"]);
    assert!(statements(&database).is_err());
}

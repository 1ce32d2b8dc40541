//! Asks a server for its globals: the queries of `schema/globals`, gated as those of `schema/catalog`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::membership::in_grant_order;
use crate::catalog::gated;
use crate::manifest::{Globals, Membership, Parameter, Role, SecurityLabel, Setting, Tablespace};
use crate::object::Assignment;
use crate::server::{Error, Session};
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

macro_rules! query {
    ($stem:literal) => {
        include_str!(concat!("../../schema/globals/", $stem, ".sql"))
    };
}

const CLUSTER: &str = query!("cluster");
const ROLE: &str = query!("role");
const PASSWORD: &str = query!("password");
const SETTING: &str = query!("setting");
const MEMBERSHIP: &str = query!("membership");
const PARAMETER: &str = query!("parameter");
const TABLESPACE: &str = query!("tablespace");
const LABEL: &str = query!("label");

/// A cluster: its globals, and what a comparison needs besides.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The globals.
    pub globals: Globals,
    /// The predefined roles of this version.
    pub predefined: BTreeSet<String>,
    /// The role that asked. What a superuser grants is granted by the bootstrap superuser, what this one grants by
    /// itself.
    pub me: String,
    /// The server's version.
    pub version: Version,
    /// What was left out since it means nothing: memberships of roles that are gone.
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
struct ClusterRow {
    bootstrap: Option<String>,
    me: String,
    predefined: Vec<String>,
    shows_passwords: bool,
}

#[derive(Deserialize)]
struct PasswordRow {
    name: String,
    password: String,
}

#[derive(Deserialize)]
struct SettingRow {
    role: String,
    item: String,
}

#[derive(Deserialize)]
struct MembershipRow {
    role: Option<String>,
    member: Option<String>,
    admin: bool,
    #[serde(default)]
    inherit: Option<bool>,
    #[serde(default)]
    set: Option<bool>,
    #[serde(default)]
    grantor: Option<String>,
    role_oid: u32,
    member_oid: u32,
}

#[derive(Deserialize)]
struct LabelRow {
    noun: String,
    name: String,
    provider: String,
    text: String,
}

/// Reads the globals; with `passwords` the hashes of passwords, too, if the role may read them
/// ([`Globals::passwords`] says so).
///
/// # Errors
/// Those of the server.
pub async fn read(session: &Session, passwords: bool) -> Result<Cluster, Error> {
    let found = read_all(session, passwords).await;
    found.map_err(|error| error.context("reading the globals of the cluster"))
}

async fn read_all(session: &Session, passwords: bool) -> Result<Cluster, Error> {
    let facts: Vec<ClusterRow> = fetch(session, CLUSTER).await?;
    let facts = facts.into_iter().next();
    let passwords = passwords && facts.as_ref().is_some_and(|facts| facts.shows_passwords);
    let mut globals = Globals {
        bootstrap: facts.as_ref().and_then(|facts| facts.bootstrap.clone()).unwrap_or_default(),
        passwords,
        roles: fetch::<Role>(session, ROLE).await?,
        settings: fetch(session, SETTING).await?.into_iter().map(setting).collect(),
        parameters: fetch::<Parameter>(session, PARAMETER).await?,
        tablespaces: fetch::<Tablespace>(session, TABLESPACE).await?,
        ..Globals::default()
    };
    if passwords {
        let rows: Vec<PasswordRow> = fetch(session, PASSWORD).await?;
        let mut hashes: BTreeMap<String, String> =
            rows.into_iter().map(|row| (row.name, row.password)).collect();
        globals.roles.iter_mut().for_each(|role| role.password = hashes.remove(&role.name));
    }
    let mut warnings = Vec::new();
    let rows: Vec<MembershipRow> = fetch(session, MEMBERSHIP).await?;
    let memberships =
        rows.into_iter().filter_map(|row| membership(row).map_err(|gone| warnings.push(gone)).ok());
    globals.memberships = in_grant_order(memberships.collect());
    for row in fetch::<LabelRow>(session, LABEL).await? {
        label(&mut globals, row);
    }
    let (me, predefined) = facts.map(|facts| (facts.me, facts.predefined)).unwrap_or_default();
    let predefined = predefined.into_iter().collect();
    Ok(Cluster { globals, predefined, me, version: session.version, warnings })
}

async fn fetch<T: DeserializeOwned>(session: &Session, sql: &str) -> Result<Vec<T>, Error> {
    match gated(sql, session.version, session.superuser) {
        Some(sql) => session.fetch(&sql).await,
        None => Ok(Vec::new()),
    }
}

fn setting(row: SettingRow) -> Setting {
    let Assignment { name, value } = Assignment::from_item(&row.item);
    Setting { role: (!row.role.is_empty()).then_some(row.role), name, value }
}

fn membership(row: MembershipRow) -> Result<Membership, String> {
    let MembershipRow { admin, inherit, set, grantor, .. } = row;
    match (row.role, row.member) {
        (Some(role), Some(member)) if grantor.as_deref() != Some("") => {
            Ok(Membership { role, member, admin, inherit, set, grantor })
        }
        (role, member) => {
            let name = |name: Option<String>, oid| name.unwrap_or_else(|| format!("with OID {oid}"));
            let (role, member) = (name(role, row.role_oid), name(member, row.member_oid));
            Err(format!(
                "left out: a membership of role {member} in role {role}: one of them, or its grantor, is gone"
            ))
        }
    }
}

fn label(globals: &mut Globals, row: LabelRow) {
    let sql = Sql::new(format!("SECURITY LABEL FOR {} ON {} ", ident(&row.provider), row.noun));
    let text = format!(" IS {}", literal(&row.text));
    let (sql, labels) = if row.noun == "ROLE" {
        let role = globals.roles.iter_mut().find(|role| role.name == row.name);
        (sql.role(&row.name).text(text), role.map(|role| &mut role.labels))
    } else {
        let tablespace = globals.tablespaces.iter_mut().find(|tablespace| tablespace.name == row.name);
        (sql.text(ident(&row.name)).text(text), tablespace.map(|tablespace| &mut tablespace.labels))
    };
    // Predefined roles are not dumped, nor are their labels.
    if let Some(labels) = labels {
        labels.push(SecurityLabel { provider: row.provider, sql });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::{MAJOR_MAX, MAJOR_MIN};

    #[test]
    fn every_gate_can_be_read() {
        for sql in [CLUSTER, ROLE, PASSWORD, SETTING, MEMBERSHIP, PARAMETER, TABLESPACE, LABEL] {
            for major in MAJOR_MIN..=MAJOR_MAX {
                let text = gated(sql, Version::from_num(u32::from(major) * 10_000), true);
                assert!(text.is_none_or(|text| text.contains("select") && !text.contains("--@")), "{sql}");
            }
            assert!(sql.is_ascii(), "{sql}");
        }
    }

    fn row(role: Option<&str>, member: Option<&str>, grantor: Option<&str>) -> MembershipRow {
        let name = |name: Option<&str>| name.map(str::to_owned);
        MembershipRow {
            role: name(role),
            member: name(member),
            admin: true,
            inherit: None,
            set: None,
            grantor: name(grantor),
            role_oid: 7,
            member_oid: 8,
        }
    }

    #[test]
    fn memberships_of_dropped_roles_are_said_and_left_out() {
        assert!(membership(row(Some("a"), Some("b"), None)).is_ok());
        let gone = membership(row(Some("a"), None, None)).unwrap_err();
        assert!(gone.contains("role with OID 8 in role a"), "{gone}");
        assert!(membership(row(None, Some("b"), None)).is_err());
        assert!(membership(row(Some("a"), Some("b"), Some(""))).is_err());
    }

    #[test]
    fn labels_go_to_what_they_are_on() {
        let mut globals = Globals {
            roles: vec![Role { name: "A b".into(), ..Role::default() }],
            tablespaces: vec![Tablespace { name: "T".into(), ..Tablespace::default() }],
            ..Globals::default()
        };
        for (noun, name) in [("ROLE", "A b"), ("TABLESPACE", "T"), ("ROLE", "pg_monitor")] {
            let (noun, name) = (noun.to_owned(), name.to_owned());
            label(&mut globals, LabelRow { noun, name, provider: "p".into(), text: "it's".into() });
        }
        let sql =
            |labels: &[SecurityLabel]| labels.iter().map(|label| label.sql.render()).collect::<Vec<_>>();
        assert_eq!(sql(&globals.roles[0].labels), ["SECURITY LABEL FOR p ON ROLE \"A b\" IS 'it''s'"]);
        assert_eq!(
            sql(&globals.tablespaces[0].labels),
            ["SECURITY LABEL FOR p ON TABLESPACE \"T\" IS 'it''s'"]
        );
        assert_eq!(globals.roles[0].labels[0].sql.roles().collect::<Vec<_>>(), ["A b"]);
    }
}

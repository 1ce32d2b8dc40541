//! What a restore will do: entries by phase, what the target must have. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::Failure;
use crate::manifest::{Catalog, Entry, Pass, PublicSchema, Section};
use crate::selection::LeaveOut;
use crate::version::Version;

/// The entries of an archive by the phase they run in, as positions in `catalog.entries`.
#[derive(Clone, Debug, Default)]
pub struct Phases {
    /// Definitions before the rows, in order.
    pub pre_data: Vec<usize>,
    /// Entries whose rows are in the archive.
    pub data: Vec<usize>,
    /// Indexes, constraints, triggers …
    pub post_data: Vec<usize>,
    /// Default privileges (the ACLs of all other entries run in this pass too).
    pub acl: Vec<usize>,
    /// Refreshes of materialized views.
    pub refreshes: Vec<usize>,
    /// Event triggers.
    pub event_triggers: Vec<usize>,
}

impl Phases {
    /// Sorts the entries of `catalog` into phases; each keeps restore order.
    pub fn of(catalog: &Catalog) -> Self {
        let mut phases = Self::default();
        for (at, entry) in catalog.entries.iter().enumerate().filter(|(_, entry)| !entry.left_out) {
            let phase = match (entry.pass, entry.section) {
                (Pass::Acl, _) => &mut phases.acl,
                (Pass::PostAcl, _) if entry.kind == "event_trigger" => &mut phases.event_triggers,
                (Pass::PostAcl, _) => &mut phases.refreshes,
                (Pass::Main, Section::PreData) => &mut phases.pre_data,
                (Pass::Main, Section::Data) => &mut phases.data,
                (Pass::Main, Section::PostData) => &mut phases.post_data,
            };
            phase.push(at);
        }
        phases
    }

    /// Takes out entries that are in place already.
    pub fn leave_out(&mut self, in_place: &HashSet<usize>) {
        for phase in [&mut self.pre_data, &mut self.data, &mut self.post_data] {
            phase.retain(|at| !in_place.contains(at));
        }
    }

    /// Puts entries into another order within their phases; what has no place keeps its own, before the others.
    pub fn sort(&mut self, place: &HashMap<usize, usize>) {
        let all = [
            &mut self.pre_data,
            &mut self.data,
            &mut self.post_data,
            &mut self.acl,
            &mut self.refreshes,
            &mut self.event_triggers,
        ];
        all.into_iter().for_each(|phase| phase.sort_by_key(|at| place.get(at)));
    }
}

/// What an archive needs from the server it is restored into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Roles, with one entry that names each.
    pub roles: BTreeMap<String, String>,
    /// Extensions.
    pub extensions: BTreeSet<String>,
    /// Providers of security labels, with one entry that each has labelled.
    pub label_providers: BTreeMap<String, String>,
    /// Tablespaces, with one entry that is in each.
    pub tablespaces: BTreeMap<String, String>,
    /// The oldest major that takes the binary rows, and a table that says so.
    pub major: Option<(u16, String)>,
}

/// Which statements a restore leaves out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Omit {
    /// `-O`: no ALTER … OWNER.
    pub owner: bool,
    /// `-x`: no GRANT, REVOKE, default privileges.
    pub privileges: bool,
    /// `--no-security-labels`: no SECURITY LABEL.
    pub labels: bool,
    /// `--no-comments`: no COMMENT.
    pub comments: bool,
    /// Of a part of an archive: the schema `public` stays as it is.
    pub public: bool,
}

impl From<LeaveOut> for Omit {
    fn from(left_out: LeaveOut) -> Self {
        let LeaveOut { owner, privileges, labels, comments, .. } = left_out;
        Self { owner, privileges, labels, comments, public: false }
    }
}

impl Needs {
    /// What `catalog` needs.
    pub fn of(catalog: &Catalog, omit: Omit) -> Self {
        let mut needs = Self::default();
        for entry in &catalog.entries {
            if entry.pass == Pass::Acl && omit.privileges {
                continue;
            }
            needs.add(entry, omit);
        }
        // Without owners a role may be missing; the setting is then what the restore could not do.
        for setting in catalog.database.settings.iter().filter(|_| !omit.owner) {
            if let Some(role) = &setting.role {
                let label = format!("setting {} of the database", setting.name);
                needs.roles.entry(role.clone()).or_insert(label);
            }
        }
        // A role of the server itself from 15 on; older ones keep their own owner of `public`.
        let owned = |public: &&PublicSchema| !omit.owner && public.owner != "pg_database_owner";
        if let Some(public) = catalog.database.public.as_ref().filter(owned) {
            needs.roles.entry(public.owner.clone()).or_insert_with(|| "schema public".to_owned());
        }
        let labels = catalog.database.public.iter().flat_map(|public| &public.labels);
        for label in labels.filter(|_| !omit.labels) {
            let name = || "schema public".to_owned();
            needs.label_providers.entry(label.provider.clone()).or_insert_with(name);
        }
        needs
    }

    fn add(&mut self, entry: &Entry, omit: Omit) {
        let mut roles: Vec<&String> = entry.ddl.iter().flat_map(|sql| sql.roles()).collect();
        if !omit.owner {
            roles.extend(entry.owner_sql.iter().flat_map(|sql| sql.roles()));
        }
        if !omit.privileges {
            roles.extend(entry.acl.iter().flat_map(|acl| acl.sql.roles().chain(&acl.grantor)));
        }
        for role in roles {
            self.roles.entry(role.clone()).or_insert_with(|| entry.label.clone());
        }
        if !omit.labels {
            for label in &entry.labels {
                self.label_providers.entry(label.provider.clone()).or_insert_with(|| entry.label.clone());
            }
        }
        if entry.kind == "extension" {
            self.extensions.insert(entry.name.clone());
        }
        if let Some(tablespace) = &entry.tablespace {
            self.tablespaces.entry(tablespace.clone()).or_insert_with(|| entry.label.clone());
        }
        if let Some(major) = entry.data.as_ref().and_then(|data| data.needs_target)
            && self.major.as_ref().is_none_or(|(known, _)| *known < major)
        {
            self.major = Some((major, entry.label.clone()));
        }
    }
}

/// A database that is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Making {
    /// Its name.
    pub name: String,
    /// Its name until it is whole.
    pub building: String,
    /// The database of its name that it replaces, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replacing>,
}

/// A database that is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacing {
    /// Its name after the new one has its own, until it is dropped.
    pub aside: String,
    /// Sessions of others on it are ended.
    pub terminate: bool,
    /// Who is on it now.
    pub sessions: Vec<String>,
}

/// The plan, as it is shown before anything is written.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// The archive: path, or `-`.
    pub archive: String,
    /// `sha256:<root>`, known beforehand only for a file.
    pub identity: Option<String>,
    /// `app@db1:5432`.
    pub target: String,
    /// The database that is made, if one is.
    pub create: Option<Making>,
    /// What is dropped first, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean: Option<Cleaning>,
    /// What hangs on that, and is not in the archive: the restore refuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hanging: Vec<String>,
    /// The name of the database that is restored into.
    pub database: String,
    /// Database and version of the source.
    pub source: String,
    /// The source's version.
    pub source_version: String,
    /// The target's version.
    pub target_version: String,
    /// Entries before the data.
    pub pre_data: usize,
    /// Tables with rows.
    pub tables: usize,
    /// Rows, where known beforehand.
    pub rows: Option<u64>,
    /// Raw bytes of rows: exact for a file, estimated for a stream.
    pub raw_bytes: u64,
    /// Indexes.
    pub indexes: usize,
    /// Keys and foreign keys.
    pub constraints: usize,
    /// Other entries after the data.
    pub other_post_data: usize,
    /// Sessions.
    pub jobs: usize,
    /// What the archive needs.
    pub needs: Needs,
    /// What the target lacks of that: each line names the thing and who needs it. The restore refuses.
    pub lacks: Vec<String>,
    /// Missing roles that are made first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub create_roles: Vec<String>,
    /// What gets another name at the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rename: Vec<String>,
    /// What this target or role cannot take, though the rest is restored: the restore ends with exit 3.
    pub cannot: Vec<Failure>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Objects that the target already has; not empty = the restore refuses.
    pub present: Vec<String>,
    /// What is done to tables that are there and get their rows together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// The globals, if they are restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub globals: Option<GlobalsPlan>,
    /// Nothing but the globals is restored.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub globals_only: bool,
}

/// What is dropped on the target before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cleaning {
    /// Tables that are there.
    pub tables: i64,
    /// All objects that go, as the server counts them; parts of others, too.
    pub objects: i64,
    /// Relations that go with others, though the archive does not have them: partitions.
    pub along: Vec<String>,
    /// In one transaction.
    pub at_once: bool,
    /// Sessions of others on the database are ended.
    pub terminate: bool,
}

/// What becomes of the globals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GlobalsPlan {
    /// What is made, in order.
    pub create: Vec<String>,
    /// How many things are there already, and equal.
    pub present: usize,
    /// What differs and is left alone: in which ways, and what to run.
    pub differences: Vec<String>,
}

/// What is different between source and target in a way that a user should know.
pub fn version_warnings(source: Version, target: Version) -> Vec<String> {
    let mut warnings = Vec::new();
    if target.major() < source.major() {
        warnings.push(format!(
            "the target is older than the source ({target} < {source}): a clause may not exist there"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::{Needs, Omit, Phases};
    use crate::manifest::{Acl, Catalog, Entry, Pass, Section, SecurityLabel};
    use crate::sql::Sql;

    fn entry(kind: &str, section: Section, pass: Pass) -> Entry {
        let json = serde_json::json!({
            "id": 1, "kind": kind, "name": "n", "label": format!("{kind} n"),
            "section": section, "pass": pass,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn entries_go_to_their_phase() {
        let catalog = Catalog {
            entries: vec![
                entry("schema", Section::PreData, Pass::Main),
                entry("table_data", Section::Data, Pass::Main),
                entry("index", Section::PostData, Pass::Main),
                entry("default_acl", Section::PostData, Pass::Acl),
                entry("refresh", Section::PostData, Pass::PostAcl),
                entry("event_trigger", Section::PostData, Pass::PostAcl),
            ],
            ..Catalog::default()
        };
        let phases = Phases::of(&catalog);
        assert_eq!(
            (phases.pre_data, phases.data, phases.post_data, phases.acl),
            (vec![0], vec![1], vec![2], vec![3])
        );
        assert_eq!((phases.refreshes, phases.event_triggers), (vec![4], vec![5]));
    }

    #[test]
    fn roles_of_left_out_statements_are_not_needed() {
        let mut table = entry("table", Section::PreData, Pass::Main);
        table.owner_sql = Some(Sql::new("ALTER TABLE n OWNER TO ").role("app"));
        table.acl = vec![Acl {
            sql: Sql::new("GRANT SELECT ON TABLE n TO ").role("reader"),
            grantor: Some("lender".to_owned()),
        }];
        let catalog = Catalog { entries: vec![table], ..Catalog::default() };
        let roles = |owner, privileges| {
            Needs::of(&catalog, Omit { owner, privileges, ..Omit::default() })
                .roles
                .into_keys()
                .collect::<Vec<_>>()
        };
        assert_eq!(roles(false, false), ["app", "lender", "reader"]);
        assert_eq!(roles(true, false), ["lender", "reader"]);
        assert_eq!(roles(false, true), ["app"]);
    }

    #[test]
    fn labels_need_their_providers_unless_left_out() {
        let mut table = entry("table", Section::PreData, Pass::Main);
        let sql = Sql::new("SECURITY LABEL FOR dummy ON TABLE t IS 'x'");
        table.labels = vec![SecurityLabel { provider: "dummy".to_owned(), sql }];
        let catalog = Catalog { entries: vec![table], ..Catalog::default() };
        let providers = |labels| {
            let needs = Needs::of(&catalog, Omit { labels, ..Omit::default() });
            needs.label_providers.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(providers(false), ["dummy"]);
        assert!(providers(true).is_empty());
    }
}

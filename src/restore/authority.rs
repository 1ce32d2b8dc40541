//! What the restoring role may do: asked before the first write, since a restore that fails half-way leaves half a
//! database.
//!
//! PostgreSQL says who may give an object away (documentation: ALTER TABLE): a role that can become the new owner, which
//! must have CREATE on the schema. Rows, indexes and comments then need the owner's privileges, so they have to be inherited. Row
//! security comes after the rows, and is no matter. Superusers may do all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::plan::Omit;
use super::public::{DATABASE_OWNER, has_database_owner};
use crate::manifest::{Catalog, Entry, PublicSchema};
use crate::server::{Error, Session};
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// What only superusers make (documentation: the CREATE commands). Some hosting services let others, too.
const SUPERUSER_KINDS: [&str; 8] = [
    "access_method",
    "base_type",
    "event_trigger",
    "foreign_data_wrapper",
    "operator_class",
    "operator_family",
    "ts_parser",
    "ts_template",
];
/// Of them so many are named.
const NAMES_MAX: usize = 5;

/// What a catalog asks of the role, each with an entry that needs it. Pure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Demands {
    /// CREATE on the database.
    database: Option<String>,
    /// CREATE on the schema `public`.
    public: Option<String>,
    /// Roles that objects are given to.
    owners: BTreeMap<String, String>,
    /// Roles that are given objects in a schema: CREATE on it. The archive's grants on schemas come later.
    places: BTreeMap<(String, String), String>,
    /// Owners of the schemas that are made.
    schemas: BTreeMap<String, String>,
    /// Extensions that are made.
    extensions: BTreeSet<String>,
    /// What only superusers make.
    superuser: Vec<String>,
}

impl Demands {
    fn of(catalog: &Catalog, omit: Omit) -> Self {
        let mut demands = Self::default();
        for entry in catalog.entries.iter().filter(|entry| !entry.left_out && !entry.ddl.is_empty()) {
            demands.add(entry, omit);
        }
        demands
    }

    fn add(&mut self, entry: &Entry, omit: Omit) {
        let label = || entry.label.clone();
        if matches!(entry.kind.as_str(), "schema" | "publication") {
            self.database.get_or_insert_with(label);
        }
        match (entry.kind.as_str(), &entry.owner) {
            ("extension", _) => drop(self.extensions.insert(entry.name.clone())),
            ("schema", Some(owner)) if !omit.owner => {
                self.schemas.insert(entry.name.clone(), owner.clone());
            }
            _ => {}
        }
        // What hangs on a table is made by whoever owns that.
        if entry.schema.as_deref() == Some("public") && entry.table.is_none() {
            self.public.get_or_insert_with(label);
        }
        if is_for_superusers(entry) {
            self.superuser.push(label());
        }
        for role in entry.owner_sql.iter().filter(|_| !omit.owner).flat_map(Sql::roles) {
            self.owners.entry(role.clone()).or_insert_with(label);
            if let Some(schema) = &entry.schema {
                self.places.entry((role.clone(), schema.clone())).or_insert_with(label);
            }
        }
    }
}

fn is_for_superusers(entry: &Entry) -> bool {
    let says = |words: &[&str]| {
        let ddl: Vec<String> = entry.ddl.iter().map(Sql::render).collect();
        ddl.iter().any(|sql| words.iter().any(|word| sql.contains(word)))
    };
    match entry.kind.as_str() {
        "function" | "procedure" => says(&["\n    LANGUAGE c", "\n    LANGUAGE internal"]),
        "publication" => says(&["FOR ALL "]),
        kind => SUPERUSER_KINDS.contains(&kind),
    }
}

#[derive(Deserialize)]
struct Role {
    name: String,
    superuser: bool,
    database: String,
    in_database: bool,
    #[serde(default)]
    public_owner: Option<String>,
    #[serde(default)]
    owns_public: Option<bool>,
    #[serde(default)]
    in_public: Option<bool>,
}

const ROLE: &str = "
select current_user::text as name, r.rolsuper as superuser, current_database()::text as database,
    has_database_privilege(current_database(), 'create') as in_database,
    p.owner as public_owner, p.owns as owns_public, p.creates as in_public
from pg_roles r
left join (
    select pg_get_userbyid(n.nspowner) as owner, pg_has_role(n.nspowner, 'usage') as owns,
        has_schema_privilege(n.oid, 'create') as creates
    from pg_namespace n where n.nspname = 'public'
) p on true
where r.rolname = current_user";

#[derive(Deserialize)]
struct Owner {
    name: String,
    may_give: bool,
    inherits: bool,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Place {
    role: String,
    schema: String,
}

/// What the role may not do.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// Without it the restore would fail: a line each, with the remedy.
    pub lacks: Vec<String>,
    /// What may fail.
    pub warnings: Vec<String>,
}

impl Authority {
    /// Asks what `catalog` needs. In a database that is made for it (`new`), the role may create whatever it wants.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session, catalog: &Catalog, omit: Omit, new: bool) -> Result<Self, Error> {
        let mut authority = Self::default();
        let Some(role) = session.fetch::<Role>(ROLE).await?.pop().filter(|role| !role.superuser) else {
            return Ok(authority);
        };
        let mut demands = Demands::of(catalog, omit);
        if !new {
            authority.creating(&role, &demands);
            authority.public(&role, catalog.database.public.as_ref(), omit, session.version, &mut demands);
        }
        authority.owning(session, &role, &demands).await?;
        authority.placing(session, &role, &demands, new).await?;
        authority.superuser_only(session, &demands).await?;
        Ok(authority)
    }

    fn creating(&mut self, role: &Role, demands: &Demands) {
        let name = ident(&role.name);
        if let Some(label) = demands.database.as_ref().filter(|_| !role.in_database) {
            let database = ident(&role.database);
            self.lacks.push(format!(
                "privilege CREATE on database {database} for role {name} ({label}): GRANT CREATE ON DATABASE {database} TO \
                 {name}"
            ));
        }
        if let Some(label) = demands.public.as_ref().filter(|_| role.in_public == Some(false)) {
            self.lacks.push(format!(
                "privilege CREATE on schema public for role {name} ({label}): restore as the owner of the database, or GRANT \
                 CREATE ON SCHEMA public TO {name}"
            ));
        }
    }

    /// `public` may have to go, or to another owner.
    fn public(
        &mut self,
        role: &Role,
        source: Option<&PublicSchema>,
        omit: Omit,
        target: Version,
        demands: &mut Demands,
    ) {
        let fate = match (source, &role.public_owner) {
            _ if omit.public => return,
            (None, Some(_)) => "is to be dropped".to_owned(),
            (Some(source), Some(owner)) if !omit.owner && source.owner != *owner => {
                if source.owner == DATABASE_OWNER && !has_database_owner(target) {
                    return;
                }
                demands.owners.entry(source.owner.clone()).or_insert_with(|| "schema public".to_owned());
                format!("is to belong to {}", ident(&source.owner))
            }
            _ => return,
        };
        if role.owns_public == Some(false) {
            self.lacks.push(format!(
                "ownership of schema public for role {}, since it {fate}: restore as a superuser, or from PostgreSQL 15 on as \
                 the owner of the database",
                ident(&role.name)
            ));
        }
    }

    async fn owning(&mut self, session: &Session, role: &Role, demands: &Demands) -> Result<(), Error> {
        if demands.owners.is_empty() {
            return Ok(());
        }
        // From 16 on a membership may come without the right to SET ROLE.
        let right = if session.version.at_least(16) { "SET" } else { "MEMBER" };
        let names = demands.owners.keys().map(|name| literal(name)).collect::<Vec<_>>().join(",");
        let sql = format!(
            "select r.rolname as name, pg_has_role(r.oid, '{right}') as may_give, pg_has_role(r.oid, 'USAGE') as inherits
            from pg_roles r where r.rolname in ({names}) order by r.rolname"
        );
        for owner in session.fetch::<Owner>(&sql).await? {
            let label = demands.owners.get(&owner.name).map(String::as_str).unwrap_or_default();
            let (name, of) = (ident(&role.name), ident(&owner.name));
            let lacks = match (owner.may_give, owner.inherits) {
                (true, true) => continue,
                (false, _) => format!("GRANT {of} TO {name}"),
                (true, false) if session.version.at_least(16) => {
                    format!("GRANT {of} TO {name} WITH INHERIT TRUE")
                }
                (true, false) => format!("ALTER ROLE {name} INHERIT"),
            };
            self.lacks.push(format!(
                "membership of role {name} in {of}, who is to own {label}: {lacks}; or -O leaves out owners"
            ));
        }
        Ok(())
    }

    /// Owners in schemas that are not theirs. Where a schema is made here, its owner is the one with privileges on it.
    async fn placing(
        &mut self,
        session: &Session,
        role: &Role,
        demands: &Demands,
        new: bool,
    ) -> Result<(), Error> {
        let made = demands.places.keys().filter_map(|(owner, schema)| {
            let of = demands.schemas.get(schema).unwrap_or(&role.name);
            let made = schema != "public" && of != owner;
            made.then(|| format!("({}, {}, {})", literal(owner), literal(schema), literal(of)))
        });
        let in_public = demands.places.keys().filter(|(_, schema)| schema == "public" && !new);
        let in_public = in_public.map(|(owner, _)| format!("({}, 'public', '')", literal(owner)));
        let places: Vec<String> = made.chain(in_public).collect();
        if places.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "select r.rolname as role, p.schema as schema
            from (values {}) p (role, schema, of_role)
            join pg_roles r on r.rolname = p.role
            left join pg_roles o on o.rolname = p.of_role
            left join pg_namespace n on n.nspname = p.schema and p.of_role = ''
            where not coalesce(pg_has_role(r.oid, o.oid, 'USAGE'), has_schema_privilege(r.oid, n.oid, 'create'), true)
            order by 1, 2",
            places.join(",")
        );
        for Place { role, schema } in session.fetch::<Place>(&sql).await? {
            let (owner, schema_name) = (ident(&role), ident(&schema));
            let label = demands.places.get(&(role, schema.clone())).map(String::as_str).unwrap_or_default();
            let remedy = match schema == "public" {
                true => format!("GRANT CREATE ON SCHEMA public TO {owner}"),
                false => "restore as a superuser".to_owned(),
            };
            self.lacks.push(format!(
                "privilege CREATE on schema {schema_name} for role {owner}, who is to own {label}: {remedy}; or -O leaves out \
                 owners"
            ));
        }
        Ok(())
    }

    async fn superuser_only(&mut self, session: &Session, demands: &Demands) -> Result<(), Error> {
        let mut labels = demands.superuser.clone();
        if !demands.extensions.is_empty() {
            let names = demands.extensions.iter().map(|name| literal(name)).collect::<Vec<_>>().join(",");
            let trusted = if session.version.at_least(13) { "v.trusted" } else { "false" };
            let sql = format!(
                "select e.name::text as name from pg_available_extensions e
                join pg_available_extension_versions v on v.name = e.name and v.version = e.default_version
                where e.name in ({names}) and e.installed_version is null and v.superuser and not {trusted}
                order by 1"
            );
            let found: Vec<Name> = session.fetch(&sql).await?;
            labels.extend(found.into_iter().map(|found| format!("extension {}", ident(&found.name))));
        }
        if !labels.is_empty() {
            let (shown, more) = labels.split_at(labels.len().min(NAMES_MAX));
            let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            self.warnings.push(format!(
                "PostgreSQL lets only superusers make {}{more}: restore as one, unless the service has rules of its own",
                shown.join(", ")
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Demands;
    use crate::manifest::{Catalog, Entry};
    use crate::restore::Omit;
    use crate::sql::Sql;

    fn entry(kind: &str, schema: Option<&str>, name: &str, ddl: &str, owner: &str) -> Entry {
        let json = serde_json::json!({
            "id": 1, "kind": kind, "name": name, "label": format!("{kind} {name}"), "section": "pre-data",
            "schema": schema, "owner": owner,
        });
        let mut entry: Entry = serde_json::from_value(json).unwrap();
        entry.ddl = vec![Sql::new(ddl)];
        entry.owner_sql = Some(Sql::new("ALTER x OWNER TO ").role(owner));
        entry
    }

    #[test]
    fn each_demand_names_who_needs_it() {
        let entries = vec![
            entry("schema", None, "s", "CREATE SCHEMA s", "a"),
            entry("table", Some("s"), "t", "CREATE TABLE s.t ()", "b"),
            entry("table", Some("public"), "u", "CREATE TABLE public.u ()", "a"),
            entry("function", Some("s"), "f", "CREATE FUNCTION s.f()\n    LANGUAGE c\n    AS 'x'", "a"),
            entry("function", Some("s"), "g", "CREATE FUNCTION s.g()\n    LANGUAGE sql\n    AS 'x'", "a"),
            entry("publication", None, "p", "CREATE PUBLICATION p FOR ALL TABLES", "a"),
            entry("event_trigger", None, "e", "CREATE EVENT TRIGGER e", "a"),
        ];
        let catalog = Catalog { entries, ..Catalog::default() };
        let demands = Demands::of(&catalog, Omit::default());
        assert_eq!(demands.database.as_deref(), Some("schema s"));
        assert_eq!(demands.public.as_deref(), Some("table u"));
        assert_eq!(demands.owners.into_keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(demands.places[&("b".to_owned(), "s".to_owned())], "table t");
        assert_eq!(demands.superuser, ["function f", "publication p", "event_trigger e"]);
        let without = Demands::of(&catalog, Omit { owner: true, ..Omit::default() });
        assert!(without.owners.is_empty() && without.places.is_empty() && without.schemas.is_empty());
        assert_eq!(without.superuser.len(), 3);
    }
}

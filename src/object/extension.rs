//! Extensions (pg_extension; documentation: CREATE EXTENSION; objects.md §3).
//!
//! Their members come with them, but for the rows of what they call configuration; what may hang on one without being a member says so by `DEPENDS ON EXTENSION`.

use std::collections::HashMap;

use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident};

/// One extension; `schema/catalog/extension.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Extension {
    /// oid
    pub oid: u32,
    /// extname
    pub name: String,
    /// schema of its members; the extension itself is in none
    pub schema: String,
    /// extversion: the target makes its own default version, and the restore says when that is another
    pub version: String,
    /// extconfig: tables and sequences whose rows and values are the user's
    pub config: Vec<u32>,
    /// extcondition, in step with `config`: which rows are, `WHERE …`; empty for all
    pub config_conditions: Vec<String>,
}

impl Object for Extension {
    fn kind(&self) -> Kind {
        Kind::Extension
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::EXTENSION, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> Option<&str> {
        Some(&self.version)
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let name = ident(&self.name);
        let create = format!("CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {}", ident(&self.schema));
        let mut statements = Vec::new();
        if self.name == "plpgsql" {
            // The copy of initdb was replaced in the source; it is another object (comment, dump).
            statements.push(Sql::new(format!("DROP EXTENSION IF EXISTS {name}")));
        }
        statements.push(Sql::new(create));
        if scope.database.comments_on(self.id()).next().is_none() {
            // The control file may bring a comment that was removed in the source.
            statements.push(Sql::new(format!("COMMENT ON EXTENSION {name} IS NULL")));
        }
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP EXTENSION IF EXISTS {}", self.reference()))]
    }
}

/// What an extension says of one of its tables or sequences: the contents are dumped although the extension makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// The extension.
    pub extension: u32,
    /// Which rows: `WHERE …`; `None` for all.
    pub condition: Option<&'a str>,
}

/// Configuration relations of all extensions, by OID.
pub fn config_relations(database: &Database) -> HashMap<u32, Config<'_>> {
    let mut relations = HashMap::new();
    for extension in &database.extensions {
        for (oid, condition) in extension.config.iter().zip(&extension.config_conditions) {
            let condition = Some(condition.trim()).filter(|condition| !condition.is_empty());
            relations.insert(*oid, Config { extension: extension.oid, condition });
        }
    }
    relations
}

/// `ALTER … DEPENDS ON EXTENSION` for an object, by the noun of its comments; empty for most.
pub fn depends_on_extension(database: &Database, object: &dyn Object) -> Vec<Sql> {
    match object.kind().nouns().comment {
        Some(noun) => {
            depends_on_extension_as(database, object.id(), &format!("{noun} {}", object.reference()))
        }
        None => Vec::new(),
    }
}

/// The same for a row that has another name in SQL than its object: the index of a constraint.
///
/// `what` follows ALTER: `INDEX s.i`.
pub fn depends_on_extension_as(database: &Database, id: CatalogId, what: &str) -> Vec<Sql> {
    // The query has the rows in the order of their dependents, and for each as they were written.
    let key = (id.class.0, id.oid);
    let start = database.depends.partition_point(|row| (row.class, row.oid) < key);
    database.depends[start..]
        .iter()
        .take_while(|row| (row.class, row.oid) == key)
        .filter_map(|row| row.extension.as_deref())
        .map(|extension| Sql::new(format!("ALTER {what} DEPENDS ON EXTENSION {}", ident(extension))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Extension, depends_on_extension};
    use crate::object::Repairs;
    use crate::object::schema::Schema;
    use crate::object::{Comment, Database, Depend, Object, Scope};
    use crate::version::Version;

    #[test]
    fn extensions_are_made_in_their_schema() {
        let mut database = Database::default();
        let extension = |oid: u32, name: &str, schema: &str| Extension {
            oid,
            name: name.to_owned(),
            schema: schema.to_owned(),
            ..Extension::default()
        };
        let (own, plpgsql) =
            (extension(20_000, "uuid-ossp", "My"), extension(20_001, "plpgsql", "pg_catalog"));
        database.comments.push(Comment { class: 3079, oid: own.oid, ..Comment::default() });
        database.lookup.comments.insert(own.id(), vec![0]);
        let scope =
            Scope { source: Version::from_num(150_000), repairs: &Repairs::default(), database: &database };
        let create = |row: &Extension| row.create(&scope).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(create(&own), ["CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA \"My\""]);
        assert_eq!(
            create(&plpgsql),
            [
                "DROP EXTENSION IF EXISTS plpgsql",
                "CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog",
                "COMMENT ON EXTENSION plpgsql IS NULL",
            ]
        );
    }

    #[test]
    fn only_the_dependencies_of_the_object_count() {
        let schema = Schema { oid: 20_000, name: "s".to_owned(), ..Schema::default() };
        let row = |oid: u32, extension: Option<&str>| Depend {
            class: schema.id().class.0,
            oid,
            extension: extension.map(Box::from),
            ..Depend::default()
        };
        let database = Database {
            depends: vec![
                row(19_999, Some("a")),
                row(20_000, None),
                row(20_000, Some("uuid-ossp")),
                row(20_000, Some("citext")),
                row(20_001, Some("b")),
            ],
            ..Database::default()
        };
        let statements: Vec<String> =
            depends_on_extension(&database, &schema).iter().map(ToString::to_string).collect();
        assert_eq!(
            statements,
            [
                "ALTER SCHEMA s DEPENDS ON EXTENSION \"uuid-ossp\"",
                "ALTER SCHEMA s DEPENDS ON EXTENSION citext"
            ]
        );
    }
}

//! Shell types: a name that stands for a type whose functions come first (documentation: CREATE TYPE; objects.md
//! §4.1).
//!
//! A base type needs its input function, which returns the type; a range needs its canonical function. Such a type is
//! announced, then come the functions, then the type itself, which keeps the shell's row in pg_type. A shell may also
//! have been left alone; only then it has an owner and comments of its own.

use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::Sql;

/// One shell; `schema/catalog/shell_type.sql` for those that were never filled.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShellType {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// typname
    pub name: String,
    /// owner
    pub owner: String,
    /// It is made before the type that fills it: the OID of its schema.
    #[serde(skip)]
    pub filled_in: Option<u32>,
}

impl ShellType {
    /// The shells of all base types and of the ranges with a canonical function: no such type can do without.
    pub fn derive(database: &Database) -> Vec<Self> {
        let bases = database.base_types.iter().map(|row| (row.oid, &row.schema, &row.name));
        let ranges = database
            .ranges
            .iter()
            .filter(|row| row.canonical.is_some())
            .map(|row| (row.oid, &row.schema, &row.name));
        bases
            .chain(ranges)
            .filter_map(|(oid, schema, name)| {
                let within = database.schemas.iter().find(|row| row.name == *schema)?;
                Some(Self {
                    oid,
                    schema: schema.clone(),
                    name: name.clone(),
                    owner: String::new(),
                    filled_in: Some(within.oid),
                })
            })
            .collect()
    }
}

impl Object for ShellType {
    fn kind(&self) -> Kind {
        Kind::ShellType
    }

    fn id(&self) -> CatalogId {
        let class = if self.filled_in.is_some() { Class::SYNTHETIC_SHELL } else { Class::TYPE };
        CatalogId::new(class, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        self.shell_of()
    }

    fn shell_of(&self) -> Option<CatalogId> {
        self.filled_in.map(|_| CatalogId::new(Class::TYPE, self.oid))
    }

    /// Whoever restores must own a shell to fill it.
    fn owner(&self) -> Option<&str> {
        self.filled_in.is_none().then_some(&self.owner)
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.filled_in.map(|schema| CatalogId::new(Class::NAMESPACE, schema)).into_iter().collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("CREATE TYPE {}", self.reference()))]
    }

    /// A shell that was filled goes with its type.
    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        match self.filled_in {
            Some(_) => Vec::new(),
            None => vec![Sql::new(format!("DROP TYPE IF EXISTS {}", self.reference()))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ShellType;
    use crate::object::base_type::BaseType;
    use crate::object::range::Range;
    use crate::object::schema::Schema;
    use crate::object::{CatalogId, Class, Database, Object, Repairs, Scope};
    use crate::version::Version;

    fn database() -> Database {
        let (s, name) = (|| "s".to_owned(), |text: &str| text.to_owned());
        Database {
            schemas: vec![Schema { oid: 20_000, name: s(), ..Schema::default() }],
            base_types: vec![BaseType {
                oid: 20_001,
                schema: s(),
                name: name("Base"),
                ..BaseType::default()
            }],
            ranges: vec![
                Range { oid: 20_002, schema: s(), name: name("plain"), ..Range::default() },
                Range {
                    oid: 20_003,
                    schema: s(),
                    name: name("canonical"),
                    canonical: Some(name("s.c")),
                    ..Range::default()
                },
            ],
            ..Database::default()
        }
    }

    #[test]
    fn base_types_and_canonical_ranges_are_announced() {
        let database = database();
        let scope =
            Scope { source: Version::from_num(150_000), repairs: &Repairs::default(), database: &database };
        let shells = ShellType::derive(&database);
        let sql: Vec<String> = shells.iter().map(|shell| shell.create(&scope)[0].to_string()).collect();
        assert_eq!(sql, ["CREATE TYPE s.\"Base\"", "CREATE TYPE s.canonical"]);
        assert_eq!(shells[0].shell_of(), Some(CatalogId::new(Class::TYPE, 20_001)));
        assert_eq!(shells[0].dependencies(), [CatalogId::new(Class::NAMESPACE, 20_000)]);
        assert_eq!(shells[0].owner(), None);
        assert!(shells[0].drop(&scope).is_empty());
        // The type itself has the same OID.
        assert_ne!(shells[0].id(), database.base_types[0].id());
    }

    #[test]
    fn a_shell_alone_is_an_object_of_its_own() {
        let shell = ShellType { oid: 20_004, owner: "o".to_owned(), ..ShellType::default() };
        assert_eq!(shell.id(), CatalogId::new(Class::TYPE, 20_004));
        assert_eq!((shell.owner(), shell.shell_of(), shell.parent()), (Some("o"), None, None));
    }
}

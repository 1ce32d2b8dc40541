//! `--map-schema`: schemas that get another name when all else is done.

use serde::Deserialize;

use super::ddl::Work;
use super::error::Error;
use crate::manifest::Catalog;
use crate::mapping::{Names, Pair};
use crate::server::Session;
use crate::sql::{ident, literal};

/// Schemas with the names that they get.
#[derive(Clone, Debug, Default)]
pub struct Renames(Vec<Pair>);

#[derive(Deserialize)]
struct Name {
    name: String,
}

impl Renames {
    /// Looks whether the schemas are made, and, in a database that is not made for it (`fresh`), whether their names are free.
    ///
    /// # Errors
    /// A schema that takes no part, or that is there; those of the server.
    pub async fn new(
        session: &Session,
        catalog: &Catalog,
        names: &Names,
        fresh: bool,
    ) -> Result<Self, Error> {
        let pairs: Vec<Pair> = names.pairs().map(|(old, new)| (old.clone(), new.clone())).collect();
        let is_made = |name: &String| {
            catalog
                .entries
                .iter()
                .any(|entry| entry.kind == "schema" && entry.name == *name && !entry.left_out)
        };
        if let Some((old, _)) = pairs.iter().find(|(old, _)| !is_made(old)) {
            return Err(Error::SchemaNotMade(old.clone()));
        }
        if !pairs.is_empty() && !fresh {
            let names = pairs.iter().flat_map(|(old, new)| [literal(old), literal(new)]);
            let names = names.collect::<Vec<_>>().join(",");
            let sql =
                format!("select nspname as name from pg_namespace where nspname in ({names}) order by 1");
            if let Some(Name { name }) = session.fetch(&sql).await?.into_iter().next() {
                return Err(Error::SchemaThere(name));
            }
        }
        Ok(Self(pairs))
    }

    /// The statements.
    pub fn works(&self) -> Vec<Work> {
        let work = |(old, new): &Pair| {
            let (old, new) = (ident(old), ident(new));
            let sql = vec![format!("ALTER SCHEMA {old} RENAME TO {new}")];
            Work { id: 0, label: format!("schema {old} under the name {new}"), sql }
        };
        self.0.iter().map(work).collect()
    }

    /// As the plan shows them.
    pub fn shown(&self) -> Vec<String> {
        self.0.iter().map(|(old, new)| format!("schema {} to {}", ident(old), ident(new))).collect()
    }
}

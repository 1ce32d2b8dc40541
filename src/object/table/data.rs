//! The rows of a table: the entry that restore loads by COPY, and the choice between binary and text
//! (objects.md §41).

use crate::manifest::RowFormat;
use crate::object::Text;
use crate::object::database::Database;
use crate::object::extension::config_relations;
use crate::object::id::{CatalogId, Class};
use crate::object::kind::Kind;
use crate::object::object::{Object, Scope};
use crate::sql::Sql;
use crate::version::Version;

/// OIDs below this one are fixed in every server; built-in types only.
pub const OID_FIXED_MAX: u32 = 10_000;

/// Built-in types whose binary form must not travel: the oid aliases send raw OIDs, xml_send adds an encoding
/// declaration that xml_recv does not undo, empty vectors and an empty tsquery are sent in a form that is not received (seen up to 17, and in 18).
const TEXT_ONLY: &[u32] = &[
    24, 2202, 2203, 2204, REGCLASS, 4191, 2206, 4096, 4089, 3734, 3769, // regproc … regdictionary
    142,  // xml
    1033, // aclitem
    22, 30,   // int2vector, oidvector
    3615, // tsquery
];

/// Its values may name indexes, which do not exist before post-data.
const REGCLASS: u32 = 2205;

/// The rows of one table.
#[derive(Clone, Debug)]
pub struct TableData {
    /// OID of the table
    pub table_oid: u32,
    /// schema of the table
    pub schema: Text,
    /// name of the table
    pub name: Text,
    /// the extension that makes the table and says that the rows are the user's
    pub extension: Option<u32>,
    /// tables whose rows have to be there before: only where foreign keys are older than the rows
    pub after: Vec<u32>,
}

impl TableData {
    /// One per table that holds rows itself.
    pub fn derive(database: &Database) -> Vec<Self> {
        let config = config_relations(database);
        let holders = database.tables.iter().filter(|table| !table.partitioned);
        holders
            .map(|table| {
                let extension = config.get(&table.oid).map(|config| config.extension);
                // An extension makes its keys with its tables.
                let keys = database.foreign_keys.iter().filter(|key| key.table_oid == table.oid);
                let referenced = keys.map(|key| key.referenced).filter(|oid| config.contains_key(oid));
                Self {
                    table_oid: table.oid,
                    schema: table.schema.clone(),
                    name: table.name.clone(),
                    extension,
                    after: if extension.is_some() { referenced.collect() } else { Vec::new() },
                }
            })
            .collect()
    }
}

impl Object for TableData {
    fn kind(&self) -> Kind {
        Kind::TableData
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_DATA, self.table_oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        // The table itself is a member of the extension, which then makes it.
        let table = CatalogId::new(Class::RELATION, self.table_oid);
        Some(self.extension.map_or(table, |oid| CatalogId::new(Class::EXTENSION, oid)))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        let after = self.after.iter().map(|oid| CatalogId::new(Class::SYNTHETIC_DATA, *oid));
        self.parent().into_iter().chain(after).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}

/// The format for rows of these types, and the oldest target major that takes it.
///
/// Binary wherever every type allows it. Arrays and composites of user types carry type OIDs that servers before 14
/// compare with their own: text if the source is older (it will be restored on such a server too), else 14 is
/// returned as the oldest target.
pub fn row_format(
    types: impl IntoIterator<Item = u32>,
    database: &Database,
    source: Version,
) -> (RowFormat, Option<u16>) {
    let mut needs = None;
    for oid in types {
        match binary_target(oid, database, 0) {
            Some(Some(major)) if !source.at_least(major) => return (RowFormat::Text, None),
            None => return (RowFormat::Text, None),
            Some(major) => needs = needs.max(major),
        }
    }
    (RowFormat::Binary, needs)
}

/// Whether values of one of these types may name a relation.
pub fn names_relations(types: impl IntoIterator<Item = u32>, database: &Database) -> bool {
    types.into_iter().any(|oid| contains_regclass(oid, database, 0))
}

fn contains_regclass(oid: u32, database: &Database, depth: u32) -> bool {
    let Some(fact) = database.type_fact(oid).filter(|_| depth <= DEPTH_MAX) else { return false };
    let inner =
        [fact.element, fact.base].into_iter().filter(|oid| *oid != 0).chain(fact.fields.iter().copied());
    oid == REGCLASS || inner.into_iter().any(|oid| contains_regclass(oid, database, depth + 1))
}

/// Types nest finitely; the bound only guards against a catalog that lies.
const DEPTH_MAX: u32 = 32;

/// `None`: text only. `Some(None)`: binary to any server. `Some(Some(14))`: binary to 14 and newer.
fn binary_target(oid: u32, database: &Database, depth: u32) -> Option<Option<u16>> {
    if TEXT_ONLY.contains(&oid) || depth > DEPTH_MAX {
        return None;
    }
    let fact = database.type_fact(oid)?;
    let nested = |inner: u32| -> Option<Option<u16>> {
        let own = binary_target(inner, database, depth + 1)?;
        Some(if inner < OID_FIXED_MAX { own } else { own.max(Some(14)) })
    };
    if !fact.has_binary {
        return None;
    }
    match fact.kind.as_str() {
        "e" => Some(None),
        "d" | "r" | "m" => binary_target(fact.base, database, depth + 1),
        "c" => fact.fields.iter().try_fold(None, |needs, field| Some(needs.max(nested(*field)?))),
        "b" if fact.element != 0 => nested(fact.element),
        "b" if oid < OID_FIXED_MAX => Some(None),
        _ => None,
    }
}

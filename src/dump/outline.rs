//! Entries as a dump keeps them: their JSON, and what is asked of them later. A hundred thousand entries with all their
//! strings apart would be most of a dump's memory.

use serde::Serialize;
use serde_json::value::RawValue;

use super::data::Rows;
use crate::manifest::{DataType, Database, Globals, Missing};
use crate::object::{CatalogId, Kind};

/// Version of the catalog record.
const CATALOG_VERSION: u32 = 1;

/// An entry that is ready to be written.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Outline {
    /// The JSON of a [`manifest::Entry`](crate::manifest::Entry).
    json: Box<RawValue>,
    /// Its number: 1, 2, 3 …
    #[serde(skip)]
    pub id: u32,
    /// Its kind.
    #[serde(skip)]
    pub kind: Kind,
    /// Which object it came from.
    #[serde(skip)]
    pub object: CatalogId,
    /// How its rows are read, if it stands for some.
    #[serde(skip)]
    pub rows: Option<Box<Rows>>,
}

impl Outline {
    /// Of an entry that is complete.
    pub fn new(entry: &crate::manifest::Entry, kind: Kind, object: CatalogId, rows: Option<Rows>) -> Self {
        let json = serde_json::value::to_raw_value(entry).expect("invariant: entries are texts and numbers");
        Self { json, id: entry.id, kind, object, rows: rows.map(Box::new) }
    }
}

/// The record CATALOG: a [`manifest::Catalog`](crate::manifest::Catalog).
#[derive(Debug, Serialize)]
pub struct Catalog {
    catalog: u32,
    /// Facts of the database itself.
    pub database: Database,
    /// The globals of the cluster, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub globals: Option<Globals>,
    /// Types that the rows use and that are not built in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<DataType>,
    /// A selection decided what is in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Classes of statements that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What the entries need and the selection left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// In restore order; `entries[i].id == i + 1`.
    pub entries: Vec<Outline>,
}

impl Catalog {
    /// The record of this format.
    pub fn new(
        database: Database,
        globals: Option<Globals>,
        types: Vec<DataType>,
        entries: Vec<Outline>,
    ) -> Self {
        let (partial, left_out, missing) = Default::default();
        Self { catalog: CATALOG_VERSION, database, globals, types, partial, left_out, missing, entries }
    }

    /// The kind of the entry of that number.
    pub fn kind(&self, id: u32) -> Option<Kind> {
        self.entries.get((id as usize).checked_sub(1)?).map(|entry| entry.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::{Catalog, Outline};
    use crate::manifest;
    use crate::object::{CatalogId, Class, Kind};

    #[test]
    fn what_is_written_is_the_catalog_of_the_manifest() {
        let entry: manifest::Entry = serde_json::from_value(serde_json::json!({
            "id": 1, "kind": "table", "name": "Ü \"t\"", "label": "table t", "section": "pre-data", "deps": [],
        }))
        .unwrap();
        let outline = Outline::new(&entry, Kind::Table, CatalogId::new(Class::RELATION, 7), None);
        let types = vec![manifest::DataType { name: "s.e".to_owned(), form: manifest::TypeForm::Enum }];
        let written = Catalog::new(manifest::Database::default(), None, types.clone(), vec![outline]);
        let expected =
            manifest::Catalog { catalog: 1, types, entries: vec![entry], ..manifest::Catalog::default() };
        assert_eq!(serde_json::to_string(&written).unwrap(), serde_json::to_string(&expected).unwrap());
        assert_eq!((written.kind(0), written.kind(1), written.kind(2)), (None, Some(Kind::Table), None));
    }
}

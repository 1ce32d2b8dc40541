//! What an archive says of the types of its rows, so that they can be read without a server. Pure.

use std::collections::BTreeMap;

use crate::manifest::{DataType, TypeField, TypeForm};
use crate::object::table::data::OID_FIXED_MAX;
use crate::object::{Database, TypeFact};

/// The types that copied columns use, directly or within others, and that are not built in, by name.
pub fn data_types(database: &Database) -> Vec<DataType> {
    let columns = database.tables.iter().flat_map(|table| table.copied_columns());
    // Most columns are of built-in types, and there may be a million.
    let mut open: Vec<u32> =
        columns.map(|column| column.type_oid).filter(|oid| *oid >= OID_FIXED_MAX).collect();
    let mut found = BTreeMap::new();
    while let Some(oid) = open.pop() {
        if oid < OID_FIXED_MAX || found.contains_key(&oid) {
            continue;
        }
        let Some(fact) = database.type_fact(oid) else { continue };
        let inner = [fact.element, fact.base].into_iter().chain(fact.fields.iter().copied());
        open.extend(inner.filter(|oid| *oid != 0));
        found.insert(oid, form(fact, database).map(|form| DataType { name: fact.name.clone(), form }));
    }
    let mut types: Vec<DataType> = found.into_values().flatten().collect();
    // Not by OID: equal databases have equal catalogs.
    types.sort_by(|a, b| a.name.cmp(&b.name));
    types
}

/// `None` for arrays, whose name says it all, and for base types, whose values nobody can read.
fn form(fact: &TypeFact, database: &Database) -> Option<TypeForm> {
    let name = |oid: u32| database.type_fact(oid).map(|fact| fact.name.clone());
    Some(match fact.kind.as_str() {
        "e" => TypeForm::Enum,
        "d" => TypeForm::Domain { base: name(fact.base)? },
        "r" => TypeForm::Range { subtype: name(fact.base)? },
        "m" => TypeForm::Multirange { range: name(fact.base)? },
        "c" => {
            let field = |(field_name, oid): (&String, &u32)| {
                Some(TypeField { name: field_name.clone(), type_name: name(*oid)? })
            };
            let fields: Option<Vec<TypeField>> =
                fact.field_names.iter().zip(&fact.fields).map(field).collect();
            TypeForm::Composite { fields: fields? }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::data_types;
    use crate::manifest::{DataType, TypeField, TypeForm};
    use crate::object::table::Table;
    use crate::object::{Column, Database, TypeFact};

    fn fact(oid: u32, name: &str, kind: &str) -> TypeFact {
        TypeFact { oid, name: name.to_owned(), kind: kind.to_owned(), ..TypeFact::default() }
    }

    #[test]
    fn types_are_found_within_others_and_sorted_by_name() {
        let mut database = Database {
            types: vec![
                fact(23, "integer", "b"),
                TypeFact { element: 20_002, ..fact(20_001, "s.b[]", "b") },
                TypeFact {
                    fields: vec![23, 20_003],
                    field_names: vec!["x y".to_owned(), "z".to_owned()],
                    ..fact(20_002, "s.b", "c")
                },
                TypeFact { base: 23, ..fact(20_003, "s.a", "d") },
                fact(20_004, "s.unused", "e"),
                fact(20_005, "s.base", "b"),
            ],
            ..Database::default()
        };
        let column = |type_oid: u32, generated: &str| Column {
            type_oid,
            generated: generated.into(),
            ..Column::default()
        };
        let columns = vec![column(23, ""), column(20_001, ""), column(20_005, ""), column(20_004, "s")];
        database.tables = vec![Table { columns, ..Table::default() }];
        database.lookup.types = database.types.iter().enumerate().map(|(at, row)| (row.oid, at)).collect();
        let field = |name: &str, type_name: &str| TypeField {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
        };
        let fields = vec![field("x y", "integer"), field("z", "s.a")];
        let expected = [
            DataType { name: "s.a".to_owned(), form: TypeForm::Domain { base: "integer".to_owned() } },
            DataType { name: "s.b".to_owned(), form: TypeForm::Composite { fields } },
        ];
        assert_eq!(data_types(&database), expected);
    }
}

//! Types, from their names as `format_type` prints them.

use std::collections::HashMap;

use crate::manifest::{DataType, TypeForm};

/// A type, as far as its values' text and JSON depend on it. Domains are their base types.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "most are called as PostgreSQL calls them")]
pub enum Type {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Money,
    /// `oid`, `xid`, `cid`.
    Oid,
    Xid8,
    /// `"char"`.
    Char,
    /// Whatever is text in binary form, too: strings, labels of enums.
    Text,
    /// The same, with a byte of its version before it: `jsonpath`.
    VersionedText,
    Bytea,
    Json,
    Jsonb,
    Date,
    Time,
    Timetz,
    Timestamp,
    Timestamptz,
    Interval,
    Uuid,
    /// `inet`, or `cidr`, whose text always has the length of the prefix.
    Inet {
        cidr: bool,
    },
    /// `macaddr`, `macaddr8`.
    Macaddr {
        len: usize,
    },
    Point,
    Lseg,
    Line,
    Box,
    Path,
    Polygon,
    Circle,
    /// `bit`, `bit varying`.
    Bit,
    Tid,
    PgLsn,
    /// `pg_snapshot`, `txid_snapshot`.
    Snapshot,
    Tsvector,
    /// `int2vector`, `oidvector`: never in binary rows, arrays in JSON.
    Vector {
        numbers: bool,
    },
    Array(std::boxed::Box<Type>),
    Range(std::boxed::Box<Type>),
    Multirange(std::boxed::Box<Type>),
    Composite(Vec<Field>),
    /// A type whose binary form is not known, by name.
    Opaque(String),
}

/// A field of a composite type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Type.
    pub data_type: Type,
}

/// The types of an archive that are not built in, by name.
#[derive(Clone, Debug, Default)]
pub struct UserTypes<'a>(HashMap<&'a str, &'a TypeForm>);

/// Types nest finitely; the bound is for catalogs that lie.
const DEPTH_MAX: u32 = 32;

impl<'a> UserTypes<'a> {
    /// From the catalog's list.
    pub fn new(types: &'a [DataType]) -> Self {
        Self(types.iter().map(|found| (found.name.as_str(), &found.form)).collect())
    }

    /// The type of that name, modifiers or not.
    pub fn find(&self, name: &str) -> Type {
        self.find_nested(name, 0)
    }

    fn find_nested(&self, name: &str, depth: u32) -> Type {
        let opaque = || Type::Opaque(name.to_owned());
        if depth > DEPTH_MAX {
            return opaque();
        }
        let nested = |name: &str| self.find_nested(name, depth + 1);
        if let Some(element) = name.strip_suffix("[]") {
            return Type::Array(nested(element).into());
        }
        let bare = without_modifiers(name);
        match self.0.get(bare.as_str()) {
            Some(TypeForm::Enum) => Type::Text,
            Some(TypeForm::Domain { base }) => nested(base),
            Some(TypeForm::Range { subtype }) => Type::Range(nested(subtype).into()),
            Some(TypeForm::Multirange { range }) => Type::Multirange(nested(range).into()),
            Some(TypeForm::Composite { fields }) => Type::Composite(
                fields
                    .iter()
                    .map(|field| Field { name: field.name.clone(), data_type: nested(&field.type_name) })
                    .collect(),
            ),
            None => built_in(&bare).unwrap_or_else(opaque),
        }
    }
}

impl Type {
    /// The name of a type, in this one or being it, whose binary form is not known.
    pub fn opaque(&self) -> Option<&str> {
        match self {
            Self::Opaque(name) => Some(name),
            Self::Vector { numbers } => Some(if *numbers { "int2vector" } else { "oidvector" }),
            Self::Array(inner) | Self::Range(inner) | Self::Multirange(inner) => inner.opaque(),
            Self::Composite(fields) => fields.iter().find_map(|field| field.data_type.opaque()),
            _ => None,
        }
    }
}

/// `timestamp(3) without time zone` is `timestamp without time zone`; what is in double quotes stays.
fn without_modifiers(name: &str) -> String {
    let (mut quoted, mut depth) = (false, 0);
    let mut bare = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            _ => {}
        }
        if depth == 0 {
            bare.push(c);
        }
        if c == ')' && !quoted && depth > 0 {
            depth -= 1;
        }
    }
    bare
}

fn built_in(name: &str) -> Option<Type> {
    let range = |inner: Type| Some(Type::Range(inner.into()));
    let multirange = |inner: Type| Some(Type::Multirange(Type::Range(inner.into()).into()));
    Some(match name {
        "boolean" => Type::Bool,
        "smallint" => Type::Int2,
        "integer" => Type::Int4,
        "bigint" => Type::Int8,
        "real" => Type::Float4,
        "double precision" => Type::Float8,
        "numeric" => Type::Numeric,
        "money" => Type::Money,
        "oid" | "xid" | "cid" => Type::Oid,
        "xid8" => Type::Xid8,
        "\"char\"" => Type::Char,
        "text" | "character" | "character varying" | "bpchar" | "name" | "refcursor" | "pg_node_tree" => {
            Type::Text
        }
        "jsonpath" => Type::VersionedText,
        "bytea" => Type::Bytea,
        "json" => Type::Json,
        "jsonb" => Type::Jsonb,
        "date" => Type::Date,
        "time without time zone" => Type::Time,
        "time with time zone" => Type::Timetz,
        "timestamp without time zone" => Type::Timestamp,
        "timestamp with time zone" => Type::Timestamptz,
        "uuid" => Type::Uuid,
        "inet" => Type::Inet { cidr: false },
        "cidr" => Type::Inet { cidr: true },
        "macaddr" => Type::Macaddr { len: 6 },
        "macaddr8" => Type::Macaddr { len: 8 },
        "point" => Type::Point,
        "lseg" => Type::Lseg,
        "line" => Type::Line,
        "box" => Type::Box,
        "path" => Type::Path,
        "polygon" => Type::Polygon,
        "circle" => Type::Circle,
        // In quotes it is the one without a length (`format_type`).
        "bit" | "\"bit\"" | "bit varying" => Type::Bit,
        "tid" => Type::Tid,
        "pg_lsn" => Type::PgLsn,
        "pg_snapshot" | "txid_snapshot" => Type::Snapshot,
        "tsvector" => Type::Tsvector,
        "int2vector" => Type::Vector { numbers: true },
        "oidvector" => Type::Vector { numbers: false },
        "int4range" => return range(Type::Int4),
        "int8range" => return range(Type::Int8),
        "numrange" => return range(Type::Numeric),
        "tsrange" => return range(Type::Timestamp),
        "tstzrange" => return range(Type::Timestamptz),
        "daterange" => return range(Type::Date),
        "int4multirange" => return multirange(Type::Int4),
        "int8multirange" => return multirange(Type::Int8),
        "nummultirange" => return multirange(Type::Numeric),
        "tsmultirange" => return multirange(Type::Timestamp),
        "tstzmultirange" => return multirange(Type::Timestamptz),
        "datemultirange" => return multirange(Type::Date),
        // `interval day to second`
        _ if name == "interval" || name.starts_with("interval ") => Type::Interval,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::TypeField;

    #[test]
    fn modifiers_and_brackets_are_read() {
        let types = UserTypes::default();
        let find = |name: &str| types.find(name);
        let array = |inner: Type| Type::Array(inner.into());
        assert_eq!(find("numeric(10,-2)"), Type::Numeric);
        assert_eq!(find("timestamp(3) with time zone[]"), array(Type::Timestamptz));
        assert_eq!(find("interval day to second(3)"), Type::Interval);
        assert_eq!(find("\"char\"[]"), array(Type::Char));
        assert_eq!(find("character(4)"), Type::Text);
        assert_eq!(find("public.vector(3)[]").opaque(), Some("public.vector(3)"));
        assert_eq!(find("xml").opaque(), Some("xml"));
        assert_eq!(find("int4multirange"), Type::Multirange(Type::Range(Type::Int4.into()).into()));
    }

    #[test]
    fn types_of_the_user_are_found_within_each_other() {
        let list = [
            DataType {
                name: "s.\"a(b)\"".to_owned(),
                form: TypeForm::Domain { base: "smallint[]".to_owned() },
            },
            DataType {
                name: "s.c".to_owned(),
                form: TypeForm::Composite {
                    fields: vec![TypeField { name: "f".to_owned(), type_name: "s.\"a(b)\"[]".to_owned() }],
                },
            },
            DataType { name: "s.loop".to_owned(), form: TypeForm::Domain { base: "s.loop".to_owned() } },
        ];
        let types = UserTypes::new(&list);
        let inner = Type::Array(Type::Array(Type::Int2.into()).into());
        let fields = vec![Field { name: "f".to_owned(), data_type: inner }];
        assert_eq!(types.find("s.c"), Type::Composite(fields));
        assert_eq!(types.find("s.loop").opaque(), Some("s.loop"));
    }
}

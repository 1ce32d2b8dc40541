//! Sequences (pg_sequence; documentation: CREATE SEQUENCE; objects.md §31): free ones, those of serial columns, and
//! those behind identity columns, which their column makes.

use crate::object::Text;
use serde::Deserialize;

use super::acl::AclRow;
use super::column::Column;
use super::database::Database;
use super::extension::config_relations;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One sequence; `schema/catalog/sequence.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sequence {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: Text,
    /// relname
    pub name: Text,
    /// owner
    pub owner: Text,
    /// relacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('s', relowner)`
    pub acl_default: Vec<String>,
    /// relpersistence: `p` or `u`
    pub persistence: Text,
    /// `smallint`, `integer`, `bigint`
    pub data_type: Text,
    /// seqstart
    pub start: i64,
    /// seqincrement
    pub increment: i64,
    /// seqmin
    pub minimum: i64,
    /// seqmax
    pub maximum: i64,
    /// seqcache
    pub cache: i64,
    /// seqcycle
    pub cycle: bool,
    /// deptype towards the column: `a` OWNED BY, `i` identity
    pub ownership: Option<Text>,
    /// table of the owning column, or 0
    pub table_oid: u32,
    /// schema of that table
    pub table_schema: Option<Text>,
    /// name of that table
    pub table: Option<Text>,
    /// relpersistence of that table
    pub table_persistence: Option<Text>,
    /// the owning column
    pub column: Option<Text>,
    /// Filled from `column.sql`.
    #[serde(skip)]
    pub columns: Vec<Column>,
}

impl Sequence {
    /// Whether an identity column makes it.
    pub fn is_identity(&self) -> bool {
        self.ownership.as_deref() == Some("i")
    }

    /// The owning column: table, qualified and quoted, and column, quoted.
    fn owning_column(&self) -> Option<(String, String)> {
        let table = qualified(self.table_schema.as_deref(), self.table.as_deref()?);
        Some((table, ident(self.column.as_deref()?)))
    }

    /// The range that the server takes where none is given.
    fn default_range(&self) -> (i64, i64) {
        let (lowest, highest) = match self.data_type.as_str() {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        if self.increment > 0 { (1, highest) } else { (lowest, -1) }
    }

    fn options(&self) -> String {
        let (minimum, maximum) = self.default_range();
        let bound = |noun: &str, value: i64, default: i64| {
            if value == default { format!("NO {noun}") } else { format!("{noun} {value}") }
        };
        format!(
            "START WITH {}\n    INCREMENT BY {}\n    {}\n    {}\n    CACHE {}{}",
            self.start,
            self.increment,
            bound("MINVALUE", self.minimum, minimum),
            bound("MAXVALUE", self.maximum, maximum),
            self.cache,
            if self.cycle { "\n    CYCLE" } else { "" }
        )
    }

    fn create_sequence(&self) -> String {
        let unlogged = if self.persistence == "u" { "UNLOGGED " } else { "" };
        let data_type = match self.data_type.as_str() {
            "bigint" => String::new(),
            other => format!("\n    AS {other}"),
        };
        format!("CREATE {unlogged}SEQUENCE {}{data_type}\n    {}", self.reference(), self.options())
    }

    fn add_identity(&self, scope: &Scope<'_>) -> Option<String> {
        let (table, column) = self.owning_column()?;
        let by_default = scope
            .database
            .table(self.table_oid)
            .and_then(|table| table.columns.iter().find(|c| Some(&c.name) == self.column.as_ref()))
            .is_some_and(|column| column.identity == "d");
        let always = if by_default { "BY DEFAULT" } else { "ALWAYS" };
        // It takes the table's persistence. Only servers from 15 on can say otherwise, or have it otherwise.
        let persistence = match self.persistence.as_str() {
            _ if !scope.source.at_least(15) || Some(&self.persistence) == self.table_persistence.as_ref() => {
                ""
            }
            "u" => "\n    UNLOGGED",
            _ => "\n    LOGGED",
        };
        Some(format!(
            "ALTER TABLE {table} ALTER COLUMN {column} ADD GENERATED {always} AS IDENTITY (\n    \
             SEQUENCE NAME {}{persistence}\n    {}\n)",
            self.reference(),
            self.options()
        ))
    }
}

impl Object for Sequence {
    fn kind(&self) -> Kind {
        Kind::Sequence
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::RELATION, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        self.is_identity().then(|| CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn owner(&self) -> Option<&str> {
        // That of an identity column follows the table's.
        (!self.is_identity()).then_some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.parent().into_iter().collect()
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let statement =
            if self.is_identity() { self.add_identity(scope) } else { Some(self.create_sequence()) };
        statement.map(Sql::new).into_iter().collect()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        if self.is_identity() {
            return Vec::new();
        }
        vec![Sql::new(format!("DROP SEQUENCE IF EXISTS {}", self.reference()))]
    }
}

/// `OWNED BY`: an entry of its own, since sequence and table must have the same owner by then.
#[derive(Clone, Debug)]
pub struct SequenceOwnedBy {
    /// OID of the sequence
    pub sequence: u32,
    /// OID of the owning table
    pub table_oid: u32,
    /// schema of the sequence
    pub schema: Text,
    /// name of the sequence
    pub name: Text,
    /// the owning column, qualified and quoted
    pub column_reference: String,
}

impl SequenceOwnedBy {
    /// One per sequence that a column owns, identity columns excepted.
    pub fn derive(database: &Database) -> Vec<Self> {
        let owned = database.sequences.iter().filter(|row| row.ownership.as_deref() == Some("a"));
        owned
            .filter_map(|row| {
                let (table, column) = row.owning_column()?;
                Some(Self {
                    sequence: row.oid,
                    table_oid: row.table_oid,
                    schema: row.schema.clone(),
                    name: row.name.clone(),
                    column_reference: format!("{table}.{column}"),
                })
            })
            .collect()
    }
}

impl Object for SequenceOwnedBy {
    fn kind(&self) -> Kind {
        Kind::SequenceOwnedBy
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_OWNED_BY, self.sequence)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        // A sequence that a column owns is there whenever its table is.
        Some(CatalogId::new(Class::RELATION, self.table_oid))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        [self.sequence, self.table_oid].map(|oid| CatalogId::new(Class::RELATION, oid)).into()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let sequence = qualified(Some(&self.schema), &self.name);
        vec![Sql::new(format!("ALTER SEQUENCE {sequence} OWNED BY {}", self.column_reference))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}

/// The value of a sequence; what it is is read under the dump's snapshot, not here.
#[derive(Clone, Debug)]
pub struct SequenceValue {
    /// OID of the sequence
    pub sequence: u32,
    /// schema of the sequence
    pub schema: Text,
    /// name of the sequence
    pub name: Text,
    /// the extension that makes the sequence and says that the value is the user's
    pub extension: Option<u32>,
}

impl SequenceValue {
    /// One per sequence.
    pub fn derive(database: &Database) -> Vec<Self> {
        let config = config_relations(database);
        let rows = database.sequences.iter();
        rows.map(|row| Self {
            sequence: row.oid,
            schema: row.schema.clone(),
            name: row.name.clone(),
            extension: config.get(&row.oid).map(|config| config.extension),
        })
        .collect()
    }
}

impl Object for SequenceValue {
    fn kind(&self) -> Kind {
        Kind::SequenceValue
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_SEQUENCE_VALUE, self.sequence)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn parent(&self) -> Option<CatalogId> {
        let sequence = CatalogId::new(Class::RELATION, self.sequence);
        Some(self.extension.map_or(sequence, |oid| CatalogId::new(Class::EXTENSION, oid)))
    }

    fn dependencies(&self) -> Vec<CatalogId> {
        self.parent().into_iter().collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Sequence;

    #[test]
    fn default_bounds_follow_type_and_direction() {
        let sequence = |data_type: &str, increment, minimum, maximum| Sequence {
            name: "q".into(),
            schema: "s".into(),
            data_type: data_type.into(),
            start: maximum,
            increment,
            minimum,
            maximum,
            cache: 1,
            ..Sequence::default()
        };
        let text = sequence("smallint", -2, -32768, -1).create_sequence();
        assert_eq!(
            text,
            "CREATE SEQUENCE s.q\n    AS smallint\n    START WITH -1\n    INCREMENT BY -2\n    NO MINVALUE\n    \
             NO MAXVALUE\n    CACHE 1"
        );
        let text = sequence("bigint", 1, 0, i64::from(i32::MAX)).create_sequence();
        assert!(text.contains("MINVALUE 0\n    MAXVALUE 2147483647") && !text.contains("AS "), "{text}");
    }
}

//! Range types (pg_range; documentation: CREATE TYPE; objects.md §4.4).
//!
//! The multirange type, the array types, the constructors and the cast come with the range.

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, qualified};

/// One range type; `schema/catalog/range.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Range {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// typname
    pub name: String,
    /// owner
    pub owner: String,
    /// typacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('T', typowner)`
    pub acl_default: Vec<String>,
    /// `format_type(rngsubtype, NULL)`
    pub subtype: String,
    /// schema of the multirange (from 14)
    pub multirange_schema: Option<String>,
    /// name of the multirange (from 14)
    pub multirange: Option<String>,
    /// rngsubopc where it is not the default: schema and name
    pub opclass_schema: Option<String>,
    /// see `opclass_schema`
    pub opclass: Option<String>,
    /// rngcollation where it differs from the subtype's: schema and name
    pub collation_schema: Option<String>,
    /// see `collation_schema`
    pub collation: Option<String>,
    /// `rngcanonical::regproc`: pasted as it is
    pub canonical: Option<String>,
    /// `rngsubdiff::regproc`: pasted as it is
    pub subtype_diff: Option<String>,
}

impl Object for Range {
    fn kind(&self) -> Kind {
        Kind::Range
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::TYPE, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let name = |schema: &Option<String>, name: &Option<String>| {
            name.as_deref().map(|name| qualified(schema.as_deref(), name))
        };
        let options = [
            ("subtype", Some(self.subtype.clone())),
            // Always said: the name that the server invents may be taken.
            ("multirange_type_name", name(&self.multirange_schema, &self.multirange)),
            ("subtype_opclass", name(&self.opclass_schema, &self.opclass)),
            ("collation", name(&self.collation_schema, &self.collation)),
            ("canonical", self.canonical.clone()),
            ("subtype_diff", self.subtype_diff.clone()),
        ];
        let options: Vec<String> = options
            .into_iter()
            .filter_map(|(name, value)| Some(format!("\n    {name} = {}", value?)))
            .collect();
        vec![Sql::new(format!("CREATE TYPE {} AS RANGE ({}\n)", self.reference(), options.join(",")))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        // Its canonical function needs it, too: neither could go first.
        let cascade = if self.canonical.is_some() { " CASCADE" } else { "" };
        vec![Sql::new(format!("DROP TYPE IF EXISTS {}{cascade}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Range;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn options_are_printed_where_they_are_set() {
        let scope = Scope {
            source: Version::from_num(140_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let name = |text: &str| Some(text.to_owned());
        let mut row = Range {
            schema: "s".to_owned(),
            name: "r".to_owned(),
            subtype: "text".to_owned(),
            ..Range::default()
        };
        assert_eq!(row.create(&scope)[0].render(), "CREATE TYPE s.r AS RANGE (\n    subtype = text\n)");
        row.multirange_schema = name("s");
        row.multirange = name("Many R");
        row.opclass_schema = name("pg_catalog");
        row.opclass = name("text_pattern_ops");
        row.collation_schema = name("pg_catalog");
        row.collation = name("C");
        row.subtype_diff = name("s.diff");
        assert_eq!(
            row.create(&scope)[0].render(),
            "CREATE TYPE s.r AS RANGE (\n    subtype = text,\n    multirange_type_name = s.\"Many R\",\n    \
             subtype_opclass = pg_catalog.text_pattern_ops,\n    collation = pg_catalog.\"C\",\n    \
             subtype_diff = s.diff\n)"
        );
    }
}

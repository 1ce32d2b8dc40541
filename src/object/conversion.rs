//! Conversions between encodings (pg_conversion; documentation: CREATE CONVERSION; objects.md §15).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, literal};

/// One conversion; `schema/catalog/conversion.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conversion {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// conname
    pub name: String,
    /// owner
    pub owner: String,
    /// condefault
    pub is_default: bool,
    /// `pg_encoding_to_char(conforencoding)`
    pub source: String,
    /// `pg_encoding_to_char(contoencoding)`
    pub target: String,
    /// `conproc::regproc`: pasted as it is
    pub function: String,
}

impl Object for Conversion {
    fn kind(&self) -> Kind {
        Kind::Conversion
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::CONVERSION, self.oid)
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

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let default = if self.is_default { "DEFAULT " } else { "" };
        vec![Sql::new(format!(
            "CREATE {default}CONVERSION {} FOR {} TO {} FROM {}",
            self.reference(),
            literal(&self.source),
            literal(&self.target),
            self.function
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP CONVERSION IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Conversion;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn default_conversions_say_so() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let conversion = Conversion {
            schema: "s".to_owned(),
            name: "C".to_owned(),
            source: "LATIN1".to_owned(),
            target: "UTF8".to_owned(),
            function: "iso8859_1_to_utf8".to_owned(),
            is_default: true,
            ..Conversion::default()
        };
        let create = |row: &Conversion| row.create(&scope)[0].to_string();
        assert_eq!(
            create(&conversion),
            "CREATE DEFAULT CONVERSION s.\"C\" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8"
        );
        assert!(
            create(&Conversion { is_default: false, ..conversion }).starts_with("CREATE CONVERSION s.\"C\" ")
        );
    }
}

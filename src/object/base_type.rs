//! Base types (pg_type, typtype `b`; documentation: CREATE TYPE; objects.md §4.2).
//!
//! Their functions come before them, and those need the type's name: see [`ShellType`](super::shell_type::ShellType).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, literal};

/// One base type; `schema/catalog/base_type.sql`. Functions are pasted as `regproc` prints them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BaseType {
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
    /// typlen, in bytes; -1 = variable
    pub length: i16,
    /// typinput
    pub input: String,
    /// typoutput
    pub output: String,
    /// typreceive
    pub receive: Option<String>,
    /// typsend
    pub send: Option<String>,
    /// typmodin
    pub modifier_input: Option<String>,
    /// typmodout
    pub modifier_output: Option<String>,
    /// typanalyze
    pub analyze: Option<String>,
    /// typsubscript (from 14)
    pub subscript: Option<String>,
    /// typcollation is set
    pub collatable: bool,
    /// The default, as an expression or a literal
    pub default: Option<String>,
    /// `format_type(typelem, NULL)`
    pub element: Option<String>,
    /// typcategory: `U` by default
    pub category: String,
    /// typispreferred
    pub preferred: bool,
    /// typdelim: a comma by default
    pub delimiter: String,
    /// typalign: `c s i d`
    pub alignment: String,
    /// typstorage: `p e x m`
    pub storage: String,
    /// typbyval
    pub by_value: bool,
}

impl BaseType {
    /// The options in the order of pg_dump.
    fn options(&self) -> Vec<String> {
        let length = if self.length == -1 { "variable".to_owned() } else { self.length.to_string() };
        let word = |set: bool, word: &str| set.then(|| word.to_owned());
        let alignment = match self.alignment.as_str() {
            "c" => Some("char"),
            "s" => Some("int2"),
            "i" => Some("int4"),
            "d" => Some("double"),
            _ => None,
        };
        let storage = match self.storage.as_str() {
            "p" => Some("plain"),
            "e" => Some("external"),
            "x" => Some("extended"),
            "m" => Some("main"),
            _ => None,
        };
        let options = [
            ("INTERNALLENGTH", Some(length)),
            ("INPUT", Some(self.input.clone())),
            ("OUTPUT", Some(self.output.clone())),
            ("RECEIVE", self.receive.clone()),
            ("SEND", self.send.clone()),
            ("TYPMOD_IN", self.modifier_input.clone()),
            ("TYPMOD_OUT", self.modifier_output.clone()),
            ("ANALYZE", self.analyze.clone()),
            ("SUBSCRIPT", self.subscript.clone()),
            ("COLLATABLE", word(self.collatable, "true")),
            ("DEFAULT", self.default.clone()),
            ("ELEMENT", self.element.clone()),
            ("CATEGORY", (self.category != "U").then(|| literal(&self.category))),
            ("PREFERRED", word(self.preferred, "true")),
            ("DELIMITER", (self.delimiter != ",").then(|| literal(&self.delimiter))),
            ("ALIGNMENT", alignment.map(str::to_owned)),
            ("STORAGE", storage.map(str::to_owned)),
        ];
        let mut options: Vec<String> =
            options.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}", value?))).collect();
        if self.by_value {
            options.push("PASSEDBYVALUE".to_owned());
        }
        options
    }
}

impl Object for BaseType {
    fn kind(&self) -> Kind {
        Kind::BaseType
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
        let options = self.options().join(",\n    ");
        vec![Sql::new(format!("CREATE TYPE {} (\n    {options}\n)", self.reference()))]
    }

    /// Its functions depend on it as it depends on them.
    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP TYPE IF EXISTS {} CASCADE", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::BaseType;

    fn base_type() -> BaseType {
        BaseType {
            schema: "s".to_owned(),
            name: "t".to_owned(),
            length: -1,
            input: "s.t_in".to_owned(),
            output: "s.\"T out\"".to_owned(),
            category: "U".to_owned(),
            delimiter: ",".to_owned(),
            alignment: "i".to_owned(),
            storage: "x".to_owned(),
            ..BaseType::default()
        }
    }

    #[test]
    fn defaults_are_not_said_but_for_alignment_and_storage() {
        assert_eq!(
            base_type().options(),
            [
                "INTERNALLENGTH = variable",
                "INPUT = s.t_in",
                "OUTPUT = s.\"T out\"",
                "ALIGNMENT = int4",
                "STORAGE = extended"
            ]
        );
    }

    #[test]
    fn every_option_has_its_place() {
        let name = |text: &str| Some(text.to_owned());
        let every = BaseType {
            length: 8,
            receive: name("s.r"),
            send: name("s.s"),
            modifier_input: name("s.mi"),
            modifier_output: name("s.mo"),
            analyze: name("s.a"),
            subscript: name("s.sub"),
            collatable: true,
            default: name("'it''s'"),
            element: name("integer"),
            category: "'".to_owned(),
            preferred: true,
            delimiter: ";".to_owned(),
            alignment: "d".to_owned(),
            storage: "p".to_owned(),
            by_value: true,
            ..base_type()
        };
        assert_eq!(
            every.options().join(" "),
            "INTERNALLENGTH = 8 INPUT = s.t_in OUTPUT = s.\"T out\" RECEIVE = s.r SEND = s.s TYPMOD_IN = s.mi \
             TYPMOD_OUT = s.mo ANALYZE = s.a SUBSCRIPT = s.sub COLLATABLE = true DEFAULT = 'it''s' \
             ELEMENT = integer CATEGORY = '''' PREFERRED = true DELIMITER = ';' ALIGNMENT = double \
             STORAGE = plain PASSEDBYVALUE"
        );
    }
}

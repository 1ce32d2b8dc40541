//! Rows that belong to no kind: facts of the database, links, comments (`schema/catalog/facet/`).

use serde::Deserialize;

/// Facts of the database itself; `facts.sql`, one row.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// datname
    pub name: String,
    /// owner
    pub owner: String,
    /// `pg_encoding_to_char(encoding)`
    pub encoding: String,
    /// datcollate
    pub collate: String,
    /// datctype
    pub ctype: String,
    /// datlocprovider: `c`, `i`, `b`
    pub locale_provider: String,
    /// ICU or builtin locale
    pub locale: Option<String>,
    /// daticurules
    pub icu_rules: Option<String>,
    /// dattablespace's name
    pub tablespace: String,
    /// datconnlimit
    pub connection_limit: i32,
    /// datistemplate
    pub is_template: bool,
    /// datacl
    pub acl: Option<Vec<String>>,
    /// shobj_description
    pub comment: Option<String>,
    /// providers of security labels
    pub label_providers: Vec<String>,
    /// the labels, in step with `label_providers`
    pub labels: Vec<String>,
    /// pg_db_role_setting of this database: role (empty for all roles), one row per item
    pub setting_roles: Vec<String>,
    /// `name=value`, in step with `setting_roles`
    pub settings: Vec<String>,
    /// roles that have a search_path of their own in every database
    pub path_roles: Vec<String>,
    /// `search_path=value`, in step with `path_roles`
    pub paths: Vec<String>,
}

/// The privileges on a system column; `system_column.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SystemColumn {
    /// attrelid
    pub relation: u32,
    /// attname
    pub name: String,
    /// attacl
    pub acl: Vec<String>,
}

/// A link of pg_inherits; `parent.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Parent {
    /// inhrelid
    pub child: u32,
    /// inhparent
    pub parent: u32,
    /// inhseqno
    pub number: i32,
    /// schema of the parent
    pub parent_schema: String,
    /// name of the parent
    pub parent_name: String,
    /// the child is an index (of a partition)
    pub is_index: bool,
    /// inhdetachpending (from 14)
    pub detach_pending: bool,
}

/// What COPY BINARY, and whoever reads its rows, must know of a type (objects.md §41); `type.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TypeFact {
    /// pg_type.oid
    pub oid: u32,
    /// `format_type(oid, NULL)`
    pub name: String,
    /// typtype
    pub kind: String,
    /// the type has both typsend and typreceive
    pub has_binary: bool,
    /// the element, of a true array
    pub element: u32,
    /// the base type of a domain, the subtype of a range, the range of a multirange
    pub base: u32,
    /// types of the attributes of a composite
    pub fields: Vec<u32>,
    /// their names
    pub field_names: Vec<String>,
}

/// An object that another stands for in the graph: row types, array types, multiranges, indexes of constraints;
/// `alias.sql`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Alias {
    /// catalog of the hidden object
    pub class: u32,
    /// the hidden object
    pub oid: u32,
    /// catalog of the one that stands for it
    pub target_class: u32,
    /// the one that stands for it
    pub target: u32,
}

/// A row of pg_depend; `depend.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Depend {
    /// classid
    pub class: u32,
    /// objid
    pub oid: u32,
    /// refclassid
    pub ref_class: u32,
    /// refobjid
    pub ref_oid: u32,
    /// deptype
    pub kind: Option<char>,
    /// the extension's name, for `DEPENDS ON EXTENSION` (deptype `x`)
    pub extension: Option<Box<str>>,
}

/// A member of an extension; `member.sql`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Member {
    /// classid
    pub class: u32,
    /// objid
    pub oid: u32,
    /// the extension
    pub extension: u32,
}

/// A row of pg_description; `comment.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Comment {
    /// classoid
    pub class: u32,
    /// objoid
    pub oid: u32,
    /// objsubid: the column's number, or 0
    pub sub: i32,
    /// description
    pub text: String,
}

/// A row of pg_seclabel or pg_shseclabel; `security_label.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SecurityLabel {
    /// classoid
    pub class: u32,
    /// objoid
    pub oid: u32,
    /// objsubid: the column's number, or 0
    pub sub: i32,
    /// provider: a module of the server
    pub provider: String,
    /// label
    pub text: String,
}

/// An object of a kind that pgark does not dump yet; `unsupported.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Unsupported {
    /// the kind, in words
    pub kind: String,
    /// the object, qualified and quoted
    pub name: String,
}

/// Something that an archive does not hold although its kind is known; `left_behind.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeftBehind {
    /// a sentence for the user
    pub text: String,
}

//! The kinds of objects: stems, the words that SQL uses for them, sections.

use crate::manifest::{Pass, Section};

use super::id::Class;

/// A kind of object. The order of the variants is the order of precedence of the initial sort (ordering.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Schema,
    Extension,
    Enum,
    Composite,
    Range,
    Domain,
    Function,
    Procedure,
    Table,
    View,
    MaterializedView,
    Sequence,
    SequenceOwnedBy,
    TableAttach,
    Default,
    /// The boundary between pre-data and data; never printed.
    PreDataBoundary,
    TableData,
    SequenceValue,
    LargeObject,
    LargeObjectData,
    /// The boundary between data and post-data; never printed.
    PostDataBoundary,
    DomainCheck,
    Check,
    NotNull,
    Key,
    Index,
    IndexAttach,
    ViewRule,
    Trigger,
    RowSecurity,
    ForeignKey,
    Policy,
    DefaultAcl,
    Refresh,
}

/// The words that SQL uses for a kind (objects.md §0.7); `None` where the statement does not exist.
#[derive(Clone, Copy, Debug)]
pub struct Nouns {
    /// `ALTER <noun> … OWNER TO`.
    pub owner: Option<&'static str>,
    /// `COMMENT ON <noun>`.
    pub comment: Option<&'static str>,
    /// `GRANT … ON <noun>`.
    pub grant: Option<&'static str>,
}

impl Kind {
    /// The stem: file names, and `kind` in the archive.
    pub const fn stem(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Enum => "enum",
            Self::Composite => "composite",
            Self::Range => "range",
            Self::Domain => "domain",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Table => "table",
            Self::View => "view",
            Self::MaterializedView => "materialized_view",
            Self::Sequence => "sequence",
            Self::SequenceOwnedBy => "sequence_owned_by",
            Self::TableAttach => "table_attach",
            Self::Default => "default",
            Self::PreDataBoundary => "pre_data_boundary",
            Self::TableData => "table_data",
            Self::SequenceValue => "sequence_value",
            Self::LargeObject => "large_object",
            Self::LargeObjectData => "large_object_data",
            Self::PostDataBoundary => "post_data_boundary",
            Self::DomainCheck => "domain_check",
            Self::Check => "check",
            Self::NotNull => "not_null",
            Self::Key => "key",
            Self::Index => "index",
            Self::IndexAttach => "index_attach",
            Self::ViewRule => "view_rule",
            Self::Trigger => "trigger",
            Self::RowSecurity => "row_security",
            Self::ForeignKey => "foreign_key",
            Self::Policy => "policy",
            Self::DefaultAcl => "default_acl",
            Self::Refresh => "refresh",
        }
    }

    /// How messages call it: `foreign key`.
    pub fn words(self) -> String {
        self.stem().replace('_', " ")
    }

    /// The words that SQL uses for it.
    pub const fn nouns(self) -> Nouns {
        const fn all(owner: &'static str, comment: &'static str, grant: &'static str) -> Nouns {
            Nouns { owner: Some(owner), comment: Some(comment), grant: Some(grant) }
        }
        const fn comment(noun: &'static str) -> Nouns {
            Nouns { owner: None, comment: Some(noun), grant: None }
        }
        match self {
            Self::Schema => all("SCHEMA", "SCHEMA", "SCHEMA"),
            Self::Extension => comment("EXTENSION"),
            Self::Enum | Self::Composite | Self::Range => all("TYPE", "TYPE", "TYPE"),
            Self::Domain => all("DOMAIN", "DOMAIN", "TYPE"),
            Self::Function => all("FUNCTION", "FUNCTION", "FUNCTION"),
            Self::Procedure => all("PROCEDURE", "PROCEDURE", "PROCEDURE"),
            Self::Table => all("TABLE", "TABLE", "TABLE"),
            Self::View => all("VIEW", "VIEW", "TABLE"),
            Self::MaterializedView => all("MATERIALIZED VIEW", "MATERIALIZED VIEW", "TABLE"),
            Self::Sequence => all("SEQUENCE", "SEQUENCE", "SEQUENCE"),
            Self::LargeObject => all("LARGE OBJECT", "LARGE OBJECT", "LARGE OBJECT"),
            Self::DomainCheck | Self::Check | Self::NotNull | Self::Key | Self::ForeignKey => {
                comment("CONSTRAINT")
            }
            Self::Index => comment("INDEX"),
            Self::Trigger => comment("TRIGGER"),
            Self::Policy => comment("POLICY"),
            Self::SequenceOwnedBy
            | Self::TableAttach
            | Self::Default
            | Self::PreDataBoundary
            | Self::TableData
            | Self::SequenceValue
            | Self::LargeObjectData
            | Self::PostDataBoundary
            | Self::IndexAttach
            | Self::ViewRule
            | Self::RowSecurity
            | Self::DefaultAcl
            | Self::Refresh => Nouns { owner: None, comment: None, grant: None },
        }
    }

    /// The section it belongs to, unless a loop's repair moves it.
    pub const fn section(self) -> Section {
        if (self as u8) < Self::PreDataBoundary as u8 {
            Section::PreData
        } else if (self as u8) < Self::PostDataBoundary as u8 {
            Section::Data
        } else {
            Section::PostData
        }
    }

    /// The pass it runs in.
    pub const fn pass(self) -> Pass {
        match self {
            Self::DefaultAcl => Pass::Acl,
            Self::Refresh => Pass::PostAcl,
            _ => Pass::Main,
        }
    }

    /// The catalog whose comments, ACLs and dependencies name it, for kinds with a catalog of their own.
    pub const fn class(self) -> Option<Class> {
        Some(match self {
            Self::Schema => Class::NAMESPACE,
            Self::Extension => Class::EXTENSION,
            Self::Enum | Self::Composite | Self::Range | Self::Domain => Class::TYPE,
            Self::Function | Self::Procedure => Class::PROC,
            Self::Table | Self::View | Self::MaterializedView | Self::Sequence | Self::Index => {
                Class::RELATION
            }
            Self::Default => Class::ATTRDEF,
            Self::LargeObject => Class::LARGE_OBJECT,
            Self::DomainCheck | Self::Check | Self::NotNull | Self::Key | Self::ForeignKey => {
                Class::CONSTRAINT
            }
            Self::ViewRule => Class::REWRITE,
            Self::Trigger => Class::TRIGGER,
            Self::Policy => Class::POLICY,
            Self::DefaultAcl => Class::DEFAULT_ACL,
            _ => return None,
        })
    }
}

//! The kinds of objects: stems, the words that SQL uses for them, sections.

use crate::manifest::{Pass, Section};

use super::id::Class;

/// A kind of object. The order of the variants is the order of precedence of the initial sort (ordering.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Schema,
    Language,
    Collation,
    Transform,
    Extension,
    /// Before the types, unlike pg_dump's: the check of a domain may need one, and pg_depend knows its function only.
    Cast,
    ShellType,
    BaseType,
    Enum,
    Composite,
    Range,
    Domain,
    Function,
    Procedure,
    Aggregate,
    AccessMethod,
    Operator,
    OperatorFamily,
    OperatorClass,
    Conversion,
    TsParser,
    TsTemplate,
    TsDictionary,
    TsConfiguration,
    ForeignDataWrapper,
    ForeignServer,
    UserMapping,
    Table,
    ForeignTable,
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
    StatisticsObject,
    ViewRule,
    Rule,
    Trigger,
    RowSecurity,
    ForeignKey,
    Policy,
    Publication,
    PublicationTable,
    PublicationSchema,
    Subscription,
    DefaultAcl,
    /// Privileges on what pgark does not make.
    ChangedAcl,
    Refresh,
    EventTrigger,
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
            Self::Language => "language",
            Self::Collation => "collation",
            Self::Transform => "transform",
            Self::ShellType => "shell_type",
            Self::BaseType => "base_type",
            Self::Cast => "cast",
            Self::Aggregate => "aggregate",
            Self::AccessMethod => "access_method",
            Self::Operator => "operator",
            Self::OperatorFamily => "operator_family",
            Self::OperatorClass => "operator_class",
            Self::Conversion => "conversion",
            Self::TsParser => "ts_parser",
            Self::TsTemplate => "ts_template",
            Self::TsDictionary => "ts_dictionary",
            Self::TsConfiguration => "ts_configuration",
            Self::ForeignDataWrapper => "foreign_data_wrapper",
            Self::ForeignServer => "foreign_server",
            Self::UserMapping => "user_mapping",
            Self::ForeignTable => "foreign_table",
            Self::StatisticsObject => "statistics_object",
            Self::Rule => "rule",
            Self::Publication => "publication",
            Self::PublicationTable => "publication_table",
            Self::PublicationSchema => "publication_schema",
            Self::Subscription => "subscription",
            Self::EventTrigger => "event_trigger",
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
            Self::ChangedAcl => "changed_acl",
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
        const fn own(noun: &'static str) -> Nouns {
            Nouns { owner: Some(noun), comment: Some(noun), grant: None }
        }
        const NONE: Nouns = Nouns { owner: None, comment: None, grant: None };
        match self {
            Self::Language => all("PROCEDURAL LANGUAGE", "LANGUAGE", "LANGUAGE"),
            Self::Collation => own("COLLATION"),
            Self::Transform => comment("TRANSFORM"),
            Self::ShellType => own("TYPE"),
            Self::BaseType => all("TYPE", "TYPE", "TYPE"),
            Self::Cast => comment("CAST"),
            Self::Aggregate => all("AGGREGATE", "AGGREGATE", "FUNCTION"),
            Self::AccessMethod => comment("ACCESS METHOD"),
            Self::Operator => own("OPERATOR"),
            Self::OperatorFamily => own("OPERATOR FAMILY"),
            Self::OperatorClass => own("OPERATOR CLASS"),
            Self::Conversion => own("CONVERSION"),
            Self::TsParser => comment("TEXT SEARCH PARSER"),
            Self::TsTemplate => comment("TEXT SEARCH TEMPLATE"),
            Self::TsDictionary => own("TEXT SEARCH DICTIONARY"),
            Self::TsConfiguration => own("TEXT SEARCH CONFIGURATION"),
            Self::ForeignDataWrapper => {
                all("FOREIGN DATA WRAPPER", "FOREIGN DATA WRAPPER", "FOREIGN DATA WRAPPER")
            }
            Self::ForeignServer => all("SERVER", "SERVER", "FOREIGN SERVER"),
            Self::UserMapping => NONE,
            Self::ForeignTable => all("FOREIGN TABLE", "FOREIGN TABLE", "TABLE"),
            Self::StatisticsObject => own("STATISTICS"),
            Self::Rule => comment("RULE"),
            Self::Publication => own("PUBLICATION"),
            Self::PublicationTable => NONE,
            Self::PublicationSchema => NONE,
            Self::Subscription => own("SUBSCRIPTION"),
            Self::EventTrigger => own("EVENT TRIGGER"),
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
            | Self::ChangedAcl
            | Self::Refresh => NONE,
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
            Self::DefaultAcl | Self::ChangedAcl => Pass::Acl,
            Self::EventTrigger | Self::Refresh => Pass::PostAcl,
            _ => Pass::Main,
        }
    }

    /// The catalog whose comments, ACLs and dependencies name it, for kinds with a catalog of their own.
    pub const fn class(self) -> Option<Class> {
        Some(match self {
            Self::Language => Class::LANGUAGE,
            Self::Collation => Class::COLLATION,
            Self::Transform => Class::TRANSFORM,
            Self::ShellType => Class::TYPE,
            Self::BaseType => Class::TYPE,
            Self::Cast => Class::CAST,
            Self::Aggregate => Class::PROC,
            Self::AccessMethod => Class::ACCESS_METHOD,
            Self::Operator => Class::OPERATOR,
            Self::OperatorFamily => Class::OPERATOR_FAMILY,
            Self::OperatorClass => Class::OPERATOR_CLASS,
            Self::Conversion => Class::CONVERSION,
            Self::TsParser => Class::TS_PARSER,
            Self::TsTemplate => Class::TS_TEMPLATE,
            Self::TsDictionary => Class::TS_DICTIONARY,
            Self::TsConfiguration => Class::TS_CONFIGURATION,
            Self::ForeignDataWrapper => Class::FOREIGN_DATA_WRAPPER,
            Self::ForeignServer => Class::FOREIGN_SERVER,
            Self::UserMapping => Class::USER_MAPPING,
            Self::ForeignTable => Class::RELATION,
            Self::StatisticsObject => Class::STATISTICS,
            Self::Rule => Class::REWRITE,
            Self::Publication => Class::PUBLICATION,
            Self::PublicationTable => Class::PUBLICATION_TABLE,
            Self::PublicationSchema => Class::PUBLICATION_SCHEMA,
            Self::Subscription => Class::SUBSCRIPTION,
            Self::EventTrigger => Class::EVENT_TRIGGER,
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

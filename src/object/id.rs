//! How PostgreSQL's catalogs name an object: the catalog's OID and the row's OID.

/// A system catalog, by its OID. These OIDs are fixed in every server (pg_class.dat).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(pub u32);

impl Class {
    /// pg_default_acl
    pub const DEFAULT_ACL: Self = Self(826);
    /// pg_type
    pub const TYPE: Self = Self(1247);
    /// pg_proc
    pub const PROC: Self = Self(1255);
    /// pg_class
    pub const RELATION: Self = Self(1259);
    /// pg_attrdef
    pub const ATTRDEF: Self = Self(2604);
    /// pg_constraint
    pub const CONSTRAINT: Self = Self(2606);
    /// pg_largeobject; comments and dependencies of large objects name this one
    pub const LARGE_OBJECT: Self = Self(2613);
    /// pg_namespace
    pub const NAMESPACE: Self = Self(2615);
    /// pg_rewrite
    pub const REWRITE: Self = Self(2618);
    /// pg_trigger
    pub const TRIGGER: Self = Self(2620);
    /// pg_extension
    pub const EXTENSION: Self = Self(3079);
    /// pg_policy
    pub const POLICY: Self = Self(3256);

    /// pg_foreign_server
    pub const FOREIGN_SERVER: Self = Self(1417);
    /// pg_user_mapping
    pub const USER_MAPPING: Self = Self(1418);
    /// pg_foreign_data_wrapper
    pub const FOREIGN_DATA_WRAPPER: Self = Self(2328);
    /// pg_am
    pub const ACCESS_METHOD: Self = Self(2601);
    /// pg_cast
    pub const CAST: Self = Self(2605);
    /// pg_conversion
    pub const CONVERSION: Self = Self(2607);
    /// pg_language
    pub const LANGUAGE: Self = Self(2612);
    /// pg_opclass
    pub const OPERATOR_CLASS: Self = Self(2616);
    /// pg_operator
    pub const OPERATOR: Self = Self(2617);
    /// pg_opfamily
    pub const OPERATOR_FAMILY: Self = Self(2753);
    /// pg_statistic_ext
    pub const STATISTICS: Self = Self(3381);
    /// pg_collation
    pub const COLLATION: Self = Self(3456);
    /// pg_event_trigger
    pub const EVENT_TRIGGER: Self = Self(3466);
    /// pg_transform
    pub const TRANSFORM: Self = Self(3576);
    /// pg_ts_dict
    pub const TS_DICTIONARY: Self = Self(3600);
    /// pg_ts_parser
    pub const TS_PARSER: Self = Self(3601);
    /// pg_ts_config
    pub const TS_CONFIGURATION: Self = Self(3602);
    /// pg_ts_template
    pub const TS_TEMPLATE: Self = Self(3764);
    /// pg_subscription
    pub const SUBSCRIPTION: Self = Self(6100);
    /// pg_publication
    pub const PUBLICATION: Self = Self(6104);
    /// pg_publication_rel
    pub const PUBLICATION_TABLE: Self = Self(6106);
    /// pg_publication_namespace
    pub const PUBLICATION_SCHEMA: Self = Self(6237);

    /// Not catalogs: objects that pgark makes itself, keyed by the OID of what they belong to.
    /// Rows of a relation.
    pub const SYNTHETIC_DATA: Self = Self(1);
    /// `ATTACH PARTITION` of a table, by the partition.
    pub const SYNTHETIC_TABLE_ATTACH: Self = Self(2);
    /// `ATTACH PARTITION` of an index, by the partition's index.
    pub const SYNTHETIC_INDEX_ATTACH: Self = Self(3);
    /// `OWNED BY`, by the sequence.
    pub const SYNTHETIC_OWNED_BY: Self = Self(4);
    /// The value of a sequence, by the sequence.
    pub const SYNTHETIC_SEQUENCE_VALUE: Self = Self(5);
    /// `ENABLE ROW LEVEL SECURITY`, by the table.
    pub const SYNTHETIC_ROW_SECURITY: Self = Self(6);
    /// `REFRESH`, by the materialized view.
    pub const SYNTHETIC_REFRESH: Self = Self(7);
    /// The contents of all large objects.
    pub const SYNTHETIC_LARGE_OBJECTS: Self = Self(8);
    /// A DEFAULT NULL that hides an inherited default: by a running number.
    pub const SYNTHETIC_DEFAULT: Self = Self(9);
    /// The shell of a type that is made later, by the type.
    pub const SYNTHETIC_SHELL: Self = Self(10);
    /// Members that a user added to an operator family which is not dumped, by the family.
    pub const SYNTHETIC_FAMILY_MEMBERS: Self = Self(11);
    /// Privileges on what pgark does not make, by that object; not unique.
    pub const SYNTHETIC_ACL: Self = Self(12);
}

/// An object: (classid, objid), as pg_depend has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogId {
    /// The catalog.
    pub class: Class,
    /// The row.
    pub oid: u32,
}

impl CatalogId {
    /// The object `oid` of `class`.
    pub const fn new(class: Class, oid: u32) -> Self {
        Self { class, oid }
    }
}

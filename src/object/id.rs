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

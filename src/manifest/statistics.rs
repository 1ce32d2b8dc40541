//! The record STATISTICS: what the planner knows of relations (pg_class, pg_stats; objects.md §39).
//!
//! Fields have the names of the arguments of `pg_restore_relation_stats` and `pg_restore_attribute_stats` (18), and
//! values stay as the server prints them: nothing is rounded on the way.

use serde::{Deserialize, Serialize};

/// The record STATISTICS. An archive has any number of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// Relations, by entry id.
    pub relations: Vec<RelationStatistics>,
    /// Columns, by entry id.
    pub columns: Vec<ColumnStatistics>,
}

/// How many statistics an archive carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatisticsTotal {
    /// Relations.
    pub relations: u64,
    /// Rows of pg_stats: a column of a table with children has two.
    pub columns: u64,
}

/// Size and visibility of a relation (pg_class).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelationStatistics {
    /// Entry id.
    pub id: u32,
    /// Blocks.
    pub relpages: i32,
    /// Rows, a `real`; -1 = never counted.
    pub reltuples: String,
    /// Blocks that are all-visible.
    pub relallvisible: i32,
    /// Blocks that are all-frozen (from 18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relallfrozen: Option<i32>,
}

/// Declares the texts of pg_stats once, for the struct and for the list of their names.
macro_rules! column_statistics {
    ($($field:ident: $type:literal),*) => {
        /// A row of pg_stats.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct ColumnStatistics {
            /// Entry id.
            pub id: u32,
            /// Name of a table's column.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub attname: Option<String>,
            /// Number of an index's column: their names are not stable.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub attnum: Option<i16>,
            /// The rows of children are counted in.
            pub inherited: bool,
            $(
                #[doc = concat!("`", stringify!($field), "`: ", $type)]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<String>,
            )*
        }

        impl ColumnStatistics {
            /// Name and SQL type of each text, as `pg_restore_attribute_stats` wants them.
            pub const ARGUMENTS: &[(&str, &str)] = &[$((stringify!($field), $type)),*];
        }
    };
}

column_statistics! {
    null_frac: "real",
    avg_width: "integer",
    n_distinct: "real",
    most_common_vals: "text",
    most_common_freqs: "real[]",
    histogram_bounds: "text",
    correlation: "real",
    most_common_elems: "text",
    most_common_elem_freqs: "real[]",
    elem_count_histogram: "real[]",
    range_length_histogram: "text",
    range_empty_frac: "real",
    range_bounds_histogram: "text"
}

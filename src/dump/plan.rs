//! What is copied, and in which pieces: one part = one COPY statement of the dump. Pure.

use crate::manifest::RowFormat;
use crate::object::table::Table;
use crate::sql::{ident, qualified};
use crate::version::Version;

/// Ranges of a table are smaller than this only when the whole dump is.
const PART_BYTES_MIN: u64 = 8 << 20;
/// No range is larger, so that one slow part does not keep the other workers waiting at the end.
const PART_BYTES_MAX: u64 = 1 << 30;
/// So many parts per worker keep all busy until the end.
const PARTS_PER_WORKER: u64 = 8;

/// One COPY statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Entry id of the rows.
    pub entry: u32,
    /// Number within the entry: 0, 1, 2 …
    pub number: u32,
    /// `COPY … TO STDOUT …`.
    pub sql: String,
    /// Format of the rows.
    pub format: RowFormat,
    /// First block and the block after the last; `None` = to the end. Absent when the table is read whole.
    pub blocks: Option<(u32, Option<u32>)>,
    /// Expected raw bytes, for order and progress.
    pub bytes: u64,
}

/// How tables are cut.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// Workers.
    pub jobs: usize,
    /// Tables above this many bytes (heap and TOAST) are cut; `None` = never.
    pub above: Option<u64>,
    /// The server: ranges of blocks are cheap from PostgreSQL 14 (Tid Range Scan), a full scan each before.
    pub source: Version,
    /// Bytes of all tables.
    pub total_bytes: u64,
}

impl Split {
    /// Size of a range in bytes.
    fn part_bytes(&self) -> u64 {
        let share = self.total_bytes / (self.jobs.max(1) as u64 * PARTS_PER_WORKER);
        share.clamp(PART_BYTES_MIN, PART_BYTES_MAX)
    }

    /// Ranges of blocks that tile the table; `None` when it is read whole.
    fn ranges(&self, pages: u64, bytes: u64, access_method: Option<&str>) -> Option<Vec<(u32, Option<u32>)>> {
        let above = self.above?;
        // Other table access methods need not have blocks.
        let has_blocks = access_method.is_none_or(|name| name == "heap");
        if bytes <= above || pages < 2 || !self.source.at_least(14) || !has_blocks {
            return None;
        }
        let count = bytes.div_ceil(self.part_bytes()).clamp(1, pages);
        if count < 2 {
            return None;
        }
        let bound = |n: u64| u32::try_from(pages * n / count).unwrap_or(u32::MAX);
        // The last range is open: blocks that were added since the size was taken belong to it.
        Some((0..count).map(|n| (bound(n), (n + 1 < count).then(|| bound(n + 1)))).collect())
    }
}

/// Which rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of<'a> {
    /// All.
    All,
    /// Those for which an expression in parentheses holds.
    Some(&'a str),
    /// Those that an extension says, by a clause (`WHERE …`).
    Extension(&'a str),
}

/// The parts of one table.
pub fn table_parts(entry: u32, table: &Table, rows: Of<'_>, format: RowFormat, split: &Split) -> Vec<Part> {
    let name = qualified(Some(&table.schema), &table.name);
    let columns: Vec<String> = table.copied_columns().map(|column| ident(&column.name)).collect();
    let options = match format {
        RowFormat::Binary => " (FORMAT binary)",
        RowFormat::Text | RowFormat::LargeObject => "",
    };
    let (pages, bytes) = (table.pages.max(0) as u64, table.bytes.max(0) as u64);
    let list = columns.join(", ");
    let whole = |sql: String| vec![Part { entry, number: 0, sql, format, blocks: None, bytes }];
    if let Of::Extension(clause) = rows {
        return whole(format!("COPY (SELECT {list} FROM ONLY {name} {clause}) TO STDOUT{options}"));
    }
    let condition = if let Of::Some(condition) = rows { condition } else { "" };
    let Some(ranges) = split.ranges(pages, bytes, table.access_method.as_deref()) else {
        if !condition.is_empty() {
            let rows = format!("SELECT {list} FROM ONLY {name} WHERE {condition}");
            return whole(format!("COPY ({rows}) TO STDOUT{options}"));
        }
        let columns = if columns.is_empty() { String::new() } else { format!(" ({list})") };
        return whole(format!("COPY {name}{columns} TO STDOUT{options}"));
    };
    let count = ranges.len() as u64;
    let also = if condition.is_empty() { String::new() } else { format!(" AND {condition}") };
    ranges
        .into_iter()
        .enumerate()
        .map(|(number, (from, to))| {
            let end = to.map(|to| format!(" AND ctid < '({to},0)'")).unwrap_or_default();
            let sql = format!(
                "COPY (SELECT {list} FROM ONLY {name} WHERE ctid >= '({from},0)'{end}{also}) TO STDOUT{options}"
            );
            Part { entry, number: number as u32, sql, format, blocks: Some((from, to)), bytes: bytes / count }
        })
        .collect()
}

/// `COPY … FROM STDIN` up to its options: the statement that loads what [`table_parts`] reads.
pub fn load_statement(table: &Table, into: &str) -> String {
    let columns: Vec<String> = table.copied_columns().map(|column| ident(&column.name)).collect();
    if columns.is_empty() {
        format!("COPY {into} FROM STDIN")
    } else {
        format!("COPY {into} ({}) FROM STDIN", columns.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Of, Split, load_statement, table_parts};
    use crate::manifest::RowFormat;
    use crate::object::Column;
    use crate::object::table::Table;
    use crate::version::Version;

    fn table(bytes: i64) -> Table {
        let column = |name: &str, generated: &str| Column {
            name: name.into(),
            generated: generated.into(),
            ..Column::default()
        };
        Table {
            schema: "s".into(),
            name: "T".into(),
            pages: bytes / 8192,
            bytes,
            columns: vec![column("id", ""), column("sum", "s"), column("a b", "")],
            ..Table::default()
        }
    }

    fn split(total: u64, major: u32) -> Split {
        Split {
            jobs: 2,
            above: Some(64 << 20),
            source: Version::from_num(major * 10_000),
            total_bytes: total,
        }
    }

    #[test]
    fn a_small_table_is_one_part() {
        let parts = table_parts(7, &table(8192 * 10), Of::All, RowFormat::Text, &split(1 << 30, 18));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].sql, "COPY s.\"T\" (id, \"a b\") TO STDOUT");
        assert_eq!(parts[0].blocks, None);
    }

    #[test]
    fn ranges_tile_the_table_and_the_last_is_open() {
        let bytes = 1 << 30;
        let parts = table_parts(7, &table(bytes), Of::All, RowFormat::Binary, &split(bytes as u64, 14));
        assert!(parts.len() > 4, "{}", parts.len());
        let mut next = 0;
        for (at, part) in parts.iter().enumerate() {
            let (from, to) = part.blocks.unwrap();
            assert_eq!((from, part.number), (next, at as u32));
            assert_eq!(to.is_none(), at + 1 == parts.len());
            next = to.unwrap_or(next);
        }
        assert!(
            parts[0]
                .sql
                .starts_with("COPY (SELECT id, \"a b\" FROM ONLY s.\"T\" WHERE ctid >= '(0,0)' AND ctid <")
        );
        assert!(parts[0].sql.ends_with("TO STDOUT (FORMAT binary)"));
    }

    #[test]
    fn servers_without_tid_ranges_read_whole_tables() {
        assert_eq!(table_parts(7, &table(1 << 30), Of::All, RowFormat::Binary, &split(1 << 30, 13)).len(), 1);
    }

    #[test]
    fn a_condition_is_said_once() {
        let split = split(1 << 30, 18);
        let parts = table_parts(7, &table(1 << 30), Of::Extension("WHERE id > 9"), RowFormat::Text, &split);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].sql, "COPY (SELECT id, \"a b\" FROM ONLY s.\"T\" WHERE id > 9) TO STDOUT");
    }

    #[test]
    fn a_condition_holds_in_each_range() {
        let split = split(1 << 30, 18);
        let parts = table_parts(7, &table(1 << 30), Of::Some("(id > 9\n)"), RowFormat::Text, &split);
        assert!(parts.len() > 1);
        assert!(parts.iter().all(|part| part.sql.ends_with(" AND (id > 9\n)) TO STDOUT")), "{parts:?}");
        let parts = table_parts(7, &table(8192), Of::Some("(id > 9\n)"), RowFormat::Text, &split);
        assert_eq!(parts[0].sql, "COPY (SELECT id, \"a b\" FROM ONLY s.\"T\" WHERE (id > 9\n)) TO STDOUT");
    }

    #[test]
    fn a_table_without_copied_columns_has_no_list() {
        let mut empty = table(0);
        empty.columns.clear();
        assert_eq!(load_statement(&empty, "s.x"), "COPY s.x FROM STDIN");
    }
}

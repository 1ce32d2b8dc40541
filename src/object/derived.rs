//! Objects that follow from the rows of others: what has an entry of its own but no catalog of its own.

use super::database::Database;
use super::family_member::AdoptedMembers;
use super::index::IndexAttach;
use super::large_object::LargeObjectData;
use super::materialized_view::Refresh;
use super::object::Object;
use super::policy::RowSecurity;
use super::sequence::{SequenceOwnedBy, SequenceValue};
use super::shell_type::ShellType;
use super::table::{TableAttach, TableData};

/// All of them; each kind knows how to derive its own.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "one field per kind")]
pub struct Derived {
    pub shell_types: Vec<ShellType>,
    pub table_attaches: Vec<TableAttach>,
    pub index_attaches: Vec<IndexAttach>,
    pub owned_by: Vec<SequenceOwnedBy>,
    pub row_securities: Vec<RowSecurity>,
    pub table_data: Vec<TableData>,
    pub sequence_values: Vec<SequenceValue>,
    pub refreshes: Vec<Refresh>,
    pub large_object_data: Vec<LargeObjectData>,
    pub adopted_members: Vec<AdoptedMembers>,
}

impl From<&Database> for Derived {
    fn from(database: &Database) -> Self {
        Self {
            shell_types: ShellType::derive(database),
            table_attaches: TableAttach::derive(database),
            index_attaches: IndexAttach::derive(database),
            owned_by: SequenceOwnedBy::derive(database),
            row_securities: RowSecurity::derive(database),
            table_data: TableData::derive(database),
            sequence_values: SequenceValue::derive(database),
            refreshes: Refresh::derive(database),
            large_object_data: LargeObjectData::derive(database),
            adopted_members: AdoptedMembers::derive(database),
        }
    }
}

impl Derived {
    /// Appends every one to `all`.
    pub fn collect<'a>(&'a self, all: &mut Vec<&'a dyn Object>) {
        fn append<'a, T: Object>(all: &mut Vec<&'a dyn Object>, from: &'a [T]) {
            all.extend(from.iter().map(|object| object as &dyn Object));
        }
        append(all, &self.shell_types);
        append(all, &self.table_attaches);
        append(all, &self.index_attaches);
        append(all, &self.owned_by);
        append(all, &self.row_securities);
        append(all, &self.table_data);
        append(all, &self.sequence_values);
        append(all, &self.refreshes);
        append(all, &self.large_object_data);
        append(all, &self.adopted_members);
    }
}

//! `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`.

use super::ddl::Work;
use crate::manifest::{Database, Setting};

/// The settings of the archive's database, for the one called `name`; one work each.
pub fn setting_works(database: &Database, name: &str) -> Vec<Work> {
    let work = |setting: &Setting| Work {
        id: 0,
        label: format!("setting {}", setting.name),
        sql: vec![setting.sql(name).render()],
    };
    database.settings.iter().map(work).collect()
}

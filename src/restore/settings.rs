//! `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`.

use super::ddl::Work;
use crate::manifest::Database;
use crate::sql::{Sql, ident};

/// The settings of the archive's database, for the one called `name`; one work each.
pub fn setting_works(database: &Database, name: &str) -> Vec<Work> {
    let name = ident(name);
    let works = database.settings.iter().map(|setting| {
        let prefix = match &setting.role {
            Some(role) => Sql::new("ALTER ROLE ").role(role).text(format!(" IN DATABASE {name}")),
            None => Sql::new(format!("ALTER DATABASE {name}")),
        };
        let sql = prefix.text(format!(" SET {} TO {}", setting.name, setting.value)).render();
        Work { id: 0, label: format!("setting {}", setting.name), sql: vec![sql] }
    });
    works.collect()
}

//! `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`.

use super::ddl::Work;
use super::error::Error;
use super::run::Run;
use crate::manifest::Database;
use crate::server::Session;
use crate::sql::{Sql, ident};

/// For the database called `name`; one work each.
fn setting_works(database: &Database, name: &str) -> Vec<Work> {
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

/// `ALTER DATABASE … SET`: who may not do that still gets everything else, and is told.
///
/// # Errors
/// A lost connection.
pub async fn settings(run: &Run, leader: &Session) -> Result<(), Error> {
    let rows = leader.query("SELECT pg_catalog.current_database()::text AS name").await?;
    let name: String = rows.first().map(|row| row.get("name")).unwrap_or_default();
    for work in setting_works(&run.catalog.database, &name) {
        if let Err(error) = work.run(leader).await {
            run.record(&work.label, error.reason());
        }
    }
    Ok(())
}

//! `ALTER DATABASE … SET` and `ALTER ROLE … IN DATABASE … SET`.

use super::ddl::Work;
use super::error::Error;
use super::run::Run;
use crate::manifest::{Database, Setting};
use crate::server::Session;

/// The settings of the archive's database, for the one called `name`; one work each.
pub fn setting_works(database: &Database, name: &str) -> Vec<Work> {
    let work = |setting: &Setting| Work {
        id: 0,
        label: format!("setting {}", setting.name),
        sql: vec![setting.sql(name).render()],
    };
    database.settings.iter().map(work).collect()
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

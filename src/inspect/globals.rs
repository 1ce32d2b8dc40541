//! The globals in an archive as a script for psql. Pure.

use super::error::Error;
use super::schema::{Script, session};
use crate::globals::{Phase, from_nothing};
use crate::manifest::{Begin, Globals};
use crate::version::Version;

/// The globals as SQL, for a cluster of the source's version that has none of them; under `\\restrict key` as
/// [`schema_sql`](super::schema_sql). The bootstrap superuser is there in any cluster: he is altered, not made. Hashes of
/// passwords are left out unless `passwords` asks for them.
///
/// # Errors
/// Privileges that cannot be understood.
pub fn globals_sql(begin: &Begin, globals: &Globals, key: &str, passwords: bool) -> Result<String, Error> {
    let mut globals = globals.clone();
    if !passwords {
        globals.passwords = false;
        globals.roles.iter_mut().for_each(|role| role.password = None);
    }
    let plan = from_nothing(&globals, Version::from_num(begin.source.server_version_num))?;
    let mut script = Script::default();
    script.line(&format!("\\restrict {key}\n"));
    let source = &begin.source;
    script.comment(&format!(
        "Globals of the cluster of {}, PostgreSQL {}",
        source.database, source.server_version
    ));
    script.comment(&format!("Dumped by {} at {}", begin.tool, begin.created));
    if !globals.passwords {
        script.comment("Without passwords");
    }
    script.line("");
    session(&mut script, begin);
    for step in &plan.steps {
        script.header(&step.label, kind(step.phase), None, None);
        step.sql.iter().for_each(|sql| script.sql(sql));
    }
    for found in &plan.differences {
        script.header(&found.label, "ALTER", None, None);
        found.changes.iter().flat_map(|change| &change.sql).for_each(|sql| script.sql(sql));
    }
    script.line(&format!("\n\\unrestrict {key}"));
    Ok(script.text)
}

fn kind(phase: Phase) -> &'static str {
    match phase {
        Phase::Role => "ROLE",
        Phase::Setting | Phase::Cluster => "SETTING",
        Phase::Membership => "MEMBERSHIP",
        Phase::Parameter => "ACL",
        Phase::Tablespace => "TABLESPACE",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::globals_sql;
    use crate::manifest::{Begin, Globals};

    #[test]
    fn hashes_are_printed_only_when_asked_for() {
        let begin =
            json!({"source": {"database": "a", "server_version": "16.1", "server_version_num": 160_001}});
        let begin: Begin = serde_json::from_value(begin).unwrap();
        let globals: Globals = serde_json::from_value(json!({
            "bootstrap": "postgres", "passwords": true,
            "roles": [{"name": "evil\n\\! rm", "login": true, "connection_limit": -1, "password": "md5hash"}],
        }))
        .unwrap();
        let with = globals_sql(&begin, &globals, "KEY", true).unwrap();
        let without = globals_sql(&begin, &globals, "KEY", false).unwrap();
        assert!(with.contains("PASSWORD 'md5hash'") && !without.contains("PASSWORD"), "{with}{without}");
        assert!(without.contains("-- Without passwords\n") && without.contains("CREATE ROLE \"evil\n"));
        assert!(with.starts_with("\\restrict KEY\n") && with.ends_with("\\unrestrict KEY\n"));
    }
}

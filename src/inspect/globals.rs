//! The globals in an archive as a script. Pure.

use super::error::Error;
use super::script::{Form, Header, Script};
use crate::globals::{Phase, from_nothing};
use crate::manifest::{Begin, Globals};
use crate::version::Version;

/// The globals as SQL, for a cluster of the source's version that has none of them. The bootstrap superuser is there in any
/// cluster: he is altered, not made. Hashes of passwords are left out unless `passwords` asks for them.
///
/// # Errors
/// Privileges that cannot be understood; what the form cannot say.
pub fn globals_sql(begin: &Begin, globals: &Globals, form: &Form, passwords: bool) -> Result<String, Error> {
    let mut globals = globals.clone();
    if !passwords {
        globals.passwords = false;
        globals.roles.iter_mut().for_each(|role| role.password = None);
    }
    let plan = from_nothing(&globals, Version::from_num(begin.source.server_version_num))?;
    let what = format!("Globals of the cluster of {}", begin.source.database);
    let mut script = Script::new(form, &what, begin);
    if !globals.passwords {
        script.comment("Without passwords");
    }
    script.session(begin);
    for step in &plan.steps {
        script.header(&header(&step.label, kind(step.phase)));
        step.sql.iter().for_each(|sql| script.sql(sql));
    }
    for found in &plan.differences {
        script.header(&header(&found.label, "ALTER"));
        found.changes.iter().flat_map(|change| &change.sql).for_each(|sql| script.sql(sql));
    }
    script.end()
}

fn header<'a>(label: &'a str, kind: &'a str) -> Header<'a> {
    Header { label, name: label, kind, schema: None, owner: None }
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

    use super::{Form, globals_sql};
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
        let form = Form::Psql { key: "KEY".to_owned() };
        let with = globals_sql(&begin, &globals, &form, true).unwrap();
        let without = globals_sql(&begin, &globals, &form, false).unwrap();
        assert!(with.contains("PASSWORD 'md5hash'") && !without.contains("PASSWORD"), "{with}{without}");
        assert!(without.contains("-- Without passwords\n") && without.contains("CREATE ROLE \"evil\n"));
        assert!(with.starts_with("\\restrict KEY\n") && with.ends_with("\\unrestrict KEY\n"));
    }
}

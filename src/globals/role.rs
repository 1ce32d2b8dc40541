//! Roles: how they are made, and how two of the same name differ.

use super::annotation::Annotations;
use super::plan::Change;
use crate::manifest::Role;
use crate::sql::{Sql, literal};

/// `CREATE ROLE` with all attributes, comment and labels. One statement: to ALTER a role with a word about superusers
/// takes one before PostgreSQL 16.
pub fn create(role: &Role) -> Vec<Sql> {
    let mut clauses: Vec<String> = flags(role).map(|(word, on)| keyword(word, on)).into();
    clauses.extend((role.connection_limit != -1).then(|| connection_limit(role)));
    clauses.extend(role.password.as_deref().map(|hash| password(Some(hash))));
    clauses.extend(role.valid_until.as_ref().map(|_| valid_until(role)));
    let create = Sql::new("CREATE ROLE ").role(&role.name).text(format!(" WITH {}", clauses.join(" ")));
    let mut statements = vec![create];
    statements.extend(annotations(role).statements(&on(role)));
    statements
}

/// What is different, with the statement that would change it. Hashes are compared only where both are known, and never
/// shown.
pub fn changes(source: &Role, target: &Role, passwords: bool) -> Vec<Change> {
    let mut words = Vec::new();
    let mut clauses = Vec::new();
    for ((word, wanted), (_, found)) in flags(source).into_iter().zip(flags(target)) {
        if wanted != found {
            words.push(format!("{} there, {} in the archive", keyword(word, found), keyword(word, wanted)));
            clauses.push(keyword(word, wanted));
        }
    }
    if source.connection_limit != target.connection_limit {
        words.push(format!(
            "connection limit {} there, {} in the archive",
            target.connection_limit, source.connection_limit
        ));
        clauses.push(connection_limit(source));
    }
    if until(source) != until(target) {
        words.push(format!("valid until {} there, {} in the archive", until(target), until(source)));
        clauses.push(valid_until(source));
    }
    let mut changes = Vec::new();
    if !clauses.is_empty() {
        let alter = Sql::new("ALTER ROLE ").role(&source.name).text(format!(" WITH {}", clauses.join(" ")));
        changes.push(Change::new(words.join(", "), [alter]));
    }
    if passwords && source.password != target.password {
        changes.push(Change { secret: true, ..Change::new("another password", [alter_password(source)]) });
    }
    changes.extend(annotations(source).changes(&on(source), annotations(target)));
    changes
}

fn alter_password(role: &Role) -> Sql {
    Sql::new("ALTER ROLE ").role(&role.name).text(format!(" WITH {}", password(role.password.as_deref())))
}

fn on(role: &Role) -> Sql {
    Sql::new("ROLE ").role(&role.name)
}

fn annotations(role: &Role) -> Annotations<'_> {
    Annotations { comment: role.comment.as_deref(), labels: &role.labels }
}

fn flags(role: &Role) -> [(&'static str, bool); 7] {
    [
        ("SUPERUSER", role.superuser),
        ("INHERIT", role.inherit),
        ("CREATEROLE", role.create_role),
        ("CREATEDB", role.create_db),
        ("LOGIN", role.login),
        ("REPLICATION", role.replication),
        ("BYPASSRLS", role.bypass_rls),
    ]
}

fn keyword(word: &str, on: bool) -> String {
    if on { word.to_owned() } else { format!("NO{word}") }
}

fn connection_limit(role: &Role) -> String {
    format!("CONNECTION LIMIT {}", role.connection_limit)
}

fn password(hash: Option<&str>) -> String {
    format!("PASSWORD {}", hash.map_or_else(|| "NULL".to_owned(), literal))
}

fn valid_until(role: &Role) -> String {
    format!("VALID UNTIL {}", literal(until(role)))
}

/// No time at all means the same, and there is no way back to it.
fn until(role: &Role) -> &str {
    role.valid_until.as_deref().unwrap_or("infinity")
}

#[cfg(test)]
mod tests {
    use super::{changes, create};
    use crate::manifest::Role;

    fn app() -> Role {
        Role { name: "My app".into(), inherit: true, connection_limit: -1, ..Role::default() }
    }

    #[test]
    fn a_role_is_made_in_one_statement() {
        assert_eq!(
            create(&app())[0].render(),
            "CREATE ROLE \"My app\" WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS"
        );
        let full = Role {
            login: true,
            connection_limit: 0,
            password: Some("md5x".into()),
            valid_until: Some("infinity".into()),
            comment: Some("c".into()),
            ..app()
        };
        let sql = create(&full);
        assert!(
            sql[0].render().ends_with("CONNECTION LIMIT 0 PASSWORD 'md5x' VALID UNTIL 'infinity'"),
            "{}",
            sql[0]
        );
        assert_eq!(sql[1].render(), "COMMENT ON ROLE \"My app\" IS 'c'");
    }

    #[test]
    fn differences_come_with_one_statement() {
        assert!(changes(&app(), &app(), true).is_empty());
        assert!(changes(&app(), &Role { valid_until: Some("infinity".into()), ..app() }, true).is_empty());
        let other = Role { superuser: true, connection_limit: 3, valid_until: Some("t".into()), ..app() };
        let found = changes(&app(), &other, true);
        assert_eq!(
            found[0].what,
            "SUPERUSER there, NOSUPERUSER in the archive, connection limit 3 there, -1 in the archive, \
             valid until t there, infinity in the archive"
        );
        assert_eq!(
            found[0].sql[0].render(),
            "ALTER ROLE \"My app\" WITH NOSUPERUSER CONNECTION LIMIT -1 VALID UNTIL 'infinity'"
        );
    }

    #[test]
    fn hashes_are_compared_and_not_shown() {
        let other = Role { password: Some("SCRAM-SHA-256$1".into()), ..app() };
        assert!(changes(&other, &app(), false).is_empty());
        let found = changes(&other, &app(), true);
        assert!(found.len() == 1 && found[0].secret && !found[0].what.contains("SCRAM"));
        assert!(found[0].sql[0].render().contains("PASSWORD 'SCRAM-SHA-256$1'"));
        assert!(changes(&app(), &other, true)[0].sql[0].render().ends_with("PASSWORD NULL"));
    }
}

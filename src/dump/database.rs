//! The facts of the database as the archive records them.

use super::entries::labels;
use crate::manifest::{Database as Facts, PublicSchema, SecurityLabel, Setting};
use crate::object::acl::{AclError, Securable, Target, acl_difference};
use crate::object::{Assignment, CatalogId, Class, Database, Facts as Row};
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// Facts of the database: what `info` shows and what whoever creates the database needs.
///
/// # Errors
/// An ACL that cannot be read.
pub fn facts(database: &Database, source: Version) -> Result<Facts, AclError> {
    let Some(row) = database.facts() else {
        return Ok(Facts::default());
    };
    let target = Target::Object { noun: "DATABASE", reference: &ident(&row.name) };
    let acl = row.acl.as_ref().unwrap_or(&row.acl_default);
    let mut facts = Facts {
        name: row.name.clone(),
        owner: row.owner.clone(),
        encoding: row.encoding.clone(),
        collate: row.collate.clone(),
        ctype: row.ctype.clone(),
        locale_provider: provider(&row.locale_provider).to_owned(),
        locale: row.locale.clone(),
        icu_rules: row.icu_rules.clone(),
        tablespace: row.tablespace.clone(),
        connection_limit: row.connection_limit,
        is_template: row.is_template,
        comment: row.comment.clone(),
        labels: database_labels(row),
        settings: settings(&row.setting_roles, &row.settings),
        role_paths: settings(&row.path_roles, &row.paths),
        acl: acl_difference(target, Securable::Database, &row.owner, source, &row.acl_default, acl)?,
        public: public(database),
        ..Facts::default()
    };
    facts.create_options = facts.options(source.major(), true);
    Ok(facts)
}

fn provider(letter: &str) -> &str {
    match letter {
        "i" => "icu",
        "b" => "builtin",
        _ => "libc",
    }
}

/// SECURITY LABEL on the database, of every provider.
fn database_labels(row: &Row) -> Vec<SecurityLabel> {
    let statement = |(provider, text): (&String, &String)| {
        let (by, on, is) = (ident(provider), ident(&row.name), literal(text));
        let sql = Sql::new(format!("SECURITY LABEL FOR {by} ON DATABASE {on} IS {is}"));
        SecurityLabel { provider: provider.clone(), sql }
    };
    row.label_providers.iter().zip(&row.labels).map(statement).collect()
}

/// Roles (empty for all) and `name=value` items, in stored order.
fn settings(roles: &[String], items: &[String]) -> Vec<Setting> {
    let pairs = roles.iter().zip(items);
    pairs
        .map(|(role, item)| {
            let Assignment { name, value } = Assignment::from_item(item);
            Setting { role: (!role.is_empty()).then(|| role.clone()), name, value }
        })
        .collect()
}

fn public(database: &Database) -> Option<PublicSchema> {
    let schema = database.schemas.iter().find(|schema| schema.is_public())?;
    let id = CatalogId::new(Class::NAMESPACE, schema.oid);
    Some(PublicSchema {
        owner: schema.owner.clone(),
        acl: schema.acl.clone(),
        comment: database.comments_on(id).next().map(|comment| comment.text.clone()),
        labels: labels(schema, database),
    })
}

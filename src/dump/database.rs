//! The facts of the database as the archive records them.

use super::entries::labels;
use crate::manifest::{Database as Facts, PublicSchema, Setting};
use crate::object::acl::{AclError, Securable, Target, acl_difference};
use crate::object::{Assignment, CatalogId, Class, Database, Facts as Row};
use crate::sql::{ident, literal};
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
    Ok(Facts {
        owner: row.owner.clone(),
        encoding: row.encoding.clone(),
        create_options: create_options(row, source),
        collate: row.collate.clone(),
        ctype: row.ctype.clone(),
        locale_provider: provider(&row.locale_provider).to_owned(),
        locale: row.locale.clone(),
        icu_rules: row.icu_rules.clone(),
        tablespace: row.tablespace.clone(),
        connection_limit: row.connection_limit,
        is_template: row.is_template,
        comment: row.comment.clone(),
        settings: settings(&row.setting_roles, &row.settings),
        role_paths: settings(&row.path_roles, &row.paths),
        acl: acl_difference(target, Securable::Database, &row.owner, source, &row.acl_default, acl)?,
        public: public(database),
    })
}

fn provider(letter: &str) -> &str {
    match letter {
        "i" => "icu",
        "b" => "builtin",
        _ => "libc",
    }
}

/// What follows `CREATE DATABASE name WITH` (objects.md §1). Always from template0: template1 may hold objects.
fn create_options(row: &Row, source: Version) -> String {
    let mut options = format!("TEMPLATE = template0 ENCODING = {}", literal(&row.encoding));
    let mut add = |name: &str, value: &str| options.push_str(&format!(" {name} = {}", literal(value)));
    if source.at_least(15) && row.locale_provider != "c" {
        add("LOCALE_PROVIDER", provider(&row.locale_provider));
    }
    if row.collate == row.ctype && source.at_least(13) {
        add("LOCALE", &row.collate);
    } else {
        add("LC_COLLATE", &row.collate);
        add("LC_CTYPE", &row.ctype);
    }
    if let Some(locale) = &row.locale {
        add(if row.locale_provider == "b" { "BUILTIN_LOCALE" } else { "ICU_LOCALE" }, locale);
    }
    if let Some(rules) = &row.icu_rules {
        add("ICU_RULES", rules);
    }
    if row.tablespace != "pg_default" {
        options.push_str(&format!(" TABLESPACE = {}", ident(&row.tablespace)));
    }
    options
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

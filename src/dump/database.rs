//! The facts of the database as the archive records them.

use super::entries::labels;
use crate::manifest::{Database as Facts, DatabaseLabel, PublicSchema, Setting};
use crate::object::acl::{AclError, AclItem};
use crate::object::{Assignment, CatalogId, Class, Database, Facts as Row};
use crate::version::Version;

/// Facts of the database: what `info` shows and what whoever creates the database needs.
///
/// # Errors
/// An ACL that cannot be read.
pub fn facts(database: &Database, source: Version) -> Result<Facts, AclError> {
    let Some(row) = database.facts() else {
        return Ok(Facts::default());
    };
    // A restore makes statements of the items; whether they can be read shows now.
    row.acl.iter().flatten().try_for_each(|item| AclItem::try_from(item.as_str()).map(drop))?;
    let mut facts = Facts {
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
        labels: labels_of(row),
        settings: settings(&row.setting_roles, &row.settings),
        role_paths: settings(&row.path_roles, &row.paths),
        acl_items: row.acl.clone(),
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

fn labels_of(row: &Row) -> Vec<DatabaseLabel> {
    let pairs = row.label_providers.iter().zip(&row.labels);
    pairs.map(|(provider, text)| DatabaseLabel { provider: provider.clone(), text: text.clone() }).collect()
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
    // The owner's privileges alone are what no ACL means; whether a server has written them down differs.
    let acl = schema.acl.clone().filter(|acl| *acl != schema.acl_default);
    Some(PublicSchema {
        owner: schema.owner.clone(),
        acl,
        comment: database.comments_on(id).next().map(|comment| comment.text.clone()),
        labels: labels(schema, database),
    })
}

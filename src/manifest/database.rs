//! The record CATALOG, and the facts of the database in it.

use serde::{Deserialize, Serialize};

use super::data_type::DataType;
use super::entry::{Entry, SecurityLabel};
use super::globals::Globals;
use crate::sql::{Sql, ident, literal};

/// The record CATALOG (and CATALOG2). Equal databases of one major have equal catalogs, byte for byte: whatever comes
/// from a time, a size or an OID is in BEGIN, LATE or the headers of the rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Catalog {
    /// Version of this record: 1.
    pub catalog: u32,
    /// Facts of the database itself.
    pub database: Database,
    /// The globals of the cluster, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globals: Option<Globals>,
    /// Types that the rows use and that are not built in, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<DataType>,
    /// A selection decided what is in it: what is not there need not have been absent in the source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Classes of statements that the dump left out: `owner`, `privileges`, `comments`, `labels`. What a target has of
    /// them stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What its entries need and the selection left out: a target has to have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// What is restored, in restore order; `entries[i].id == i + 1`.
    pub entries: Vec<Entry>,
}

/// An object that a selection left out, and an entry that needs it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Missing {
    /// Stem of its kind.
    pub kind: String,
    /// Schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Name, unquoted.
    pub name: String,
    /// How a message names it.
    pub label: String,
    /// How a message names an entry that needs it.
    pub needed_by: String,
}

/// Facts of the database, applied by whoever creates it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    /// Owner.
    pub owner: String,
    /// Encoding.
    pub encoding: String,
    /// What follows `CREATE DATABASE name WITH` on a server of the source's major.
    pub create_options: String,
    /// LC_COLLATE.
    pub collate: String,
    /// LC_CTYPE.
    pub ctype: String,
    /// `libc`, `icu`, `builtin`.
    pub locale_provider: String,
    /// ICU or builtin locale.
    pub locale: Option<String>,
    /// ICU rules.
    pub icu_rules: Option<String>,
    /// Tablespace.
    pub tablespace: String,
    /// −1 = none.
    pub connection_limit: i32,
    /// Template database.
    pub is_template: bool,
    /// Comment.
    pub comment: Option<String>,
    /// Security labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<DatabaseLabel>,
    /// `ALTER DATABASE … SET`: (setting, value as stored), in order.
    pub settings: Vec<Setting>,
    /// `ALTER ROLE … SET search_path`, which holds in every database: recorded, since unqualified names depend on
    /// it, but not applied, since it belongs to the cluster.
    pub role_paths: Vec<Setting>,
    /// `datacl` as text items; `None` for NULL. No statements: those would name the database.
    pub acl_items: Option<Vec<String>>,
    /// Whether the schema `public` exists, and what it grants in the source (documentation of `public`: objects §2).
    pub public: Option<PublicSchema>,
}

impl Database {
    /// What follows `CREATE DATABASE name WITH` on a server of that major, the owner apart; without `locale` the server
    /// takes its own. Always from template0: template1 may hold objects.
    pub fn options(&self, major: u16, locale: bool) -> String {
        let mut options = format!("TEMPLATE = template0 ENCODING = {}", literal(&self.encoding));
        let mut add = |name: &str, value: &str| options.push_str(&format!(" {name} = {}", literal(value)));
        if locale {
            // Said in any case, since the server's template0 may have another one.
            if major >= 15 && !self.locale_provider.is_empty() {
                add("LOCALE_PROVIDER", &self.locale_provider);
            }
            add("LC_COLLATE", &self.collate);
            add("LC_CTYPE", &self.ctype);
            if let Some(locale) = &self.locale {
                let builtin = self.locale_provider == "builtin";
                add(if builtin { "BUILTIN_LOCALE" } else { "ICU_LOCALE" }, locale);
            }
            if let Some(rules) = &self.icu_rules {
                add("ICU_RULES", rules);
            }
        }
        if !matches!(self.tablespace.as_str(), "" | "pg_default") {
            options.push_str(&format!(" TABLESPACE = {}", ident(&self.tablespace)));
        }
        options
    }

    /// COMMENT, if it has one; for a database called `name`.
    pub fn comment_sql(&self, name: &str) -> Option<String> {
        let text = literal(self.comment.as_deref()?);
        Some(format!("COMMENT ON DATABASE {} IS {text}", ident(name)))
    }

    /// The oldest major whose CREATE DATABASE can say this locale, and what needs it; `None` for libc's.
    pub fn locale_needs(&self) -> Option<(u16, String)> {
        let provider = format!("locale provider {} of the database", self.locale_provider);
        match self.locale_provider.as_str() {
            "builtin" => Some((17, provider)),
            "icu" if self.icu_rules.is_some() => Some((16, "ICU rules of the database".to_owned())),
            "icu" => Some((15, provider)),
            _ => None,
        }
    }
}

/// A security label on the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseLabel {
    /// The provider: a module of the server.
    pub provider: String,
    /// The label.
    pub text: String,
}

impl DatabaseLabel {
    /// The statement, for a database called `name`.
    pub fn sql(&self, name: &str) -> String {
        let (provider, text) = (ident(&self.provider), literal(&self.text));
        format!("SECURITY LABEL FOR {provider} ON DATABASE {} IS {text}", ident(name))
    }
}

/// `ALTER DATABASE d SET name TO value`, or `ALTER ROLE role IN DATABASE d SET name TO value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The role, if the setting is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The setting, quoted as an identifier.
    pub name: String,
    /// The value, ready for `SET name TO …`.
    pub value: String,
}

impl Setting {
    /// The statement, for a database called `name`.
    pub fn sql(&self, name: &str) -> Sql {
        let prefix = match &self.role {
            Some(role) => Sql::new("ALTER ROLE ").role(role).text(format!(" IN DATABASE {}", ident(name))),
            None => Sql::new(format!("ALTER DATABASE {}", ident(name))),
        };
        prefix.text(format!(" SET {} TO {}", self.name, self.value))
    }
}

/// The schema `public` as the source has it: restore computes the difference to the target's (objects.md F7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicSchema {
    /// Owner.
    pub owner: String,
    /// `nspacl` as text items; `None` for NULL.
    pub acl: Option<Vec<String>>,
    /// Its comment.
    pub comment: Option<String>,
    /// Its security labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<SecurityLabel>,
}

#[cfg(test)]
mod tests {
    use super::Database;

    fn database(provider: &str, locale: Option<&str>, rules: Option<&str>) -> Database {
        Database {
            encoding: "UTF8".to_owned(),
            collate: "C".to_owned(),
            ctype: "C.UTF-8".to_owned(),
            locale_provider: provider.to_owned(),
            locale: locale.map(str::to_owned),
            icu_rules: rules.map(str::to_owned),
            tablespace: "Fast disk".to_owned(),
            ..Database::default()
        }
    }

    #[test]
    fn clauses_are_those_of_the_major() {
        let libc = database("libc", None, None);
        let place = " TABLESPACE = \"Fast disk\"";
        let base = "TEMPLATE = template0 ENCODING = 'UTF8'";
        let pair = "LC_COLLATE = 'C' LC_CTYPE = 'C.UTF-8'";
        assert_eq!(libc.options(14, true), format!("{base} {pair}{place}"));
        assert_eq!(libc.options(15, true), format!("{base} LOCALE_PROVIDER = 'libc' {pair}{place}"));
        assert_eq!(libc.options(15, false), format!("{base}{place}"));
        let icu = database("icu", Some("de"), Some("&a<g"));
        assert_eq!(
            icu.options(16, true),
            format!("{base} LOCALE_PROVIDER = 'icu' {pair} ICU_LOCALE = 'de' ICU_RULES = '&a<g'{place}")
        );
        let builtin =
            Database { tablespace: "pg_default".to_owned(), ..database("builtin", Some("C.UTF-8"), None) };
        assert_eq!(
            builtin.options(17, true),
            format!("{base} LOCALE_PROVIDER = 'builtin' {pair} BUILTIN_LOCALE = 'C.UTF-8'")
        );
    }

    #[test]
    fn a_locale_may_need_a_newer_server() {
        let needs = |database: Database| database.locale_needs().map(|(major, _)| major);
        assert_eq!(needs(database("libc", None, None)), None);
        assert_eq!(needs(database("icu", Some("de"), None)), Some(15));
        assert_eq!(needs(database("icu", Some("de"), Some("&a<g"))), Some(16));
        assert_eq!(needs(database("builtin", Some("C"), None)), Some(17));
    }
}

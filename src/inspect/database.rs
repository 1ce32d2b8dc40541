//! The database itself, and its schema `public`, in a script of definitions. Pure.

use super::error::Error;
use super::schema::Definitions;
use super::script::Header;
use crate::manifest::{Acl, Database, PublicSchema};
use crate::object::acl::{AclError, AclItem, Securable, Target, acl_difference, database_grants};
use crate::sql::{Sql, ident, literal};
use crate::version::Version;

/// The owner of `public` in a fresh database, from PostgreSQL 15 on.
const PUBLIC_OWNER: &str = "pg_database_owner";
/// The comment of `public` in a fresh database.
const PUBLIC_COMMENT: &str = "standard public schema";

impl Definitions<'_> {
    /// Makes the database, goes on in it, and gives it what it has besides its objects and privileges.
    ///
    /// # Errors
    /// A name that psql cannot say.
    pub(super) fn database(&mut self, database: &Database, clean: bool) -> Result<(), Error> {
        let name = self.begin.source.database.as_str();
        let quoted = ident(name);
        let dropped = clean.then(|| format!("DROP DATABASE IF EXISTS {quoted}"));
        let made =
            format!("CREATE DATABASE {quoted} WITH {}", database.options(self.version().major(), true));
        let owned = Sql::new(format!("ALTER DATABASE {quoted} OWNER TO ")).role(&database.owner).render();
        let owned = (!self.left_out.owner).then_some(owned);
        self.about_database("DATABASE", database, dropped.into_iter().chain([made]).chain(owned));
        self.out.connect(name)?;
        self.out.session(self.begin);

        let mut sql: Vec<String> = Vec::new();
        if !self.left_out.comments {
            sql.extend(database.comment_sql(name));
        }
        if !self.left_out.labels {
            sql.extend(database.labels.iter().map(|label| label.sql(name)));
        }
        // They hold for later sessions only.
        sql.extend(database.settings.iter().map(|setting| setting.sql(name).render()));
        if database.connection_limit >= 0 {
            let limit = database.connection_limit;
            sql.push(format!("ALTER DATABASE {quoted} CONNECTION LIMIT = {limit}"));
        }
        if database.is_template {
            sql.push(format!("ALTER DATABASE {quoted} IS_TEMPLATE = true"));
        }
        if !sql.is_empty() {
            self.about_database("DATABASE PROPERTIES", database, sql);
        }
        Ok(())
    }

    /// # Errors
    /// Privileges that cannot be read.
    pub(super) fn database_acl(&mut self, database: &Database) -> Result<(), AclError> {
        let name = self.begin.source.database.as_str();
        let statements = database_grants(name, database, self.version())?;
        if !statements.is_empty() && !self.left_out.privileges {
            self.about_database("ACL", database, []);
            self.out.grants(&statements);
        }
        Ok(())
    }

    fn about_database(&mut self, kind: &str, database: &Database, sql: impl IntoIterator<Item = String>) {
        let name = self.begin.source.database.as_str();
        let (label, owner) = (format!("database {}", ident(name)), Some(database.owner.as_str()));
        self.out.header(&Header { label: &label, name, kind, schema: None, owner });
        sql.into_iter().for_each(|sql| self.out.statement(&sql));
    }

    /// What differs from the `public` of a fresh database; restore compares with the target's own.
    pub(super) fn public(&mut self, public: Option<&PublicSchema>) {
        let mut sql = Vec::new();
        if let Some(public) = public {
            if public.owner != PUBLIC_OWNER && !self.left_out.owner {
                sql.push(Sql::new("ALTER SCHEMA public OWNER TO ").role(&public.owner).render());
            }
            let comment = public.comment.as_deref();
            if comment != Some(PUBLIC_COMMENT) && !self.left_out.comments {
                let text = comment.map_or("NULL".to_owned(), literal);
                sql.push(format!("COMMENT ON SCHEMA public IS {text}"));
            }
            if !self.left_out.labels {
                sql.extend(public.labels.iter().map(|label| label.sql.render()));
            }
        } else {
            sql.push("DROP SCHEMA IF EXISTS public".to_owned());
        }
        if !sql.is_empty() {
            self.public_header("SCHEMA", public);
            sql.iter().for_each(|sql| self.out.statement(sql));
        }
    }

    /// # Errors
    /// Privileges that cannot be read.
    pub(super) fn public_acl(&mut self, public: Option<&PublicSchema>) -> Result<(), AclError> {
        let Some(public) = public.filter(|_| !self.left_out.privileges) else { return Ok(()) };
        let owner = ident(&public.owner);
        let own = format!("{owner}=UC/{owner}");
        let wanted = public.acl.clone().unwrap_or_else(|| vec![own.clone()]);
        let version = self.version();
        // PostgreSQL 15 took CREATE from PUBLIC.
        let closed = version.at_least(15);
        let fresh = [own, format!("={}/{owner}", if closed { "U" } else { "UC" })];
        let mut statements = Vec::new();
        if !closed && is_open(&wanted)? {
            // The target may be newer.
            let sql = Sql::new("GRANT CREATE ON SCHEMA public TO PUBLIC");
            statements.push(Acl { sql, grantor: None });
        }
        let target = Target::Object { noun: "SCHEMA", reference: "public" };
        let changes = acl_difference(target, Securable::Schema, &public.owner, version, &fresh, &wanted)?;
        statements.extend(changes);
        if !statements.is_empty() {
            self.public_header("ACL", Some(public));
            self.out.grants(&statements);
        }
        Ok(())
    }

    fn public_header(&mut self, kind: &str, public: Option<&PublicSchema>) {
        let owner = public.map(|public| public.owner.as_str());
        self.out.header(&Header { label: "schema public", name: "public", kind, schema: None, owner });
    }

    fn version(&self) -> Version {
        Version::from_num(self.begin.source.server_version_num)
    }
}

/// Whether everybody may create.
fn is_open(acl: &[String]) -> Result<bool, AclError> {
    for item in acl {
        let item: AclItem = item.as_str().try_into()?;
        if item.grantee.is_none() && item.privileges.iter().any(|privilege| privilege.letter == 'C') {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Constraints of domains (pg_constraint with contypid; objects.md §4.6).
//!
//! CHECKs are printed inside CREATE DOMAIN, unless not yet valid or part of a dependency loop. NOT NULL is a constraint
//! from PostgreSQL 17 on: always inside, but its comment is its own.

use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::object::Repair;
use crate::sql::{Sql, ident, qualified};

/// One constraint; `schema/catalog/domain_check.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DomainCheck {
    /// oid
    pub oid: u32,
    /// conname
    pub name: String,
    /// contypid
    pub domain_oid: u32,
    /// schema of the domain
    pub schema: String,
    /// name of the domain
    pub domain: String,
    /// contype: `c` or `n`
    pub kind: String,
    /// `pg_get_constraintdef`; for NOT NULL only that, since early releases of 17 print more than CREATE DOMAIN takes
    pub definition: String,
    /// convalidated
    pub validated: bool,
}

impl DomainCheck {
    /// The constraints of a domain, by name.
    pub fn of_domain(database: &Database, domain: u32) -> &[Self] {
        // The query has them in the order of their domains.
        let all = &database.domain_checks;
        let start = all.partition_point(|row| row.domain_oid < domain);
        let len = all[start..].partition_point(|row| row.domain_oid == domain);
        &all[start..start + len]
    }

    /// Whether it is NOT NULL.
    pub fn is_not_null(&self) -> bool {
        self.kind == "n"
    }

    /// Whether CREATE DOMAIN prints it.
    pub fn is_inline(&self, scope: &Scope<'_>) -> bool {
        self.validated && !scope.repairs.has(self.id(), Repair::Separate)
    }

    /// `CONSTRAINT n CHECK (…)`, `CONSTRAINT n NOT NULL`; servers before 17 take the name of the latter and drop it.
    pub fn clause(&self) -> String {
        format!("CONSTRAINT {} {}", ident(&self.name), self.definition)
    }

    fn domain_reference(&self) -> String {
        qualified(Some(&self.schema), &self.domain)
    }
}

impl Object for DomainCheck {
    fn kind(&self) -> Kind {
        Kind::DomainCheck
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::CONSTRAINT, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn table(&self) -> Option<&str> {
        Some(&self.domain)
    }

    fn parent(&self) -> Option<CatalogId> {
        Some(CatalogId::new(Class::TYPE, self.domain_oid))
    }

    fn reference(&self) -> String {
        format!("{} ON DOMAIN {}", ident(&self.name), self.domain_reference())
    }

    fn printed_in(&self) -> Option<CatalogId> {
        self.validated.then(|| CatalogId::new(Class::TYPE, self.domain_oid))
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        if self.is_inline(scope) {
            return Vec::new();
        }
        vec![Sql::new(format!("ALTER DOMAIN {} ADD {}", self.domain_reference(), self.clause()))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        let name = ident(&self.name);
        vec![Sql::new(format!("ALTER DOMAIN {} DROP CONSTRAINT IF EXISTS {name}", self.domain_reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::DomainCheck;
    use crate::object::domain::Domain;
    use crate::object::{Database, Object, Scope};
    use crate::object::{Repair, Repairs};
    use crate::version::Version;

    fn check(oid: u32, name: &str, definition: &str) -> DomainCheck {
        DomainCheck {
            oid,
            name: name.to_owned(),
            domain_oid: 7,
            schema: "s".to_owned(),
            domain: "d".to_owned(),
            kind: if definition == "NOT NULL" { "n" } else { "c" }.to_owned(),
            definition: definition.to_owned(),
            validated: !definition.ends_with("NOT VALID"),
        }
    }

    #[test]
    fn constraints_are_inside_the_domain_unless_they_cannot_be() {
        let other = DomainCheck { domain_oid: 8, ..check(5, "other", "CHECK (false)") };
        let database = Database {
            domain_checks: vec![
                check(1, "Big", "CHECK ((VALUE > 0))"),
                check(2, "late", "CHECK ((VALUE < 9)) NOT VALID"),
                check(3, "loop", "CHECK (s.f(VALUE))"),
                check(4, "nn", "NOT NULL"),
                other,
            ],
            ..Database::default()
        };
        let mut repairs = Repairs::default();
        repairs.insert(database.domain_checks[2].id(), Repair::Separate);
        let scope = Scope { source: Version::from_num(170_000), repairs: &repairs, database: &database };
        let mut domain = Domain {
            oid: 7,
            schema: "s".to_owned(),
            name: "d".to_owned(),
            base: "character varying(9)".to_owned(),
            collation_schema: Some("pg_catalog".to_owned()),
            collation: Some("C".to_owned()),
            not_null: true,
            default: Some("'x'::text".to_owned()),
            ..Domain::default()
        };
        assert_eq!(
            domain.create(&scope)[0].render(),
            "CREATE DOMAIN s.d AS character varying(9) COLLATE pg_catalog.\"C\" DEFAULT 'x'::text\n    \
             CONSTRAINT \"Big\" CHECK ((VALUE > 0))\n    CONSTRAINT nn NOT NULL"
        );
        domain.oid = 9;
        assert!(domain.create(&scope)[0].render().ends_with(" NOT NULL DEFAULT 'x'::text"));

        let separate = |at: usize| database.domain_checks[at].create(&scope);
        assert!(separate(0).is_empty() && separate(3).is_empty());
        assert_eq!(
            separate(1)[0].render(),
            "ALTER DOMAIN s.d ADD CONSTRAINT late CHECK ((VALUE < 9)) NOT VALID"
        );
        assert_eq!(separate(2)[0].render(), "ALTER DOMAIN s.d ADD CONSTRAINT loop CHECK (s.f(VALUE))");
        assert_eq!(database.domain_checks[0].reference(), "\"Big\" ON DOMAIN s.d");
    }
}

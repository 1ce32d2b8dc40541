//! Operator families (pg_opfamily; documentation: CREATE OPERATOR FAMILY; objects.md §12).

use serde::Deserialize;

use super::family_member::FamilyMember;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One operator family; `schema/catalog/operator_family.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OperatorFamily {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// opfname
    pub name: String,
    /// amname
    pub access_method: String,
    /// owner
    pub owner: String,
}

impl Object for OperatorFamily {
    fn kind(&self) -> Kind {
        Kind::OperatorFamily
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::OPERATOR_FAMILY, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reference(&self) -> String {
        format!("{} USING {}", qualified(Some(&self.schema), &self.name), ident(&self.access_method))
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn ties(&self) -> Vec<String> {
        vec![self.access_method.clone()]
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let family = self.reference();
        let mut statements = vec![Sql::new(format!("CREATE OPERATOR FAMILY {family}"))];
        let members: Vec<String> =
            FamilyMember::of(scope.database, self.id()).iter().map(FamilyMember::clause).collect();
        if !members.is_empty() {
            let members = members.join(",\n    ");
            statements.push(Sql::new(format!("ALTER OPERATOR FAMILY {family} ADD\n    {members}")));
        }
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP OPERATOR FAMILY IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::OperatorFamily;
    use crate::object::family_member::FamilyMember;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    #[test]
    fn loose_members_are_added() {
        let family = OperatorFamily {
            oid: 20_000,
            schema: "s".to_owned(),
            name: "F".to_owned(),
            access_method: "btree".to_owned(),
            ..OperatorFamily::default()
        };
        let mut database = Database::default();
        let create = |database: &Database| {
            let scope = Scope { source: Version::from_num(180_000), repairs: &Repairs::default(), database };
            family.create(&scope).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(create(&database), ["CREATE OPERATOR FAMILY s.\"F\" USING btree"]);
        database.family_members = vec![FamilyMember {
            owner_class: 2753,
            owner: 20_000,
            number: 1,
            name: "s.<(integer,bigint)".to_owned(),
            ..FamilyMember::default()
        }];
        assert_eq!(
            create(&database)[1..],
            ["ALTER OPERATOR FAMILY s.\"F\" USING btree ADD\n    OPERATOR 1 s.<(integer,bigint)"]
        );
    }
}

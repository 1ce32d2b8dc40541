//! Operator classes (pg_opclass; documentation: CREATE OPERATOR CLASS; objects.md §11).

use serde::Deserialize;

use super::family_member::FamilyMember;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One operator class; `schema/catalog/operator_class.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OperatorClass {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// opcname
    pub name: String,
    /// amname
    pub access_method: String,
    /// owner
    pub owner: String,
    /// opcdefault
    pub is_default: bool,
    /// `format_type(opcintype)`
    pub input_type: String,
    /// opcfamily
    pub family: u32,
    /// schema of the family
    pub family_schema: String,
    /// opfname
    pub family_name: String,
    /// `format_type(opckeytype)`, where it is another type
    pub storage: Option<String>,
}

impl OperatorClass {
    fn items(&self, members: &[FamilyMember]) -> Vec<String> {
        let mut items: Vec<String> =
            self.storage.iter().map(|storage| format!("STORAGE {storage}")).collect();
        items.extend(members.iter().map(FamilyMember::clause));
        if items.is_empty() {
            // The grammar wants one; this one says nothing.
            items.push(format!("STORAGE {}", self.input_type));
        }
        items
    }
}

impl Object for OperatorClass {
    fn kind(&self) -> Kind {
        Kind::OperatorClass
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::OPERATOR_CLASS, self.oid)
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

    /// Whoever uses the class may need what was added to its family, also where nobody makes that family.
    fn dependencies(&self) -> Vec<CatalogId> {
        vec![CatalogId::new(Class::SYNTHETIC_FAMILY_MEMBERS, self.family)]
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let default = if self.is_default { " DEFAULT" } else { "" };
        vec![Sql::new(format!(
            "CREATE OPERATOR CLASS {}{default}\n    FOR TYPE {} USING {} FAMILY {} AS\n    {}",
            qualified(Some(&self.schema), &self.name),
            self.input_type,
            ident(&self.access_method),
            qualified(Some(&self.family_schema), &self.family_name),
            self.items(FamilyMember::of(scope.database, self.id())).join(",\n    ")
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP OPERATOR CLASS IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::OperatorClass;
    use crate::object::family_member::FamilyMember;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    fn create(class: &OperatorClass, members: Vec<FamilyMember>) -> String {
        let database = Database { family_members: members, ..Database::default() };
        let scope =
            Scope { source: Version::from_num(180_000), repairs: &Repairs::default(), database: &database };
        class.create(&scope)[0].to_string()
    }

    fn class() -> OperatorClass {
        OperatorClass {
            oid: 20_000,
            schema: "s".to_owned(),
            name: "C".to_owned(),
            access_method: "gist".to_owned(),
            input_type: "s.t".to_owned(),
            family_schema: "pg_catalog".to_owned(),
            family_name: "x_ops".to_owned(),
            ..OperatorClass::default()
        }
    }

    #[test]
    fn an_empty_class_needs_a_filler() {
        assert_eq!(
            create(&class(), Vec::new()),
            "CREATE OPERATOR CLASS s.\"C\"\n    FOR TYPE s.t USING gist FAMILY pg_catalog.x_ops AS\n    STORAGE s.t"
        );
        assert_eq!(class().reference(), "s.\"C\" USING gist");
    }

    #[test]
    fn members_follow_the_storage() {
        let member = FamilyMember {
            owner_class: 2616,
            owner: 20_000,
            number: 3,
            name: "s.&&(s.t,s.t)".to_owned(),
            ..FamilyMember::default()
        };
        let class = OperatorClass { is_default: true, storage: Some("box".to_owned()), ..class() };
        assert_eq!(
            create(&class, vec![member]),
            "CREATE OPERATOR CLASS s.\"C\" DEFAULT\n    FOR TYPE s.t USING gist FAMILY pg_catalog.x_ops AS\n    \
             STORAGE box,\n    OPERATOR 3 s.&&(s.t,s.t)"
        );
    }
}

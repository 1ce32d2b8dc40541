//! Members of operator families (pg_amop, pg_amproc; documentation: CREATE OPERATOR CLASS, ALTER OPERATOR FAMILY;
//! objects.md §11, §12).
//!
//! pg_depend says who brings a member along: an operator class, or the family, to which it was added. Families that
//! no dump makes, those of the server and of extensions, can have members that a user added; [`AdoptedMembers`] adds
//! them again.

use serde::Deserialize;

use super::database::Database;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, qualified};

/// One operator or support function of a family; `schema/catalog/facet/family_member.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FamilyMember {
    /// pg_opclass or pg_opfamily: the catalog of what brings it along
    pub owner_class: u32,
    /// the class or family that brings it along
    pub owner: u32,
    /// a row of pg_amproc
    pub is_function: bool,
    /// amopstrategy or amprocnum
    pub number: i32,
    /// `format_type` of amoplefttype or amproclefttype
    pub left_type: String,
    /// `format_type` of amoprighttype or amprocrighttype
    pub right_type: String,
    /// `regoperator` or `regprocedure`: pasted as it is
    pub name: String,
    /// amopsortfamily: schema and name
    pub sort_schema: Option<String>,
    /// see `sort_schema`
    pub sort_family: Option<String>,
    /// schema of the family
    pub family_schema: String,
    /// opfname
    pub family_name: String,
    /// amname
    pub access_method: String,
    /// a user added it to a family of the server or of an extension
    pub adopted: bool,
}

impl FamilyMember {
    /// The members that a class or family brings along, in the order in which they are printed.
    pub fn of(database: &Database, owner: CatalogId) -> &[Self] {
        // The query has the rows in the order of their owners.
        let key = (owner.class.0, owner.oid);
        let rows = &database.family_members;
        let start = rows.partition_point(|row| (row.owner_class, row.owner) < key);
        let count = rows[start..].iter().take_while(|row| (row.owner_class, row.owner) == key).count();
        &rows[start..start + count]
    }

    /// As CREATE OPERATOR CLASS and ALTER OPERATOR FAMILY … ADD have it.
    pub fn clause(&self) -> String {
        if self.is_function {
            return format!(
                "FUNCTION {} ({}, {}) {}",
                self.number, self.left_type, self.right_type, self.name
            );
        }
        let order = match self.sort_family.as_deref() {
            Some(family) => format!(" FOR ORDER BY {}", qualified(self.sort_schema.as_deref(), family)),
            None => String::new(),
        };
        format!("OPERATOR {} {}{order}", self.number, self.name)
    }

    /// As ALTER OPERATOR FAMILY … DROP has it.
    fn drop_clause(&self) -> String {
        let noun = if self.is_function { "FUNCTION" } else { "OPERATOR" };
        format!("{noun} {} ({}, {})", self.number, self.left_type, self.right_type)
    }
}

/// The members that a user added to a family which no dump makes. pg_dump loses them.
#[derive(Clone, Debug, Default)]
pub struct AdoptedMembers {
    /// pg_opfamily.oid
    pub family: u32,
    /// Schema of the family.
    pub schema: String,
    /// opfname
    pub name: String,
    /// amname
    pub access_method: String,
    /// In the order in which they are printed.
    pub members: Vec<FamilyMember>,
}

impl AdoptedMembers {
    /// One for each such family.
    pub fn derive(database: &Database) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for member in database.family_members.iter().filter(|member| member.adopted) {
            match all.last_mut() {
                Some(last) if last.family == member.owner => last.members.push(member.clone()),
                _ => all.push(Self {
                    family: member.owner,
                    schema: member.family_schema.clone(),
                    name: member.family_name.clone(),
                    access_method: member.access_method.clone(),
                    members: vec![member.clone()],
                }),
            }
        }
        all
    }

    fn alter(&self, verb: &str, clause: impl Fn(&FamilyMember) -> String) -> Vec<Sql> {
        let clauses: Vec<String> = self.members.iter().map(clause).collect();
        vec![Sql::new(format!(
            "ALTER OPERATOR FAMILY {} {verb}\n    {}",
            self.reference(),
            clauses.join(",\n    ")
        ))]
    }
}

impl Object for AdoptedMembers {
    fn kind(&self) -> Kind {
        Kind::OperatorFamily
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SYNTHETIC_FAMILY_MEMBERS, self.family)
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

    fn comments_of(&self) -> Vec<(CatalogId, String)> {
        Vec::new()
    }

    fn ties(&self) -> Vec<String> {
        vec![self.access_method.clone()]
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter("ADD", FamilyMember::clause)
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        self.alter("DROP", FamilyMember::drop_clause)
    }
}

#[cfg(test)]
mod tests {
    use super::{AdoptedMembers, FamilyMember};
    use crate::object::{CatalogId, Class, Database, Object, Repairs, Scope};
    use crate::version::Version;

    fn member(owner_class: Class, owner: u32, number: i32) -> FamilyMember {
        FamilyMember {
            owner_class: owner_class.0,
            owner,
            number,
            left_type: "integer".to_owned(),
            right_type: "s.\"T\"".to_owned(),
            name: "s.<(integer,s.\"T\")".to_owned(),
            family_schema: "pg_catalog".to_owned(),
            family_name: "integer_ops".to_owned(),
            access_method: "btree".to_owned(),
            ..FamilyMember::default()
        }
    }

    #[test]
    fn members_are_found_by_what_brings_them_along() {
        let family_members = vec![
            member(Class::OPERATOR_CLASS, 20_000, 1),
            member(Class::OPERATOR_CLASS, 20_001, 2),
            member(Class::OPERATOR_CLASS, 20_001, 3),
            member(Class::OPERATOR_FAMILY, 20_001, 4),
        ];
        let database = Database { family_members, ..Database::default() };
        let numbers = |class, oid| {
            let rows = FamilyMember::of(&database, CatalogId::new(class, oid));
            rows.iter().map(|row| row.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(Class::OPERATOR_CLASS, 20_001), [2, 3]);
        assert_eq!(numbers(Class::OPERATOR_FAMILY, 20_001), [4]);
        assert!(numbers(Class::OPERATOR_FAMILY, 20_000).is_empty());
    }

    #[test]
    fn operators_say_what_they_order_by_and_functions_their_types() {
        let operator = FamilyMember {
            sort_schema: Some("s".to_owned()),
            sort_family: Some("F".to_owned()),
            ..member(Class::OPERATOR_CLASS, 1, 15)
        };
        assert_eq!(operator.clause(), "OPERATOR 15 s.<(integer,s.\"T\") FOR ORDER BY s.\"F\"");
        let function = FamilyMember {
            is_function: true,
            name: "s.cmp(integer,s.\"T\")".to_owned(),
            ..member(Class::OPERATOR_CLASS, 1, 1)
        };
        assert_eq!(function.clause(), "FUNCTION 1 (integer, s.\"T\") s.cmp(integer,s.\"T\")");
        assert_eq!(function.drop_clause(), "FUNCTION 1 (integer, s.\"T\")");
    }

    #[test]
    fn what_a_user_added_to_a_family_of_the_server_is_added_again() {
        let adopted =
            |owner, number| FamilyMember { adopted: true, ..member(Class::OPERATOR_FAMILY, owner, number) };
        let family_members = vec![
            adopted(1976, 1),
            adopted(1976, 2),
            adopted(1977, 1),
            member(Class::OPERATOR_FAMILY, 20_000, 1),
        ];
        let database = Database { family_members, ..Database::default() };
        let scope =
            Scope { source: Version::from_num(180_000), repairs: &Repairs::default(), database: &database };
        let all = AdoptedMembers::derive(&database);
        assert_eq!(all.iter().map(|one| one.family).collect::<Vec<_>>(), [1976, 1977]);
        assert_eq!(
            all[0].create(&scope)[0].to_string(),
            "ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree ADD\n    \
             OPERATOR 1 s.<(integer,s.\"T\"),\n    OPERATOR 2 s.<(integer,s.\"T\")"
        );
        assert_eq!(
            all[1].drop(&scope)[0].to_string(),
            "ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree DROP\n    OPERATOR 1 (integer, s.\"T\")"
        );
        assert!(all[0].comments_of().is_empty() && all[0].owner().is_none());
    }
}

//! Operators (pg_operator; documentation: CREATE OPERATOR; objects.md §10).

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident};

/// One operator; `schema/catalog/operator.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Operator {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// oprname: never quoted
    pub name: String,
    /// owner
    pub owner: String,
    /// `oprcode::regproc`: pasted as it is
    pub function: String,
    /// `format_type(oprleft)`; NULL for prefix operators
    pub left_type: Option<String>,
    /// `format_type(oprright)`; NULL for postfix operators, which end with PostgreSQL 13
    pub right_type: Option<String>,
    /// oprcom: schema and name
    pub commutator_schema: Option<String>,
    /// see `commutator_schema`
    pub commutator: Option<String>,
    /// oprnegate: schema and name
    pub negator_schema: Option<String>,
    /// see `negator_schema`
    pub negator: Option<String>,
    /// oprcanmerge
    pub merges: bool,
    /// oprcanhash
    pub hashes: bool,
    /// `oprrest::regproc`: pasted as it is
    pub restrict: Option<String>,
    /// `oprjoin::regproc`: pasted as it is
    pub join: Option<String>,
    /// oprkind: `b`, `l` (prefix), `r` (postfix)
    pub kind: String,
    /// types of the operands, qualified: for the order among operators of one name
    pub operands: Vec<String>,
}

impl Operator {
    fn clauses(&self) -> Vec<String> {
        let operator = |schema: &Option<String>, name: &Option<String>| {
            let (schema, name) = schema.as_deref().zip(name.as_deref())?;
            Some(format!("OPERATOR({})", symbol(schema, name)))
        };
        let options = [
            ("FUNCTION", Some(self.function.clone())),
            ("LEFTARG", self.left_type.clone()),
            ("RIGHTARG", self.right_type.clone()),
            // One that is not there yet is announced thereby, and filled in later.
            ("COMMUTATOR", operator(&self.commutator_schema, &self.commutator)),
            ("NEGATOR", operator(&self.negator_schema, &self.negator)),
            ("RESTRICT", self.restrict.clone()),
            ("JOIN", self.join.clone()),
        ];
        let mut clauses: Vec<String> =
            options.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", value?))).collect();
        clauses.extend(self.merges.then(|| "MERGES".to_owned()));
        clauses.extend(self.hashes.then(|| "HASHES".to_owned()));
        clauses
    }
}

/// `s.+`: quotes around the symbol would make it no operator.
fn symbol(schema: &str, name: &str) -> String {
    format!("{}.{name}", ident(schema))
}

impl Object for Operator {
    fn kind(&self) -> Kind {
        Kind::Operator
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::OPERATOR, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reference(&self) -> String {
        let operand = |name: &Option<String>| name.clone().unwrap_or_else(|| "NONE".to_owned());
        let (left, right) = (operand(&self.left_type), operand(&self.right_type));
        format!("{} ({left}, {right})", symbol(&self.schema, &self.name))
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn ties(&self) -> Vec<String> {
        // Prefix before infix, as pg_dump has it.
        let kind = if self.kind == "b" { "1" } else { "0" };
        std::iter::once(kind.to_owned()).chain(self.operands.iter().cloned()).collect()
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let name = symbol(&self.schema, &self.name);
        vec![Sql::new(format!("CREATE OPERATOR {name} (\n    {}\n)", self.clauses().join(",\n    ")))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP OPERATOR IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Operator;
    use crate::object::{Database, Object, Repairs, Scope};
    use crate::version::Version;

    fn create(operator: &Operator) -> String {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        operator.create(&scope).iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
    }

    #[test]
    fn symbols_are_bare_and_schemas_are_quoted() {
        let operator = Operator {
            schema: "Odd s".to_owned(),
            name: "<->".to_owned(),
            function: "s.f".to_owned(),
            left_type: Some("integer".to_owned()),
            right_type: Some("s.\"T\"".to_owned()),
            commutator_schema: Some("Odd s".to_owned()),
            commutator: Some("<->".to_owned()),
            negator_schema: Some("pg_catalog".to_owned()),
            negator: Some("=".to_owned()),
            merges: true,
            hashes: true,
            restrict: Some("eqsel".to_owned()),
            join: Some("s.\"J\"".to_owned()),
            kind: "b".to_owned(),
            operands: vec!["pg_catalog.int4".to_owned(), "s.\"T\"".to_owned()],
            ..Operator::default()
        };
        assert_eq!(
            create(&operator),
            "CREATE OPERATOR \"Odd s\".<-> (\n    FUNCTION = s.f,\n    LEFTARG = integer,\n    RIGHTARG = s.\"T\",\n    \
             COMMUTATOR = OPERATOR(\"Odd s\".<->),\n    NEGATOR = OPERATOR(pg_catalog.=),\n    RESTRICT = eqsel,\n    \
             JOIN = s.\"J\",\n    MERGES,\n    HASHES\n)"
        );
        assert_eq!(operator.reference(), "\"Odd s\".<-> (integer, s.\"T\")");
        assert_eq!(operator.ties(), ["1", "pg_catalog.int4", "s.\"T\""]);
    }

    #[test]
    fn prefix_operators_have_no_left_operand() {
        let operator = Operator {
            schema: "s".to_owned(),
            name: "@".to_owned(),
            function: "s.f".to_owned(),
            right_type: Some("integer".to_owned()),
            kind: "l".to_owned(),
            ..Operator::default()
        };
        assert_eq!(
            create(&operator),
            "CREATE OPERATOR s.@ (\n    FUNCTION = s.f,\n    RIGHTARG = integer\n)"
        );
        assert_eq!(operator.reference(), "s.@ (NONE, integer)");
    }
}

//! Functions, window functions and procedures (pg_proc; documentation: CREATE FUNCTION, CREATE PROCEDURE; objects.md §5).

use serde::Deserialize;

use super::acl::AclRow;
use super::extension::depends_on_extension;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use super::setting::Assignment;
use crate::sql::{Sql, ident, literal, number_unnamed_parameters, qualified};

/// One function, window function or procedure; `schema/catalog/function.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Function {
    /// oid
    pub oid: u32,
    /// schema
    pub schema: String,
    /// proname
    pub name: String,
    /// owner
    pub owner: String,
    /// proacl
    pub acl: Option<Vec<String>>,
    /// `acldefault('f', proowner)`
    pub acl_default: Vec<String>,
    /// prokind is `p`
    pub is_procedure: bool,
    /// prokind is `w`
    pub is_window: bool,
    /// `pg_get_function_arguments`: names, modes, defaults
    pub arguments: String,
    /// `pg_get_function_identity_arguments`: what tells overloads apart
    pub identity_arguments: String,
    /// `pg_get_function_result`; NULL for procedures
    pub result: Option<String>,
    /// types of the input arguments, qualified: for the order among overloads
    pub argument_types: Vec<String>,
    /// lanname
    pub language: String,
    /// protrftypes
    pub transforms: Vec<String>,
    /// provolatile: `i s v`
    pub volatility: String,
    /// proisstrict
    pub strict: bool,
    /// prosecdef
    pub security_definer: bool,
    /// proleakproof
    pub leakproof: bool,
    /// procost
    pub cost: f32,
    /// proretset
    pub returns_set: bool,
    /// prorows
    pub rows: f32,
    /// `prosupport::regproc`: pasted as it is
    pub support: Option<String>,
    /// proparallel: `s r u`
    pub parallel: String,
    /// proconfig, `name=value`
    pub settings: Option<Vec<String>>,
    /// probin: the file of a C function
    pub library: Option<String>,
    /// prosrc
    pub source: String,
    /// `pg_get_function_sqlbody` (from 14); then there is no source
    pub sql_body: Option<String>,
    /// That body calls the function
    pub calls_itself: bool,
    /// Numbers of the parameters that the body uses and that have no name while others have one
    pub unnamed_parameters: Vec<i32>,
}

impl Function {
    fn noun(&self) -> &'static str {
        if self.is_procedure { "PROCEDURE" } else { "FUNCTION" }
    }

    /// `create` is CREATE or CREATE OR REPLACE.
    fn definition(&self, create: &str, body: &str) -> String {
        let name = qualified(Some(&self.schema), &self.name);
        let mut sql = format!("{create} {} {name}({})", self.noun(), self.arguments);
        if let Some(result) = &self.result {
            sql.push_str(&format!(" RETURNS {result}"));
        }
        sql.push_str(&format!("\n    LANGUAGE {}", ident(&self.language)));
        for clause in self.clauses() {
            sql.push_str(&format!(" {clause}"));
        }
        for item in self.settings.as_deref().unwrap_or_default() {
            let Assignment { name, value } = Assignment::from_item(item);
            sql.push_str(&format!("\n    SET {name} TO {value}"));
        }
        format!("{sql}\n    {body}")
    }

    /// What differs from the defaults, in the order of pg_dump.
    fn clauses(&self) -> Vec<String> {
        let mut clauses = Vec::new();
        if !self.transforms.is_empty() {
            let types: Vec<String> = self.transforms.iter().map(|name| format!("FOR TYPE {name}")).collect();
            clauses.push(format!("TRANSFORM {}", types.join(", ")));
        }
        let words = [
            (self.is_window, "WINDOW"),
            (self.volatility == "i", "IMMUTABLE"),
            (self.volatility == "s", "STABLE"),
            (self.strict, "STRICT"),
            (self.security_definer, "SECURITY DEFINER"),
            (self.leakproof, "LEAKPROOF"),
        ];
        clauses.extend(words.iter().filter(|(set, _)| *set).map(|(_, word)| (*word).to_owned()));
        // Zero is no cost that could be set.
        let default_cost = if matches!(self.language.as_str(), "internal" | "c") { 1.0 } else { 100.0 };
        if self.cost != 0.0 && self.cost != default_cost {
            clauses.push(format!("COST {}", self.cost));
        }
        if self.returns_set && self.rows != 0.0 && self.rows != 1000.0 {
            clauses.push(format!("ROWS {}", self.rows));
        }
        if let Some(support) = &self.support {
            clauses.push(format!("SUPPORT {support}"));
        }
        match self.parallel.as_str() {
            "s" => clauses.push("PARALLEL SAFE".to_owned()),
            "r" => clauses.push("PARALLEL RESTRICTED".to_owned()),
            _ => {}
        }
        clauses
    }

    fn body(&self) -> String {
        match (&self.sql_body, self.library.as_deref()) {
            // Which of several is meant cannot be told.
            (Some(body), _) => match self.unnamed_parameters[..] {
                [number] => number_unnamed_parameters(body, number).into_owned(),
                _ => body.clone(),
            },
            (None, Some(library)) if !library.is_empty() => {
                format!("AS {}, {}", literal(library), literal(&self.source))
            }
            _ => format!("AS {}", dollar_quoted(&self.source)),
        }
    }
}

impl Object for Function {
    fn kind(&self) -> Kind {
        if self.is_procedure { Kind::Procedure } else { Kind::Function }
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::PROC, self.oid)
    }

    fn schema(&self) -> Option<&str> {
        Some(&self.schema)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn reference(&self) -> String {
        format!("{}({})", qualified(Some(&self.schema), &self.name), self.identity_arguments)
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn acl(&self) -> Option<AclRow<'_>> {
        Some(AclRow { acl: self.acl.as_deref(), default: &self.acl_default })
    }

    fn ties(&self) -> Vec<String> {
        let mut ties = vec![format!("{:05}", self.argument_types.len())];
        ties.extend(self.argument_types.iter().cloned());
        ties
    }

    fn create(&self, scope: &Scope<'_>) -> Vec<Sql> {
        let mut create = "CREATE";
        let mut statements = Vec::new();
        if self.calls_itself {
            // A body in SQL is resolved at once, and finds only what is there. (pg_dump cannot restore these.)
            statements.push(Sql::new(self.definition(create, &format!("AS {}", dollar_quoted("")))));
            create = "CREATE OR REPLACE";
        }
        statements.push(Sql::new(self.definition(create, &self.body())));
        statements.extend(depends_on_extension(scope.database, self));
        statements
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP {} IF EXISTS {}", self.noun(), self.reference()))]
    }
}

/// A string between dollar tags, its quotes and backslashes untouched.
fn dollar_quoted(text: &str) -> String {
    // What must not occur is the tag without its last dollar: the text may end in one.
    let mut tag = "$".to_owned();
    while text.contains(&tag) {
        tag.push('_');
    }
    format!("{tag}${text}{tag}$")
}

#[cfg(test)]
mod tests {
    use super::{Function, dollar_quoted};
    use crate::object::Repairs;
    use crate::object::{Database, Kind, Object, Scope};
    use crate::version::Version;

    fn create(function: &Function) -> String {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        function.create(&scope).iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
    }

    fn function() -> Function {
        Function {
            schema: "s".to_owned(),
            name: "F".to_owned(),
            arguments: "a integer DEFAULT 1".to_owned(),
            identity_arguments: "a integer".to_owned(),
            argument_types: vec!["pg_catalog.int4".to_owned()],
            result: Some("integer".to_owned()),
            language: "sql".to_owned(),
            volatility: "v".to_owned(),
            parallel: "u".to_owned(),
            cost: 100.0,
            source: "select 1".to_owned(),
            ..Function::default()
        }
    }

    #[test]
    fn defaults_are_not_said() {
        let function = function();
        assert_eq!(
            create(&function),
            "CREATE FUNCTION s.\"F\"(a integer DEFAULT 1) RETURNS integer\n    LANGUAGE sql\n    AS $$select 1$$"
        );
        assert_eq!(function.reference(), "s.\"F\"(a integer)");
        assert_eq!(function.ties(), ["00001", "pg_catalog.int4"]);
    }

    #[test]
    fn every_clause_has_its_place() {
        let function = Function {
            transforms: vec!["s.h".to_owned(), "jsonb".to_owned()],
            is_window: true,
            volatility: "i".to_owned(),
            strict: true,
            security_definer: true,
            leakproof: true,
            cost: 0.5,
            returns_set: true,
            rows: 7.0,
            support: Some("s.support".to_owned()),
            parallel: "r".to_owned(),
            settings: Some(vec!["search_path=a, \"\"".to_owned(), "DateStyle=ISO, MDY".to_owned()]),
            ..function()
        };
        assert_eq!(
            create(&function),
            "CREATE FUNCTION s.\"F\"(a integer DEFAULT 1) RETURNS integer\n    LANGUAGE sql \
             TRANSFORM FOR TYPE s.h, FOR TYPE jsonb WINDOW IMMUTABLE STRICT SECURITY DEFINER LEAKPROOF COST 0.5 \
             ROWS 7 SUPPORT s.support PARALLEL RESTRICTED\n    SET search_path TO 'a', ''\n    \
             SET \"DateStyle\" TO 'ISO, MDY'\n    AS $$select 1$$"
        );
    }

    #[test]
    fn procedures_return_nothing() {
        let procedure = Function {
            is_procedure: true,
            result: None,
            sql_body: Some("BEGIN ATOMIC\n SELECT 1;\nEND".to_owned()),
            source: String::new(),
            ..function()
        };
        assert_eq!(
            create(&procedure),
            "CREATE PROCEDURE s.\"F\"(a integer DEFAULT 1)\n    LANGUAGE sql\n    BEGIN ATOMIC\n SELECT 1;\nEND"
        );
        assert_eq!(procedure.kind(), Kind::Procedure);
    }

    #[test]
    fn a_body_that_calls_itself_finds_a_function_without() {
        let recursive = Function {
            sql_body: Some("RETURN s.\"F\"(a)".to_owned()),
            source: String::new(),
            calls_itself: true,
            ..function()
        };
        let head = "FUNCTION s.\"F\"(a integer DEFAULT 1) RETURNS integer\n    LANGUAGE sql\n    ";
        assert_eq!(
            create(&recursive),
            format!("CREATE {head}AS $$$$;CREATE OR REPLACE {head}RETURN s.\"F\"(a)")
        );
    }

    #[test]
    fn functions_in_c_have_a_file_and_their_own_default_cost() {
        let c = |cost: f32| Function {
            language: "c".to_owned(),
            library: Some("$libdir/it's".to_owned()),
            source: "sym".to_owned(),
            cost,
            ..function()
        };
        assert!(create(&c(1.0)).ends_with("LANGUAGE c\n    AS '$libdir/it''s', 'sym'"));
        assert!(create(&c(100.0)).contains("LANGUAGE c COST 100\n"));
    }

    #[test]
    fn tags_do_not_occur_in_what_they_enclose() {
        for (text, quoted) in [
            ("", "$$$$"),
            ("it's \\ \r\n", "$$it's \\ \r\n$$"),
            ("select $1", "$_$select $1$_$"),
            ("a $_$ b", "$__$a $_$ b$__$"),
            ("cost in $", "$_$cost in $$_$"),
            ("$_", "$__$$_$__$"),
        ] {
            assert_eq!(dollar_quoted(text), quoted);
        }
    }
}

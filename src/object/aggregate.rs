//! Aggregates (pg_aggregate, pg_proc; documentation: CREATE AGGREGATE; objects.md §6).

use serde::Deserialize;

use super::acl::AclRow;
use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, literal, qualified};

/// One aggregate; `schema/catalog/aggregate.sql`. Functions are pasted as `regproc` prints them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Aggregate {
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
    /// `pg_get_function_arguments`, with ORDER BY for an ordered set; empty for none, which SQL calls `*`
    pub arguments: String,
    /// `pg_get_function_identity_arguments`: the same without defaults
    pub identity_arguments: String,
    /// types of all arguments, qualified: for GRANT, and for the order among overloads
    pub argument_types: Vec<String>,
    /// aggkind: `n` normal, `o` ordered set, `h` hypothetical set
    pub aggregate_kind: String,
    /// aggtransfn
    pub transition: String,
    /// `format_type(aggtranstype, NULL)`
    pub state: String,
    /// aggtransspace, in bytes; 0 = not said
    pub state_space: i32,
    /// agginitval; an empty string is a value
    pub initial: Option<String>,
    /// aggfinalfn
    #[serde(rename = "final")]
    pub final_function: Option<String>,
    /// aggfinalextra
    pub final_extra: bool,
    /// aggfinalmodify: `r s w`
    pub final_modify: String,
    /// aggcombinefn
    pub combine: Option<String>,
    /// aggserialfn
    pub serialize: Option<String>,
    /// aggdeserialfn
    pub deserialize: Option<String>,
    /// aggmtransfn
    pub moving_transition: Option<String>,
    /// aggminvtransfn
    pub moving_inverse: Option<String>,
    /// `format_type(aggmtranstype, NULL)`
    pub moving_state: Option<String>,
    /// aggmtransspace, in bytes; 0 = not said
    pub moving_space: i32,
    /// aggminitval
    pub moving_initial: Option<String>,
    /// aggmfinalfn
    pub moving_final: Option<String>,
    /// aggmfinalextra
    pub moving_final_extra: bool,
    /// aggmfinalmodify
    pub moving_final_modify: String,
    /// aggsortop: schema and name
    pub sort_schema: Option<String>,
    /// see `sort_schema`; never quoted
    pub sort_operator: Option<String>,
    /// proparallel: `s r u`
    pub parallel: String,
}

impl Aggregate {
    /// The options in the order of pg_dump.
    fn options(&self) -> Vec<String> {
        let mut options = vec![format!("SFUNC = {}", self.transition), format!("STYPE = {}", self.state)];
        let mut push = |name: &str, value: Option<String>| {
            options.extend(value.map(|value| format!("{name} = {value}")));
        };
        let text = |value: &Option<String>| value.as_deref().map(literal);
        let space = |bytes: i32| (bytes != 0).then(|| bytes.to_string());
        push("SSPACE", space(self.state_space));
        push("INITCOND", text(&self.initial));
        self.finals(&mut push, "FINALFUNC", &self.final_function, self.final_extra, &self.final_modify);
        push("COMBINEFUNC", self.combine.clone());
        push("SERIALFUNC", self.serialize.clone());
        push("DESERIALFUNC", self.deserialize.clone());
        push("MSFUNC", self.moving_transition.clone());
        push("MINVFUNC", self.moving_inverse.clone());
        push("MSTYPE", self.moving_state.clone());
        push("MSSPACE", space(self.moving_space));
        push("MINITCOND", text(&self.moving_initial));
        let moving = (&self.moving_final, self.moving_final_extra, &self.moving_final_modify);
        self.finals(&mut push, "MFINALFUNC", moving.0, moving.1, moving.2);
        push(
            "SORTOP",
            self.sort_operator.as_deref().map(|name| {
                let schema = self.sort_schema.as_deref().map(ident).unwrap_or_default();
                format!("OPERATOR({schema}.{name})")
            }),
        );
        if self.aggregate_kind == "h" {
            options.push("HYPOTHETICAL".to_owned());
        }
        match self.parallel.as_str() {
            "s" => options.push("PARALLEL = safe".to_owned()),
            "r" => options.push("PARALLEL = restricted".to_owned()),
            _ => {}
        }
        options
    }

    fn called(&self, arguments: &str) -> String {
        let arguments = if arguments.is_empty() { "*" } else { arguments };
        format!("{}({arguments})", qualified(Some(&self.schema), &self.name))
    }

    /// A final function and what goes with it.
    fn finals(
        &self,
        push: &mut impl FnMut(&str, Option<String>),
        name: &str,
        function: &Option<String>,
        extra: bool,
        modify: &str,
    ) {
        let Some(function) = function else { return };
        push(name, Some(function.clone()));
        push(&format!("{name}_EXTRA"), extra.then(|| "true".to_owned()));
        // Final functions of ordered sets may write into the state unless something else is said.
        let default = if self.aggregate_kind == "n" { "r" } else { "w" };
        let word = match modify {
            "r" => "READ_ONLY",
            "s" => "SHAREABLE",
            _ => "READ_WRITE",
        };
        push(&format!("{name}_MODIFY"), (modify != default).then(|| word.to_owned()));
    }
}

impl Object for Aggregate {
    fn kind(&self) -> Kind {
        Kind::Aggregate
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
        self.called(&self.identity_arguments)
    }

    /// There is no GRANT ON AGGREGATE: to it, an aggregate is a function of all its arguments.
    fn grant_reference(&self) -> String {
        format!("{}({})", qualified(Some(&self.schema), &self.name), self.argument_types.join(", "))
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

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let options = self.options().join(",\n    ");
        let aggregate = self.called(&self.arguments);
        vec![Sql::new(format!("CREATE AGGREGATE {aggregate} (\n    {options}\n)"))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP AGGREGATE IF EXISTS {}", self.reference()))]
    }
}

#[cfg(test)]
mod tests {
    use super::Aggregate;
    use crate::object::Object;

    fn aggregate() -> Aggregate {
        let name = |text: &str| text.to_owned();
        Aggregate {
            schema: name("s"),
            name: name("A"),
            aggregate_kind: name("n"),
            transition: name("int8inc"),
            state: name("bigint"),
            final_modify: name("r"),
            moving_final_modify: name("r"),
            parallel: name("u"),
            ..Aggregate::default()
        }
    }

    #[test]
    fn an_aggregate_of_rows_is_granted_as_a_function_without_arguments() {
        let aggregate = aggregate();
        assert_eq!(aggregate.options(), ["SFUNC = int8inc", "STYPE = bigint"]);
        assert_eq!(aggregate.reference(), "s.\"A\"(*)");
        assert_eq!(aggregate.grant_reference(), "s.\"A\"()");
    }

    #[test]
    fn every_option_has_its_place() {
        let name = |text: &str| Some(text.to_owned());
        let every = Aggregate {
            state_space: 9,
            initial: name(""),
            final_function: name("s.f"),
            final_extra: true,
            final_modify: "s".to_owned(),
            combine: name("s.c"),
            serialize: name("s.s"),
            deserialize: name("s.d"),
            moving_transition: name("s.m"),
            moving_inverse: name("s.i"),
            moving_state: name("s.\"T\""),
            moving_space: 7,
            moving_initial: name("it's"),
            moving_final: name("s.mf"),
            moving_final_extra: true,
            moving_final_modify: "w".to_owned(),
            sort_schema: name("Odd"),
            sort_operator: name("<*>"),
            parallel: "r".to_owned(),
            ..aggregate()
        };
        assert_eq!(
            every.options().join(" "),
            "SFUNC = int8inc STYPE = bigint SSPACE = 9 INITCOND = '' FINALFUNC = s.f FINALFUNC_EXTRA = true \
             FINALFUNC_MODIFY = SHAREABLE COMBINEFUNC = s.c SERIALFUNC = s.s DESERIALFUNC = s.d MSFUNC = s.m \
             MINVFUNC = s.i MSTYPE = s.\"T\" MSSPACE = 7 MINITCOND = 'it''s' MFINALFUNC = s.mf \
             MFINALFUNC_EXTRA = true MFINALFUNC_MODIFY = READ_WRITE SORTOP = OPERATOR(\"Odd\".<*>) \
             PARALLEL = restricted"
        );
    }

    #[test]
    fn ordered_sets_write_into_their_state_by_default() {
        let set = |modify: &str| Aggregate {
            aggregate_kind: "h".to_owned(),
            final_function: Some("s.f".to_owned()),
            final_modify: modify.to_owned(),
            ..aggregate()
        };
        assert_eq!(set("w").options()[2..], ["FINALFUNC = s.f", "HYPOTHETICAL"]);
        assert_eq!(set("r").options()[3..], ["FINALFUNC_MODIFY = READ_ONLY", "HYPOTHETICAL"]);
    }
}

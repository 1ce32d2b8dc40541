//! Subscriptions (pg_subscription; documentation: CREATE SUBSCRIPTION; objects.md §34).
//!
//! They come back disabled and without a connection: nothing is asked of the publisher, no slot is made, no rows are
//! copied. Whether they were enabled, the state of their tables and how far they were stay behind.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, literal};

/// One subscription of this database; `schema/catalog/subscription.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// oid
    pub oid: u32,
    /// subname
    pub name: String,
    /// owner
    pub owner: String,
    /// subconninfo: may hold a password
    pub connection: String,
    /// subpublications
    pub publications: Vec<String>,
    /// subslotname
    pub slot_name: Option<String>,
    /// subsynccommit
    pub synchronous_commit: String,
    /// subbinary (from 14)
    pub binary: bool,
    /// substream: `f`, `t` (from 14), `p` (from 16)
    pub streaming: String,
    /// subtwophasestate is not `d` (from 15)
    pub two_phase: bool,
    /// subdisableonerr (from 15)
    pub disable_on_error: bool,
    /// not subpasswordrequired (from 16)
    pub passwordless: bool,
    /// subrunasowner (from 16)
    pub run_as_owner: bool,
    /// suborigin (from 16)
    pub origin: String,
    /// subfailover (from 17)
    pub failover: bool,
}

impl Subscription {
    /// What follows WITH. What a server does not know yet is as its default there.
    fn options(&self) -> String {
        let mut options = vec!["connect = false".to_owned()];
        let mut add = |name: &str, value: &str| options.push(format!("{name} = {value}"));
        match &self.slot_name {
            Some(slot) => add("slot_name", &literal(slot)),
            None => add("slot_name", "NONE"),
        }
        if self.binary {
            add("binary", "true");
        }
        match self.streaming.as_str() {
            // Said wherever it can be: the default changed from off to parallel in 18.
            "f" => add("streaming", "off"),
            "t" => add("streaming", "on"),
            "p" => add("streaming", "parallel"),
            _ => {}
        }
        if self.two_phase {
            add("two_phase", "on");
        }
        if self.disable_on_error {
            add("disable_on_error", "true");
        }
        if self.passwordless {
            add("password_required", "false");
        }
        if self.run_as_owner {
            add("run_as_owner", "true");
        }
        if !matches!(self.origin.as_str(), "" | "any") {
            add("origin", &literal(&self.origin));
        }
        if self.failover {
            add("failover", "true");
        }
        if self.synchronous_commit != "off" {
            add("synchronous_commit", &literal(&self.synchronous_commit));
        }
        options.join(", ")
    }
}

impl Object for Subscription {
    fn kind(&self) -> Kind {
        Kind::Subscription
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::SUBSCRIPTION, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let publications: Vec<String> = self.publications.iter().map(|name| ident(name)).collect();
        vec![Sql::new(format!(
            "CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH ({})",
            self.reference(),
            literal(&self.connection),
            publications.join(", "),
            self.options()
        ))]
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        // With a slot it would be dropped at the publisher too, which may not be reached, or be used by another.
        let name = self.reference();
        [
            "ALTER SUBSCRIPTION {} DISABLE",
            "ALTER SUBSCRIPTION {} SET (slot_name = NONE)",
            "DROP SUBSCRIPTION IF EXISTS {}",
        ]
        .map(|statement| Sql::new(statement.replace("{}", &name)))
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::Subscription;
    use crate::object::Repairs;
    use crate::object::{Database, Object, Scope};
    use crate::version::Version;

    #[test]
    fn every_option_that_differs_is_said() {
        let scope = Scope {
            source: Version::from_num(180_000),
            repairs: &Repairs::default(),
            database: &Database::default(),
        };
        let create = |json: &str| {
            let row: Subscription = serde_json::from_str(json).unwrap();
            row.create(&scope)[0].render()
        };
        assert_eq!(
            create(
                r#"{"name": "s", "connection": "dbname='a b'", "publications": ["p", "Q"],
                    "synchronous_commit": "off"}"#
            ),
            "CREATE SUBSCRIPTION s CONNECTION 'dbname=''a b''' PUBLICATION p, \"Q\" \
             WITH (connect = false, slot_name = NONE)"
        );
        assert_eq!(
            create(
                r#"{"name": "s", "publications": ["p"], "slot_name": "x", "synchronous_commit": "local",
                    "binary": true, "streaming": "f", "two_phase": true, "disable_on_error": true,
                    "passwordless": true, "run_as_owner": true, "origin": "none", "failover": true}"#
            ),
            "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = 'x', \
             binary = true, streaming = off, two_phase = on, disable_on_error = true, \
             password_required = false, run_as_owner = true, origin = 'none', failover = true, \
             synchronous_commit = 'local')"
        );
    }
}

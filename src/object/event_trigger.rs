//! Event triggers (pg_event_trigger; documentation: CREATE EVENT TRIGGER; objects.md §29).
//!
//! A restore makes them after everything else, so that none of its statements fires them.

use serde::Deserialize;

use super::id::{CatalogId, Class};
use super::kind::Kind;
use super::object::{Object, Scope};
use crate::sql::{Sql, ident, literal};

/// One event trigger; `schema/catalog/event_trigger.sql`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventTrigger {
    /// oid
    pub oid: u32,
    /// evtname
    pub name: String,
    /// evtevent: `ddl_command_start` …
    pub event: String,
    /// owner: always a superuser
    pub owner: String,
    /// evttags, in array order
    pub tags: Option<Vec<String>>,
    /// `evtfoid::regproc`
    pub function: String,
    /// evtenabled: `O D R A`
    pub enabled: String,
}

impl EventTrigger {
    /// The statement that brings it into its state, if CREATE EVENT TRIGGER leaves it in another.
    fn set_state(&self) -> Option<Sql> {
        let action = match self.enabled.as_str() {
            "D" => "DISABLE",
            "A" => "ENABLE ALWAYS",
            "R" => "ENABLE REPLICA",
            _ => return None,
        };
        Some(Sql::new(format!("ALTER EVENT TRIGGER {} {action}", self.reference())))
    }
}

impl Object for EventTrigger {
    fn kind(&self) -> Kind {
        Kind::EventTrigger
    }

    fn id(&self) -> CatalogId {
        CatalogId::new(Class::EVENT_TRIGGER, self.oid)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn create(&self, _: &Scope<'_>) -> Vec<Sql> {
        let tags: Vec<String> = self.tags.iter().flatten().map(|tag| literal(tag)).collect();
        let when = if tags.is_empty() {
            String::new()
        } else {
            format!("\n         WHEN TAG IN ({})", tags.join(", "))
        };
        let create = format!(
            "CREATE EVENT TRIGGER {} ON {}{when}\n   EXECUTE FUNCTION {}()",
            self.reference(),
            ident(&self.event),
            self.function
        );
        std::iter::once(Sql::new(create)).chain(self.set_state()).collect()
    }

    fn drop(&self, _: &Scope<'_>) -> Vec<Sql> {
        vec![Sql::new(format!("DROP EVENT TRIGGER IF EXISTS {}", self.reference()))]
    }
}

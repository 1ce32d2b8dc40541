//! Other names for what an archive names and a target calls otherwise: roles, schemas, tablespaces. Pure.
//!
//! Only names are mapped, never text: what a function's body, an expression or a value says stays as it is.

mod names;
mod roles;
mod schemas;
mod tablespaces;

use thiserror::Error;

pub use names::{Named, Names, Pair};

use crate::manifest::Catalog;

/// Which names are others on the target.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// `--map-role`
    pub roles: Names,
    /// `--map-schema`
    pub schemas: Names,
    /// `--map-tablespace`
    pub tablespaces: Names,
}

/// Why a catalog cannot be mapped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Names that it does not have: a slip, most likely.
    #[error("the archive names no {} {}", .named.word(), .names.join(", "))]
    Unknown {
        /// What they should be.
        named: Named,
        /// The names.
        names: Vec<String>,
        /// Those that it has.
        known: Vec<String>,
    },
    /// Two objects would become one.
    #[error("{0} and {1} would become one")]
    Collision(String, String),
    /// Privileges that cannot be read.
    #[error(transparent)]
    Acl(#[from] crate::object::acl::AclError),
}

impl Mapping {
    /// Maps roles and tablespaces in `catalog`, globals apart; what the user should know of it. Schemas are only looked at:
    /// they get their names at the end.
    ///
    /// # Errors
    /// Names that it does not have; objects that would become one.
    pub fn apply(&self, catalog: &mut Catalog) -> Result<Vec<String>, Error> {
        tablespaces::map(catalog, &self.tablespaces)?;
        let mut warnings = schemas::check(catalog, &self.schemas)?;
        warnings.extend(roles::map(catalog, &self.roles)?);
        Ok(warnings)
    }
}

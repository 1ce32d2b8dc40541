//! Roles that an archive names and the target does not have: made, or left out, or a reason to refuse.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::Authority;
use super::create::NewDatabase;
use super::ddl::Work;
use super::error::Error;
use super::plan::{Needs, Omit};
use super::privileges::some;
use super::run::Run;
use super::target::Target;
use super::{Failure, Options, absent};
use crate::manifest::Catalog;
use crate::server::Session;
use crate::sql::ident;

/// Roles, each with an entry that names it.
#[derive(Debug, Default)]
pub struct Named(BTreeMap<String, String>);

impl Named {
    /// The roles of `catalog`, if owners or privileges are left out.
    pub fn by_what_is_left_out(catalog: &Catalog, omit: Omit) -> Self {
        match omit.owner || omit.privileges {
            true => Self(Needs::of(catalog, Omit { owner: false, privileges: false, ..omit }).roles),
            false => Self::default(),
        }
    }

    /// Which of them are neither needed nor there: nobody has what the source gave them.
    pub fn warning(&self, needs: &Needs, found: &Target) -> Option<String> {
        let missing = self.0.iter().filter(|(role, _)| !needs.roles.contains_key(*role));
        let missing = missing.filter(|(role, _)| !found.roles.contains(*role));
        let names: Vec<String> = missing.map(|(role, label)| format!("{} ({label})", ident(role))).collect();
        (!names.is_empty()).then(|| {
            format!("roles that are not there, of owners and grants that are left out: {}", some(&names))
        })
    }
}

/// Roles that are missing, and made.
#[derive(Clone, Debug, Default)]
pub struct NewRoles {
    /// Their names.
    pub names: Vec<String>,
}

impl NewRoles {
    /// What becomes of missing roles, as the options say: they are made, or what needs them is left out, with a failure for
    /// each. Otherwise they stay among the needs that `found` does not meet.
    pub fn settle(
        options: &Options,
        catalog: &mut Catalog,
        new: Option<&mut NewDatabase>,
        needs: &mut Needs,
        found: &mut Target,
    ) -> (Self, Vec<Failure>) {
        let missing = needs.roles.keys().filter(|role| !found.roles.contains(*role));
        let missing: BTreeSet<String> = missing.cloned().collect();
        if options.create_missing_roles {
            // Those of newer servers cannot be made.
            let names: Vec<String> = missing.into_iter().filter(|role| !role.starts_with("pg_")).collect();
            found.roles.extend(names.iter().cloned());
            return (Self { names }, Vec::new());
        }
        if !options.keep_going || missing.is_empty() {
            return Default::default();
        }
        needs.roles.retain(|role, _| !missing.contains(role));
        (Self::default(), absent::leave_out(catalog, new, &missing))
    }

    /// The statements that make them. Who is no superuser gives objects to members only of what it is a member of.
    fn statements(&self, session: &Session) -> Vec<String> {
        let mut sql = Vec::new();
        for role in &self.names {
            sql.push(format!("CREATE ROLE {}", ident(role)));
            if !session.superuser {
                let options = if session.version.at_least(16) { " WITH INHERIT TRUE, SET TRUE" } else { "" };
                sql.push(format!("GRANT {} TO CURRENT_USER{options}", ident(role)));
            }
        }
        sql
    }

    /// What the restoring role may do when they are there: they are made, it is asked, and they are gone again.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn tried(
        &self,
        session: &Session,
        authority: impl Future<Output = Result<Authority, crate::server::Error>>,
    ) -> Result<Authority, Error> {
        if self.names.is_empty() {
            return Ok(authority.await?);
        }
        let statements = self.statements(session).join(";\n");
        let tried = session.batch(&format!("BEGIN;\n{statements}")).await;
        let authority = match tried {
            Err(error) if error.server().is_some() && !session.is_closed() => {
                let names: Vec<String> = self.names.iter().map(|role| ident(role)).collect();
                let lack = format!("privilege CREATEROLE, to make {}: {error}", some(&names));
                Ok(Authority { lacks: vec![lack], ..Authority::default() })
            }
            Err(error) => Err(error),
            Ok(()) => authority.await,
        };
        session.batch("ROLLBACK").await?;
        Ok(authority?)
    }

    /// Makes them, all or none, and says so.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn make(&self, run: &Run, session: &Session) -> Result<(), Error> {
        if self.names.is_empty() {
            return Ok(());
        }
        let sql = self.statements(session);
        Work { id: 0, label: "missing roles".to_owned(), sql }.run(session).await?;
        let names: Vec<String> = self.names.iter().map(|role| ident(role)).collect();
        run.warn(format!(
            "roles that were missing are made, without login or any attribute: {}",
            names.join(", ")
        ));
        Ok(())
    }
}

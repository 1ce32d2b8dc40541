//! What makes the globals of a target those of an archive. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Cluster;
use super::{membership, parameter, role, setting, tablespace};
use crate::manifest::{Globals, Role, Tablespace};
use crate::object::acl::AclError;
use crate::sql::{Sql, ident};

/// When a step runs: in this order, since each may name what the ones before have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Roles with comment and labels.
    Role,
    /// Settings of new roles: they may name roles.
    Setting,
    /// Memberships.
    Membership,
    /// Privileges on parameters.
    Parameter,
    /// Tablespaces; no transaction can hold them.
    Tablespace,
    /// `ALTER ROLE ALL SET`: last of all, since every later session has it.
    Cluster,
}

/// One thing that the target lacks.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub phase: Phase,
    /// How messages name it.
    pub label: String,
    /// What makes it.
    pub sql: Vec<Sql>,
}

/// Something that the target has and that is different, or that cannot be made there.
#[derive(Clone, Debug)]
pub struct Difference {
    /// How messages name it.
    pub label: String,
    /// In which ways.
    pub changes: Vec<Change>,
    /// It belongs to the bootstrap superuser. Every cluster has one of its own, so this is no loss.
    pub of_bootstrap: bool,
}

/// One way in which something differs.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it is on both sides.
    pub what: String,
    /// What would make them equal; empty if nothing can.
    pub sql: Vec<Sql>,
    /// The statement holds a password's hash, which no message may show.
    pub secret: bool,
}

impl Change {
    /// A difference, and what would make it go away.
    pub fn new(what: impl Into<String>, sql: impl IntoIterator<Item = Sql>) -> Self {
        Self { what: what.into(), sql: sql.into_iter().collect(), secret: false }
    }
}

impl Difference {
    /// In which ways, and what to run if it shall be as in the archive.
    pub fn reason(&self) -> String {
        let what: Vec<&str> = self.changes.iter().map(|change| change.what.as_str()).collect();
        let shown = self.changes.iter().filter(|change| !change.secret).flat_map(|change| &change.sql);
        let mut run: Vec<String> = shown.map(|sql| format!("{};", sql.render())).collect();
        if self.changes.iter().any(|change| change.secret) {
            run.push(
                "the ALTER ROLE … PASSWORD that pgark schema --globals --role-passwords prints".to_owned(),
            );
        }
        match run.is_empty() {
            true => what.join(", "),
            false => format!("{}; to have it as in the archive: {}", what.join(", "), run.join(" ")),
        }
    }
}

/// What is to be done, and what is only to be said.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is missing, in the order of [`Phase`].
    pub steps: Vec<Step>,
    /// How many things the target has already, and equal.
    pub present: usize,
    /// What differs: the target stays as it is.
    pub differences: Vec<Difference>,
    /// What is different for good reasons.
    pub warnings: Vec<String>,
    /// Roles that are made.
    pub roles: BTreeSet<String>,
    /// Tablespaces that are made.
    pub tablespaces: Vec<Tablespace>,
}

/// The two sides of a comparison, and what has come of it so far.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The archive's.
    pub source: &'a Globals,
    /// The target's.
    pub target: &'a Cluster,
    /// The result.
    pub plan: Plan,
    /// The target's roles by name.
    there: BTreeMap<&'a str, &'a Role>,
}

impl Comparison<'_> {
    /// Whether the role is made, and was not there before.
    pub fn is_new(&self, role: &str) -> bool {
        self.plan.roles.contains(role)
    }

    /// Whether the role is there or will be.
    pub fn knows(&self, role: &str) -> bool {
        self.is_new(role) || self.target.predefined.contains(role) || self.there.contains_key(role)
    }

    /// Says that it is not.
    pub fn lacks_role(&self, role: &str) -> String {
        if role.starts_with("pg_") {
            return format!("PostgreSQL {} has no predefined role {role}", self.target.version.major());
        }
        format!("there is no role {}", ident(role))
    }

    /// Whether the role is the bootstrap superuser on one side.
    fn is_bootstrap(&self, role: &str) -> bool {
        role == self.source.bootstrap || role == self.target.globals.bootstrap
    }

    /// Takes note of a difference; of which role, if it is one's own.
    pub fn report(&mut self, label: String, changes: impl IntoIterator<Item = Change>, role: Option<&str>) {
        let of_bootstrap = role.is_some_and(|role| self.is_bootstrap(role));
        let changes = changes.into_iter().collect();
        self.plan.differences.push(Difference { label, changes, of_bootstrap });
    }
}

/// Compares. What the target lacks is made; what it has is never changed.
///
/// # Errors
/// Privileges that cannot be understood.
pub fn plan(source: &Globals, target: &Cluster) -> Result<Plan, AclError> {
    let there = target.globals.roles.iter().map(|role| (role.name.as_str(), role)).collect();
    let mut of = Comparison { source, target, plan: Plan::default(), there };
    // Roles first: all others ask which are new.
    roles(&mut of);
    setting::compare(&mut of);
    membership::compare(&mut of);
    parameter::compare(&mut of)?;
    tablespace::compare(&mut of)?;
    of.plan.steps.sort_by_key(|step| step.phase);
    Ok(of.plan)
}

fn roles(of: &mut Comparison<'_>) {
    let passwords = of.source.passwords && of.target.globals.passwords;
    for role in &of.source.roles {
        let label = format!("role {}", ident(&role.name));
        let Some(there) = of.there.get(role.name.as_str()) else {
            of.plan.roles.insert(role.name.clone());
            of.plan.steps.push(Step { phase: Phase::Role, label, sql: role::create(role) });
            continue;
        };
        let changes = role::changes(role, there, passwords);
        if changes.is_empty() {
            of.plan.present += 1;
        } else {
            of.report(label, changes, Some(&role.name));
        }
    }
}

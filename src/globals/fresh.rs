//! What makes the globals from nothing.

use super::plan::{Plan, plan};
use super::read::Cluster;
use crate::manifest::{Globals, Role};
use crate::object::acl::AclError;
use crate::version::Version;

/// The plan for a cluster as `initdb` makes it, of the source's own version and with a bootstrap superuser of the same
/// name: what a script has to say. The differences are the bootstrap superuser's.
///
/// # Errors
/// Privileges that cannot be understood.
pub fn from_nothing(source: &Globals, version: Version) -> Result<Plan, AclError> {
    let bootstrap = Role {
        name: source.bootstrap.clone(),
        superuser: true,
        inherit: true,
        create_role: true,
        create_db: true,
        login: true,
        replication: true,
        bypass_rls: true,
        connection_limit: -1,
        ..Role::default()
    };
    let named = source.memberships.iter().flat_map(|membership| [&membership.role, &membership.member]);
    let target = Cluster {
        globals: Globals {
            bootstrap: source.bootstrap.clone(),
            passwords: source.passwords,
            roles: vec![bootstrap],
            ..Globals::default()
        },
        predefined: named.filter(|role| role.starts_with("pg_")).cloned().collect(),
        me: source.bootstrap.clone(),
        version,
        warnings: Vec::new(),
    };
    plan(source, &target)
}

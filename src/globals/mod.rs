//! The globals of a cluster: reads them, compares two clusters, and says what makes them equal.
//!
//! [`read`] asks a server; [`plan`] is pure: what a target lacks becomes steps, what it has and is different is only
//! reported. Nobody's role is changed behind his back.

mod acl;
mod annotation;
mod fresh;
mod membership;
mod parameter;
mod plan;
mod read;
mod role;
mod setting;
mod tablespace;

pub use fresh::from_nothing;
pub use plan::{Change, Difference, Phase, Plan, Step, plan};
pub use read::{Cluster, read};

#[cfg(test)]
mod tests;

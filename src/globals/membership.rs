//! Memberships: an order in which they can be granted, and what differs.
//!
//! From PostgreSQL 16 on a membership has a grantor, who must hold ADMIN OPTION on the role himself, unless he is the
//! bootstrap superuser; one role may have several memberships of one member (documentation: "GRANT", objects.md §40).

use std::collections::BTreeSet;

use super::plan::{Change, Comparison, Phase, Step};
use crate::manifest::Membership;
use crate::sql::{Sql, ident};

/// Puts each membership behind the one that lets its grantor grant it; else the order stays. What nobody may grant (which
/// no server lets come about) comes last.
pub fn in_grant_order(mut rest: Vec<Membership>) -> Vec<Membership> {
    let mut ordered = Vec::with_capacity(rest.len());
    let mut admins = Admins::default();
    loop {
        let before = rest.len();
        rest.retain(|membership| {
            let may = admins.may_grant(membership);
            if may {
                admins.add(membership);
                ordered.push(membership.clone());
            }
            !may
        });
        if rest.is_empty() || rest.len() == before {
            ordered.append(&mut rest);
            return ordered;
        }
    }
}

/// Who has ADMIN OPTION on what.
#[derive(Debug, Default)]
struct Admins(BTreeSet<(String, String)>);

impl Admins {
    fn add(&mut self, membership: &Membership) {
        if membership.admin {
            self.0.insert((membership.role.clone(), membership.member.clone()));
        }
    }

    fn may_grant(&self, membership: &Membership) -> bool {
        let grantor = membership.grantor.as_ref();
        grantor.is_none_or(|grantor| self.0.contains(&(membership.role.clone(), grantor.clone())))
    }
}

/// Adds what is missing and what differs. A membership is granted if role or member are new; between two roles that are
/// there already it is reported only.
pub fn compare(of: &mut Comparison<'_>) {
    let grantors = of.target.version.at_least(16);
    let collapsed = if grantors { of.source.memberships.clone() } else { collapse(&of.source.memberships) };
    let mut admins = Admins::default();
    of.target.globals.memberships.iter().for_each(|membership| admins.add(membership));
    for wanted in &collapsed {
        let sql = statement(wanted, grantors);
        let found: Vec<&Membership> =
            of.target.globals.memberships.iter().filter(|found| is_the_same(of, wanted, found)).collect();
        if found.iter().any(|found| is_equal(wanted, found)) {
            of.plan.present += 1;
            continue;
        }
        let change = match (found.first(), obstacle(of, wanted, &admins)) {
            (Some(found), _) => {
                let there = options(found);
                let there = if there.is_empty() { "without options" } else { &there };
                Change::new(format!("it is {there} there"), [sql])
            }
            (None, Some(Obstacle::Impossible(why))) => Change::new(why, []),
            (None, Some(Obstacle::Inexact(why))) => Change::new(why, [sql]),
            (None, None) if of.is_new(&wanted.role) || of.is_new(&wanted.member) => {
                admins.add(wanted);
                of.plan.steps.push(Step { phase: Phase::Membership, label: label(wanted), sql: vec![sql] });
                continue;
            }
            (None, None) => Change::new("both roles are there, without it", [sql]),
        };
        of.report(label(wanted), [change], Some(&wanted.member));
    }
}

/// Why a membership is not granted.
enum Obstacle {
    /// It cannot be.
    Impossible(String),
    /// What can be granted is something else.
    Inexact(String),
}

fn obstacle(of: &Comparison<'_>, wanted: &Membership, admins: &Admins) -> Option<Obstacle> {
    if let Some(role) = [&wanted.role, &wanted.member].into_iter().find(|role| !of.knows(role)) {
        return Some(Obstacle::Impossible(of.lacks_role(role)));
    }
    if !of.target.version.at_least(16) {
        return inexact(of, wanted).map(Obstacle::Inexact);
    }
    let grantor = wanted.grantor.as_ref().filter(|_| !admins.may_grant(wanted))?;
    Some(Obstacle::Impossible(format!("role {} has no admin option there to grant it", ident(grantor))))
}

/// Before 16 every member may SET ROLE, and its own attribute says whether it inherits.
fn inexact(of: &Comparison<'_>, wanted: &Membership) -> Option<String> {
    let major = of.target.version.major();
    if wanted.set == Some(false) {
        return Some(format!("PostgreSQL {major} has no SET FALSE: whoever is a member may be the role"));
    }
    let mut roles = of.target.globals.roles.iter().chain(&of.source.roles);
    let member = roles.find(|role| role.name == wanted.member).is_none_or(|role| role.inherit);
    let inherit = wanted.inherit.filter(|inherit| *inherit != member)?;
    let word = if inherit { "TRUE" } else { "FALSE" };
    Some(format!("PostgreSQL {major} has no INHERIT {word}: the attribute of the member decides"))
}

/// One membership of a member in a role, as servers before 16 have them.
fn collapse(memberships: &[Membership]) -> Vec<Membership> {
    let mut collapsed: Vec<Membership> = Vec::new();
    let either = |a: Option<bool>, b: Option<bool>| a.zip(b).map(|(a, b)| a || b).or(a).or(b);
    for membership in memberships {
        let same =
            |known: &&mut Membership| (&known.role, &known.member) == (&membership.role, &membership.member);
        match collapsed.iter_mut().find(same) {
            Some(known) => {
                known.admin |= membership.admin;
                known.inherit = either(known.inherit, membership.inherit);
                known.set = either(known.set, membership.set);
            }
            None => collapsed.push(Membership { grantor: None, ..membership.clone() }),
        }
    }
    collapsed
}

/// The same role, member and grantor. What the bootstrap superuser granted in the source is granted by whoever restores,
/// if that is no superuser; a source before 16 knows no grantors.
fn is_the_same(of: &Comparison<'_>, wanted: &Membership, found: &Membership) -> bool {
    let grantor = match (&wanted.grantor, &found.grantor) {
        (None, Some(found)) => wanted.inherit.is_none() || *found == of.target.me,
        (wanted, found) => wanted == found,
    };
    (&wanted.role, &wanted.member) == (&found.role, &found.member)
        && (grantor || !of.target.version.at_least(16))
}

fn is_equal(wanted: &Membership, found: &Membership) -> bool {
    let same = |a: Option<bool>, b: Option<bool>| a.zip(b).is_none_or(|(a, b)| a == b);
    wanted.admin == found.admin && same(wanted.inherit, found.inherit) && same(wanted.set, found.set)
}

fn statement(membership: &Membership, grantors: bool) -> Sql {
    let sql = Sql::new("GRANT ").role(&membership.role).text(" TO ").role(&membership.member);
    let options = options(&Membership {
        inherit: membership.inherit.filter(|_| grantors),
        set: membership.set.filter(|_| grantors),
        grantor: None,
        ..membership.clone()
    });
    let sql = if options.is_empty() { sql } else { sql.text(format!(" {options}")) };
    match &membership.grantor {
        Some(grantor) if grantors => sql.text(" GRANTED BY ").role(grantor),
        _ => sql,
    }
}

/// `WITH ADMIN OPTION, INHERIT TRUE, SET FALSE`: what is not said is the default, but for INHERIT, whose default is the
/// member's.
fn options(membership: &Membership) -> String {
    let mut words = Vec::new();
    words.extend(membership.admin.then_some("ADMIN OPTION"));
    words.extend(membership.inherit.map(|inherit| if inherit { "INHERIT TRUE" } else { "INHERIT FALSE" }));
    words.extend((membership.set == Some(false)).then_some("SET FALSE"));
    if words.is_empty() { String::new() } else { format!("WITH {}", words.join(", ")) }
}

fn label(membership: &Membership) -> String {
    let by = membership.grantor.as_ref().map(|by| format!(", granted by {}", ident(by))).unwrap_or_default();
    format!("membership of role {} in role {}{by}", ident(&membership.member), ident(&membership.role))
}

#[cfg(test)]
mod tests {
    use super::in_grant_order;
    use crate::manifest::Membership;

    fn membership(role: &str, member: &str, admin: bool, grantor: Option<&str>) -> Membership {
        let (role, member) = (role.to_owned(), member.to_owned());
        Membership { role, member, admin, grantor: grantor.map(str::to_owned), ..Membership::default() }
    }

    #[test]
    fn a_grantor_comes_before_what_he_grants() {
        let chain = vec![
            membership("r", "a", true, Some("c")),
            membership("r", "b", false, Some("a")),
            membership("r", "c", true, Some("d")),
            membership("r", "d", true, None),
            // The option on another role does not count.
            membership("s", "a", true, None),
            membership("s", "b", false, Some("d")),
        ];
        let order = in_grant_order(chain);
        let members: Vec<String> = order.iter().map(|m| format!("{}{}", m.role, m.member)).collect();
        assert_eq!(members, ["rd", "sa", "rc", "ra", "rb", "sb"]);
    }
}

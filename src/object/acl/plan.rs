//! Which items to revoke and to grant, in which order, to come from one ACL to another.

use super::item::AclItem;

/// What leads from the base ACL to the wanted one: revokes first, then grants.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Items to revoke whole.
    pub revokes: Vec<&'a AclItem>,
    /// Items to grant.
    pub grants: Vec<&'a AclItem>,
}

/// From `base` to `current`, both as the server has them. A changed item is revoked and granted anew.
///
/// `known` are items on something wider whose grant options count as well (the table's, for a column).
///
/// GRANT appends to the array. Where keeping the common items would not end in the order of `current`, everything is
/// revoked and granted in that order.
pub fn plan<'a>(owner: &str, known: &'a [AclItem], base: &'a [AclItem], current: &'a [AclItem]) -> Plan<'a> {
    let (kept, revokes): (Vec<_>, Vec<_>) = base.iter().partition(|item| current.contains(item));
    let missing: Vec<&AclItem> = current.iter().filter(|item| !base.contains(item)).collect();
    let grants = in_legal_order(owner, known.iter().chain(kept.iter().copied()).collect(), missing);
    if kept.iter().chain(&grants).copied().eq(current) {
        return Plan { revokes, grants };
    }
    let anew = in_legal_order(owner, known.iter().collect(), current.iter().collect());
    if anew.iter().copied().eq(current) {
        return Plan { revokes: base.iter().collect(), grants: anew };
    }
    Plan { revokes, grants }
}

/// The array's order, except that a grantor's own grant option comes before what it granted (a revoke and a new grant
/// of the option can turn the two round in the array).
fn in_legal_order<'a>(
    owner: &str,
    mut done: Vec<&'a AclItem>,
    mut rest: Vec<&'a AclItem>,
) -> Vec<&'a AclItem> {
    let start = done.len();
    while !rest.is_empty() {
        // An option that nobody gave cannot be: then the array's order is as good as any.
        let next = rest.iter().position(|item| may_be_granted(owner, &done, item)).unwrap_or(0);
        done.push(rest.remove(next));
    }
    done.split_off(start)
}

fn may_be_granted(owner: &str, done: &[&AclItem], item: &AclItem) -> bool {
    let has_option = |letter: char| {
        done.iter().filter(|held| held.grantee.as_ref() == Some(&item.grantor)).any(|held| {
            held.privileges.iter().any(|privilege| privilege.letter == letter && privilege.grantable)
        })
    };
    item.grantor == owner || item.privileges.iter().all(|privilege| has_option(privilege.letter))
}

#[cfg(test)]
mod tests {
    use super::{AclItem, plan};

    fn items(texts: &[&str]) -> Vec<AclItem> {
        texts.iter().map(|text| AclItem::try_from(*text).unwrap()).collect()
    }

    /// Positions in `base` that are revoked, positions in `current` that are granted.
    fn positions(base: &[&str], current: &[&str]) -> (Vec<usize>, Vec<usize>) {
        let (base, current) = (items(base), items(current));
        let plan = plan("o", &[], &base, &current);
        let at = |all: &[AclItem], item: &AclItem| all.iter().position(|found| found == item).unwrap();
        (
            plan.revokes.iter().map(|item| at(&base, item)).collect(),
            plan.grants.iter().map(|item| at(&current, item)).collect(),
        )
    }

    #[test]
    fn common_items_are_left_alone() {
        assert_eq!(positions(&["o=r/o"], &["o=r/o"]), (vec![], vec![]));
        assert_eq!(positions(&["=X/o", "o=X/o"], &["o=X/o", "a=X/o"]), (vec![0], vec![1]));
        assert_eq!(positions(&["o=rw/o"], &["o=r/o", "=r/o"]), (vec![0], vec![0, 1]));
        assert_eq!(positions(&["o=rw/o"], &[]), (vec![0], vec![]));
        assert_eq!(positions(&[], &["a=r/o", "o=r/o"]), (vec![], vec![0, 1]));
    }

    #[test]
    fn the_order_of_the_array_survives() {
        assert_eq!(positions(&["o=rw/o"], &["a=r/o", "o=rw/o"]), (vec![0], vec![0, 1]));
        assert_eq!(positions(&["=X/o", "o=X/o"], &["o=X/o", "=X/o"]), (vec![0, 1], vec![0, 1]));
    }

    #[test]
    fn an_option_is_given_before_it_is_used() {
        let chain = ["o=rw/o", "c=r*/o", "b=r/a", "a=r*/c"];
        assert_eq!(positions(&["o=rw/o"], &chain), (vec![], vec![1, 3, 2]));
        let letters = ["o=rw/o", "a=r*w/o", "b=w/a", "a=w*/c", "c=rw*/o"];
        assert_eq!(positions(&["o=rw/o"], &letters), (vec![], vec![1, 4, 3, 2]));
    }

    #[test]
    fn an_option_on_the_table_counts_for_its_columns() {
        let (table, current) = (items(&["a=r*/o"]), items(&["b=r/a", "c=r/o"]));
        assert_eq!(plan("o", &table, &[], &current).grants, current.iter().collect::<Vec<_>>());
        assert_eq!(plan("o", &[], &[], &current).grants, [&current[1], &current[0]]);
    }

    #[test]
    fn an_impossible_array_still_ends() {
        assert_eq!(positions(&[], &["b=r/a", "a=r*/b"]), (vec![], vec![0, 1]));
    }
}

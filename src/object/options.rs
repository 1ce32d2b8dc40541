//! `name=value` arrays of the catalogs (reloptions, attoptions) as SQL writes them (objects.md §0.5).

use crate::sql::{ident, literal};

/// Each item as `name='value'`, in array order, the name prefixed with `prefix` (`toast.`).
pub fn option_list(items: &[String], prefix: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            // A bare word is printed where it is a plain identifier; a literal is right everywhere.
            format!("{prefix}{}={}", ident(name), literal(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::option_list;

    #[test]
    fn options_keep_their_order() {
        let items = ["fillfactor=70".to_owned(), "autovacuum_enabled=off".to_owned()];
        assert_eq!(option_list(&items, ""), ["fillfactor='70'", "autovacuum_enabled='off'"]);
        assert_eq!(option_list(&items[1..], "toast."), ["toast.autovacuum_enabled='off'"]);
    }
}

//! `name=value` arrays of the catalogs as SQL writes them (objects.md §0.5): reloptions and attoptions; those of
//! foreign data are written by the queries, since only the server can take them apart.

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

/// ` OPTIONS (…)` of foreign data, or nothing; the queries give what stands between the parentheses.
pub fn foreign_options(options: Option<&str>) -> String {
    options.map(|options| format!(" OPTIONS ({options})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{foreign_options, option_list};

    #[test]
    fn options_keep_their_order() {
        let items = ["fillfactor=70".to_owned(), "autovacuum_enabled=off".to_owned()];
        assert_eq!(option_list(&items, ""), ["fillfactor='70'", "autovacuum_enabled='off'"]);
        assert_eq!(option_list(&items[1..], "toast."), ["toast.autovacuum_enabled='off'"]);
    }

    #[test]
    fn no_options_need_no_clause() {
        assert_eq!(foreign_options(None), "");
        assert_eq!(foreign_options(Some("host 'h'")), " OPTIONS (host 'h')");
    }
}

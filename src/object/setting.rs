//! `name=value` items of pg_proc.proconfig and pg_db_role_setting as `SET` writes them (objects.md §0.5).

use crate::sql::{ident, literal};

/// Settings whose value is a list of quoted names: one literal for the whole would make one name of it
/// (`GUC_LIST_QUOTE` in the server's guc_tables.c; extensions cannot have such settings).
const LISTS: &[&str] = &[
    "local_preload_libraries",
    "oauth_validator_libraries",
    "output_plugin_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// One setting, ready for `SET <name> TO <value>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The setting, quoted as an identifier; a dotted name is one identifier.
    pub name: String,
    /// One literal, or one per element of a list.
    pub value: String,
}

impl Assignment {
    /// From a stored item.
    pub fn from_item(item: &str) -> Self {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        let is_list = LISTS.iter().any(|list| list.eq_ignore_ascii_case(name));
        let elements = if is_list { elements(value) } else { vec![value.to_owned()] };
        let literals: Vec<String> = elements.iter().map(|element| literal(element)).collect();
        Self { name: ident(name), value: literals.join(", ") }
    }
}

/// The names in a comma-separated list, as `SplitGUCList()` in the server reads them: no case folding. At least one:
/// an empty list cannot be written, the list of the empty name means the same.
fn elements(list: &str) -> Vec<String> {
    let mut elements = Vec::new();
    let mut rest = list.trim_start();
    loop {
        let mut element = String::new();
        let mut chars = rest.char_indices().peekable();
        let mut quoted = false;
        let mut was_quoted = false;
        let mut end = None;
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                    chars.next();
                    element.push('"');
                }
                '"' => {
                    quoted = !quoted;
                    was_quoted = true;
                }
                ',' if !quoted => {
                    end = Some(at);
                    break;
                }
                c if c.is_ascii_whitespace() && !quoted && was_quoted => {}
                c => element.push(c),
            }
        }
        elements.push(if was_quoted { element } else { element.trim_end().to_owned() });
        match end {
            Some(at) => rest = rest[at + 1..].trim_start(),
            None => return elements,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Assignment;

    #[test]
    fn lists_are_one_literal_per_element() {
        for (item, name, value) in [
            ("work_mem=1MB", "work_mem", "'1MB'"),
            ("DateStyle=ISO, MDY", "\"DateStyle\"", "'ISO, MDY'"),
            ("my.Setting=it's=x", "\"my.Setting\"", "'it''s=x'"),
            ("my.empty=", "\"my.empty\"", "''"),
            ("search_path=a, b", "search_path", "'a', 'b'"),
            ("search_path=\"\"", "search_path", "''"),
            ("search_path=", "search_path", "''"),
            (
                "search_path=pg_catalog, \"\", \"A b\", \"q\"\"x\", \"c,d\" , \"$user\"",
                "search_path",
                "'pg_catalog', '', 'A b', 'q\"x', 'c,d', '$user'",
            ),
            ("temp_tablespaces=\"it's\"", "temp_tablespaces", "'it''s'"),
        ] {
            let expected = Assignment { name: name.to_owned(), value: value.to_owned() };
            assert_eq!(Assignment::from_item(item), expected, "{item}");
        }
    }
}

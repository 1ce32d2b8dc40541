//! A privilege taken out of a GRANT or REVOKE.

use super::Sql;

impl Sql {
    /// Whether this GRANT, REVOKE or ALTER DEFAULT PRIVILEGES names a privilege, in capitals. Such statements hold no
    /// literals, and a name with capitals is always quoted, so a bare word can be nothing else.
    pub fn names_privilege(&self, privilege: &str) -> bool {
        self.pieces().any(|text| place(text, privilege).is_some())
    }

    /// The statement without a privilege; `None` if it says nothing else.
    #[must_use]
    pub fn without_privilege(&self, privilege: &str) -> Option<Self> {
        let mut sql = self.clone();
        for text in sql.pieces_mut() {
            let Some(start) = place(text, privilege) else { continue };
            let end = start + privilege.len();
            if text[end..].starts_with(", ") {
                text.replace_range(start..end + 2, "");
            } else if text[..start].ends_with(", ") {
                text.replace_range(start - 2..end, "");
            } else {
                return None;
            }
        }
        Some(sql)
    }
}

/// Where the word stands outside of quotes.
fn place(text: &str, word: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        before.matches('"').count() % 2 == 0 && !before.ends_with(is_word) && !after.starts_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::Sql;

    fn left(text: &str) -> Option<String> {
        let sql = Sql::new(format!("{text} TO ")).role("MAINTAIN");
        assert!(sql.names_privilege("MAINTAIN"));
        sql.without_privilege("MAINTAIN").map(|sql| sql.render())
    }

    #[test]
    fn one_privilege_goes_and_names_stay() {
        let expected = |text: &str| Some(format!("{text} TO \"MAINTAIN\""));
        assert_eq!(
            left("GRANT SELECT, MAINTAIN ON TABLE \"a, MAINTAIN ON\".maintain"),
            expected("GRANT SELECT ON TABLE \"a, MAINTAIN ON\".maintain")
        );
        assert_eq!(left("GRANT MAINTAIN, SELECT ON TABLE t"), expected("GRANT SELECT ON TABLE t"));
        assert_eq!(left("GRANT SELECT, MAINTAIN, UPDATE ON t"), expected("GRANT SELECT, UPDATE ON t"));
        assert_eq!(left("GRANT MAINTAIN ON TABLE t"), None);
    }

    #[test]
    fn other_statements_do_not_name_it() {
        for text in ["GRANT ALL ON TABLE \"MAINTAIN\" TO x", "GRANT SELECT ON TABLE a_MAINTAIN TO x"] {
            let sql = Sql::new(text);
            assert!(!sql.names_privilege("MAINTAIN"), "{text}");
            assert_eq!(sql.without_privilege("MAINTAIN"), Some(sql));
        }
    }
}

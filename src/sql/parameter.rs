//! Parameters that the server prints as names of no length.

use std::borrow::Cow;

use super::token::tokens;

/// Writes `$number` for every `""`.
///
/// `pg_get_function_sqlbody` prints a parameter by its name, and one without a name as `""` when another has one
/// (`get_parameter` in ruleutils.c, 14 to 18), which cannot be read again. Nothing else has an empty name.
pub fn number_unnamed_parameters(sql: &str, number: i32) -> Cow<'_, str> {
    let all = if sql.contains("\"\"") { tokens(sql).unwrap_or_default() } else { Vec::new() };
    let mut out = String::new();
    let mut copied = 0;
    for (at, token) in all.iter().enumerate().filter(|(_, token)| token.text == "\"\"") {
        // Where a column could be meant, the name of the function stands before it.
        let start = match &all[..at] {
            [.., function, dot] if dot.is(".") => function.start,
            _ => token.start,
        };
        out.push_str(&sql[copied..start]);
        out.push_str(&format!("${number}"));
        copied = token.end();
    }
    if copied == 0 {
        return Cow::Borrowed(sql);
    }
    out.push_str(&sql[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::number_unnamed_parameters;

    #[test]
    fn empty_names_become_numbers_and_nothing_else() {
        for (sql, expected) in [
            (r#"RETURN (b + "")"#, "RETURN (b + $2)"),
            (r#"("" || '""'::text) || "a""b""""#, r#"($2 || '""'::text) || "a""b""""#),
            (r#"SELECT f."" + "F f"."""#, "SELECT $2 + $2"),
            (r#"RETURN """a""#, r#"RETURN """a""#),
            ("RETURN $1", "RETURN $1"),
        ] {
            assert_eq!(number_unnamed_parameters(sql, 2), expected);
        }
    }
}

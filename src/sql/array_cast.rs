//! Casts of whole arrays, in a form that the parser leaves as they are.
//!
//! `v IN ('x', 'y')` on a `varchar` column is stored as one cast of an array, which the server prints as
//! `(ARRAY['x'::character varying, …])::text[]`. Its own parser takes a cast that directly wraps `ARRAY[…]` as a
//! cast of every element (`transformTypeCast`), so what is restored would be another tree, printed in another way.
//! `(ARRAY['x'::character varying, …]::character varying[])::text[]` is read as the tree that was stored: the inner
//! cast finds elements of its own type and does nothing.
//!
//! Extended statistics are printed with fewer parentheses: `ARRAY['x'::character varying, …]::text[]`.

use std::borrow::Cow;

use super::token::{Token, TokenKind, tokens};

/// Rewrites `(ARRAY[e…])::T[]` to `(ARRAY[e…]::U[])::T[]`, with parentheses or without, where U is the type that the elements are printed with.
///
/// All elements of an array have one type, so it is enough that one says it, as long as no other one says something
/// else. A type modifier belongs to U, as an inner cast without it would be one more step for each element; but then
/// all must say it, or values could be cut. Otherwise the text stays as it is.
pub fn keep_array_casts(sql: &str) -> Cow<'_, str> {
    if !sql.contains("ARRAY[") {
        return Cow::Borrowed(sql);
    }
    let Some(casts) = Text::read(sql).map(|text| text.inner_casts()) else {
        return Cow::Borrowed(sql);
    };
    if casts.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len() + 32 * casts.len());
    let mut copied = 0;
    for (at, element) in casts {
        out.push_str(&sql[copied..at]);
        out.push_str(&format!("::{element}[]"));
        copied = at;
    }
    out.push_str(&sql[copied..]);
    Cow::Owned(out)
}

/// Text with its tokens. Ranges of tokens are half open.
struct Text<'a> {
    sql: &'a str,
    tokens: Vec<Token<'a>>,
    /// for an opening bracket the closing one
    closing: Vec<usize>,
}

impl<'a> Text<'a> {
    /// `None` if a literal has no end or brackets do not match.
    fn read(sql: &'a str) -> Option<Self> {
        let tokens = tokens(sql)?;
        let mut closing = vec![0; tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if token.is("(") || token.is("[") {
                open.push(at);
            } else if token.is(")") || token.is("]") {
                let opening = open.pop()?;
                if tokens[opening].is("(") != token.is(")") {
                    return None;
                }
                closing[opening] = at;
            }
        }
        open.is_empty().then_some(Self { sql, tokens, closing })
    }

    /// Where inner casts belong, in bytes and ascending, and the types of the elements.
    fn inner_casts(&self) -> Vec<(usize, &'a str)> {
        let mut casts: Vec<_> = (0..self.tokens.len()).filter_map(|at| self.inner_cast(at)).collect();
        // An array ends after those inside it.
        casts.sort_unstable();
        casts
    }

    /// The inner cast for the `ARRAY` at a token, if it needs one.
    fn inner_cast(&self, at: usize) -> Option<(usize, &'a str)> {
        let end = self.array(at)?;
        let wrapped = at > 0 && self.is(at - 1, "(") && self.is(end, ")");
        let cast = if wrapped { end + 1 } else { end };
        let target_end = self.type_name(cast + 1).filter(|_| self.is_cast(cast))?;
        let target = self.slice(cast + 1, target_end).strip_suffix("[]")?;
        let element = self.array_element(at).filter(|element| *element != target)?;
        Some((self.tokens[end - 1].end(), element))
    }

    fn is(&self, at: usize, symbol: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(symbol))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_word(word))
    }

    fn is_cast(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Cast)
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.sql[self.tokens[from].start..self.tokens[to - 1].end()]
    }

    /// The end of the `ARRAY[…]` at a token.
    fn array(&self, at: usize) -> Option<usize> {
        (self.is_word(at, "array") && self.is(at + 1, "[")).then(|| self.closing[at + 1] + 1)
    }

    /// The token after the one at `at`, or after its closing bracket.
    fn after(&self, at: usize) -> usize {
        self.closing[at].max(at) + 1
    }

    /// The type that the elements of the `ARRAY[…]` at a token are printed with. For arrays in an array it is that of
    /// their elements, since the server knows but one type for any number of dimensions.
    fn array_element(&self, at: usize) -> Option<&'a str> {
        let (mut from, end) = (at + 2, self.closing[at + 1]);
        let mut common = None;
        let mut all_say_it = true;
        let mut next = from;
        while next <= end {
            if next == end || self.is(next, ",") {
                match self.expression(from, next) {
                    Some(element) if *common.get_or_insert(element) != element => return None,
                    element => all_say_it &= element.is_some(),
                }
                from = next + 1;
            }
            next = self.after(next);
        }
        common.filter(|element| all_say_it || !has_modifier(element))
    }

    /// The type (of an array: of its elements) of the expression between two tokens, if its text tells: a constant,
    /// an `ARRAY[…]`, something in parentheses, a column or a call; then casts; then a collation.
    fn expression(&self, from: usize, to: usize) -> Option<&'a str> {
        if from >= to {
            return None;
        }
        let token = self.tokens[from];
        let (mut known, mut at) = match token.kind {
            TokenKind::String => (None, from + 1),
            // How `get_const_expr` prints constants without a cast; other integers are quoted and cast.
            TokenKind::Number if token.text.contains('.') => (Some("numeric"), from + 1),
            TokenKind::Number => (Some("integer"), from + 1),
            TokenKind::Symbol if token.is("(") => {
                let close = self.closing[from];
                (self.expression(from + 1, close), close + 1)
            }
            TokenKind::Word if token.is_word("true") || token.is_word("false") => (Some("boolean"), from + 1),
            TokenKind::Word if token.is_word("null") => (None, from + 1),
            TokenKind::Word | TokenKind::Quoted => match self.array(from) {
                Some(end) => (self.array_element(from), end),
                None => {
                    let end = self.qualified_name(from)?;
                    (None, if self.is(end, "(") { self.closing[end] + 1 } else { end })
                }
            },
            _ => return None,
        };
        while self.is_cast(at) {
            let end = self.type_name(at + 1)?;
            let name = self.slice(at + 1, end);
            known = Some(name.strip_suffix("[]").unwrap_or(name));
            at = end;
        }
        if self.is_word(at, "collate") {
            at = self.qualified_name(at + 1)?;
        }
        known.filter(|_| at == to)
    }

    /// The end of a name with any number of qualifiers.
    fn qualified_name(&self, mut at: usize) -> Option<usize> {
        loop {
            let kind = self.tokens.get(at)?.kind;
            if !matches!(kind, TokenKind::Word | TokenKind::Quoted) {
                return None;
            }
            at += 1;
            if !self.is(at, ".") {
                return Some(at);
            }
            at += 1;
        }
    }

    /// The end of a type as `format_type` writes it.
    fn type_name(&self, at: usize) -> Option<usize> {
        let mut end = self.qualified_name(at)?;
        let first = self.tokens[at];
        if self.is_word(end, "varying") || (first.is_word("double") && self.is_word(end, "precision")) {
            end += 1;
        }
        if first.is_word("interval") {
            const FIELDS: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "to"];
            while FIELDS.iter().any(|field| self.is_word(end, field)) {
                end += 1;
            }
        }
        if self.is(end, "(") {
            end = self.closing[end] + 1;
        }
        if (self.is_word(end, "with") || self.is_word(end, "without"))
            && self.is_word(end + 1, "time")
            && self.is_word(end + 2, "zone")
        {
            end += 3;
        }
        if self.is(end, "[") && self.is(end + 1, "]") {
            end += 2;
        }
        Some(end)
    }
}

/// Whether a type has a modifier; parentheses in a quoted name pass for one.
fn has_modifier(type_name: &str) -> bool {
    type_name.contains('(') || type_name.starts_with("interval ")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::keep_array_casts;

    #[test]
    fn elements_of_one_type_get_an_inner_cast() {
        for (elements, element, target) in [
            ("'x'::character varying, 'y'::character varying", "character varying", "text[]"),
            ("'x'::character varying(3), 'y'::character varying(3)", "character varying(3)", "text[]"),
            ("NULL::bpchar, ('y'::bpchar)::bpchar", "bpchar", "character(3)[]"),
            ("('x'::text COLLATE \"C\"), 'y'::text COLLATE pg_catalog.\"C\"", "text", "character varying[]"),
            ("(lower('x'::text))::s.\"D []\", (a.b)::s.\"D []\"", "s.\"D []\"", "s.t[]"),
            ("ARRAY['x'::s.e, 'y'::s.e], ARRAY['x'::s.e]", "s.e", "text[]"),
            ("'{x}'::text[], ARRAY['y'::text]", "text", "s.d[]"),
            ("1, '-2'::integer, (3)::integer", "integer", "numeric(5,2)[]"),
            ("1.5, NULL::numeric", "numeric", "double precision[]"),
            ("true, (1 > 2)::boolean", "boolean", "text[]"),
            (
                "'2020-01-01'::timestamp(3) without time zone",
                "timestamp(3) without time zone",
                "timestamp with time zone[]",
            ),
            ("'1'::interval day to second(3)", "interval day to second(3)", "text[]"),
            (r"E'\'\\'::text, $$ ' ] $$::text, 'it''s )'::text", "text", "\"char\"[]"),
            ("a, 'x'::name, lower(b), (c || 'd'::text)", "name", "text[]"),
            ("'x'::geo(point,4326)", "geo(point,4326)", "geo[]"),
        ] {
            let sql = format!("CHECK ((v = ANY ((ARRAY[{elements}])::{target})))");
            let expected = format!("CHECK ((v = ANY ((ARRAY[{elements}]::{element}[])::{target})))");
            assert_eq!(keep_array_casts(&sql), expected);
            assert!(matches!(keep_array_casts(&expected), Cow::Borrowed(_)), "{expected}");
        }
    }

    #[test]
    fn parentheses_may_be_missing() {
        for (sql, expected) in [
            (
                "(c::text = ANY (ARRAY['x'::name]::text[]))",
                "(c::text = ANY (ARRAY['x'::name]::name[]::text[]))",
            ),
            ("ARRAY[a.b::name, lower(c)::name]::text[]", "ARRAY[a.b::name, lower(c)::name]::name[]::text[]"),
            ("ARRAY[\"A b\"::bit(3)]::text[]", "ARRAY[\"A b\"::bit(3)]::bit(3)[]::text[]"),
        ] {
            assert_eq!(keep_array_casts(sql), expected);
            assert!(matches!(keep_array_casts(expected), Cow::Borrowed(_)), "{expected}");
        }
    }

    #[test]
    fn nested_casts_are_seen_at_every_depth() {
        assert_eq!(
            keep_array_casts(
                "(ARRAY[(f((ARRAY['x'::name])::text[]))::s.a, 'b'::s.a])::s.b[], (ARRAY[1])::bigint[]"
            ),
            "(ARRAY[(f((ARRAY['x'::name]::name[])::text[]))::s.a, 'b'::s.a]::s.a[])::s.b[], \
             (ARRAY[1]::integer[])::bigint[]"
        );
        assert_eq!(
            keep_array_casts("(ARRAY[ARRAY['a'::name], (ARRAY['b'::text])::name[]])::text[]"),
            "(ARRAY[ARRAY['a'::name], (ARRAY['b'::text]::text[])::name[]]::name[])::text[]"
        );
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for sql in [
            // The elements do not say their type, or not one.
            "(ARRAY['x'::name, 'y'::text])::text[]",
            "(ARRAY['x'::bit(3), a])::text[]",
            "(ARRAY[a, '1'::interval day])::text[]",
            "(ARRAY[lower('x'::text)])::name[]",
            "(ARRAY[(a || 'x'::text)])::name[]",
            "(ARRAY[CASE WHEN a THEN 'x'::name ELSE 'y'::name END])::text[]",
            "(ARRAY[a.b, (c).d])::text[]",
            "(ARRAY[('{a}'::name[])[1]])::text[]",
            "(ARRAY['x'::character varying(3), 'y'::character varying(5)])::text[]",
            "(ARRAY['x'])::text[]",
            "ARRAY[a || b::name]::text[]",
            "ARRAY[]::text[]",
            "(ARRAY[])::text[]",
            // There is no cast, it is of each element already, or not to an array.
            "(ARRAY['x'::text])",
            "(ARRAY['x'::text])::text[]",
            "(ARRAY['x'::name])::text",
            "(ARRAY['x'::name]::name[])::text[]",
            "(ARRAY(SELECT 'x'::name))::text[]",
            // It is no SQL but text.
            "'(ARRAY[''x''::name])::text[]'",
            r"E'\'(ARRAY[''x''::name])::text[]'",
            "\"(ARRAY['x'::name])::text[]\"",
            "$_$(ARRAY['x'::name])::text[]$_$",
            "/* (ARRAY['x'::name])::text[] */ -- (ARRAY['x'::name])::text[]",
            // It is broken.
            "(ARRAY['x'::name])::text[] '",
            "(ARRAY['x'::name])::text[] ]",
            "(ARRAY[('x'::name]))::text[]",
            "(ARRAY['x'::name])::",
            "(ARRAY[",
        ] {
            assert!(matches!(keep_array_casts(sql), Cow::Borrowed(same) if same == sql), "{sql}");
        }
    }
}

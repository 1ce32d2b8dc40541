//! Tokens of SQL text, as far as one must know where literals, names and brackets begin and end.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An unquoted name or keyword, or a parameter (`$1`).
    Word,
    /// A number.
    Number,
    /// A name in double quotes.
    Quoted,
    /// A string of any form, its prefix included: `'x'`, `E'\n'`, `B'101'`, `$tag$x$tag$`.
    String,
    /// `::`
    Cast,
    /// Any other character.
    Symbol,
}

/// A token; whitespace and comments are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this symbol.
    pub fn is(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// Whether it is this keyword, given in lower case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// The tokens of a text (documentation: "Lexical Structure"), read with `standard_conforming_strings = on`.
///
/// `None` if a literal, a quoted name or a comment has no end.
pub fn tokens(sql: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (kind, len) = if first.is_ascii_whitespace() {
            at += first.len_utf8();
            continue;
        } else if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if rest.starts_with("/*") {
            at += block_comment(rest)?;
            continue;
        } else if first == '\'' {
            (TokenKind::String, quoted(rest, '\'', false)?)
        } else if first == '"' {
            (TokenKind::Quoted, quoted(rest, '"', false)?)
        } else if rest.starts_with("::") {
            (TokenKind::Cast, 2)
        } else if first.is_ascii_digit() {
            (TokenKind::Number, run(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_'))
        } else if first == '$' {
            dollar(rest)?
        } else if is_name_start(first) {
            word(rest)?
        } else {
            (TokenKind::Symbol, first.len_utf8())
        };
        tokens.push(Token { kind, text: &rest[..len], start: at });
        at += len;
    }
    Some(tokens)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit() || c == '$'
}

/// The length of the beginning that `belongs`.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// A name, or a string with a prefix of one letter.
fn word(text: &str) -> Option<(TokenKind, usize)> {
    let len = run(text, is_name_part);
    if text[len..].starts_with('\'') && len == 1 {
        let escapes = text.starts_with(['e', 'E']);
        if escapes || text.starts_with(['b', 'B', 'x', 'X', 'n', 'N']) {
            return Some((TokenKind::String, 1 + quoted(&text[1..], '\'', escapes)?));
        }
    }
    Some((TokenKind::Word, len))
}

/// The length of a quoted text whose quotes are doubled inside. With `escapes` a backslash hides what follows.
fn quoted(text: &str, quote: char, escapes: bool) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next()?;
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + 1);
        }
    }
    None
}

/// A string between dollar tags, or a parameter.
fn dollar(text: &str) -> Option<(TokenKind, usize)> {
    let tag = 1 + run(&text[1..], |c| is_name_part(c) && c != '$');
    if text[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return Some((TokenKind::Word, tag));
    }
    if !text[tag..].starts_with('$') {
        return Some((TokenKind::Symbol, 1));
    }
    let delimiter = &text[..=tag];
    let end = text[delimiter.len()..].find(delimiter)?;
    Some((TokenKind::String, end + 2 * delimiter.len()))
}

/// The length of a comment; comments nest.
fn block_comment(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = &text[at..];
        let len = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next()?.len_utf8()
        };
        at += len;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, tokens};

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).unwrap().iter().map(|token| token.text).collect()
    }

    #[test]
    fn literals_and_names_are_one_token_each() {
        for (sql, expected) in [
            ("a::text[]", vec!["a", "::", "text", "[", "]"]),
            ("'it''s (x'||\"A\"\"[b\"", vec!["'it''s (x'", "|", "|", "\"A\"\"[b\""]),
            (r"E'\'(' 'a\' x", vec![r"E'\'('", r"'a\'", "x"]),
            ("B'10',one'x'", vec!["B'10'", ",", "one", "'x'"]),
            ("$$a'$b$ $$ $t$ $$ ' $t$ $1", vec!["$$a'$b$ $$", "$t$ $$ ' $t$", "$1"]),
            ("a /* /* ' */ */ -- ''' \n b--'", vec!["a", "b"]),
            ("1.5 x1$y größe", vec!["1.5", "x1$y", "größe"]),
        ] {
            assert_eq!(texts(sql), expected, "{sql}");
        }
        assert_eq!(tokens("1.5").unwrap()[0].kind, TokenKind::Number);
    }

    #[test]
    fn what_has_no_end_has_no_tokens() {
        for sql in ["'a''", "\"a", "$x$ $y$", "/* /* */", r"E'\'"] {
            assert_eq!(tokens(sql), None, "{sql}");
        }
    }
}

//! `OLD=NEW`: one name in the place of another.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;

/// Longest name that a server does not cut, bytes: NAMEDATALEN - 1.
const NAME_MAX: usize = 63;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Named {
    Role,
    Schema,
    Tablespace,
}

/// The old name and the new one.
pub type Pair = (String, String);

impl Named {
    /// In messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Schema => "schema",
            Self::Tablespace => "tablespace",
        }
    }

    /// Reads `OLD=NEW`. Names are as they are, in upper or lower case; one that has `=` in it is put into double quotes, as
    /// may be any, and a quote in those is doubled.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn pair(self, text: &str) -> Result<Pair, String> {
        let (old, rest) = match text.strip_prefix('"') {
            Some(rest) => quoted(rest)?,
            None => {
                let end = text.find('=').unwrap_or(text.len());
                (text[..end].to_owned(), &text[end..])
            }
        };
        let Some(rest) = rest.strip_prefix('=') else { return Err("OLD=NEW is wanted".to_owned()) };
        let new = match rest.strip_prefix('"').map(quoted) {
            Some(Ok((new, ""))) => new,
            Some(Ok(_)) => return Err("something follows the quoted name".to_owned()),
            Some(Err(error)) => return Err(error),
            None => rest.to_owned(),
        };
        for name in [&old, &new] {
            self.check(name)?;
        }
        Ok((old, new))
    }

    /// What every server has is the same everywhere.
    fn check(self, name: &str) -> Result<(), String> {
        let word = self.word();
        let own = match self {
            Self::Role => name.starts_with("pg_") || matches!(name, "public" | "none"),
            Self::Schema => name.starts_with("pg_") || matches!(name, "public" | "information_schema"),
            // Nothing says that it is in the default one.
            Self::Tablespace => name.starts_with("pg_") && name != "pg_default",
        };
        if own || self == Self::Role && name.eq_ignore_ascii_case("public") {
            return Err(format!("{word} \"{name}\" is the server's own"));
        }
        if name.is_empty() {
            return Err(format!("a {word} has no empty name"));
        }
        if name.len() > NAME_MAX {
            return Err(format!("\"{name}\" is too long for a {word}: {NAME_MAX} bytes at most"));
        }
        Ok(())
    }
}

/// A name up to its closing quote, and what follows that.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let Some((piece, after)) = rest.split_once('"') else {
            return Err("a double quote is not closed".to_owned());
        };
        name.push_str(piece);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Ok((name, after)),
        }
    }
}

/// New names by the old ones. A new name is not looked up again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Of pairs.
    ///
    /// # Errors
    /// An old name that has two new ones.
    pub fn new(pairs: impl IntoIterator<Item = Pair>) -> Result<Self, String> {
        let mut names = BTreeMap::new();
        for (old, new) in pairs {
            if let Some(before) = names.insert(old.clone(), new.clone()) {
                return Err(format!("\"{old}\" cannot become both \"{before}\" and \"{new}\""));
            }
        }
        Ok(Self(names))
    }

    /// Nothing gets another name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Old and new names.
    pub fn pairs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter()
    }

    /// Maps a name in its place.
    pub fn map(&self, name: &mut String) {
        if let Some(new) = self.0.get(name) {
            name.clone_from(new);
        }
    }

    /// That all old names are among those that there are.
    pub(super) fn check(&self, named: Named, known: BTreeSet<String>) -> Result<(), Error> {
        let names: Vec<String> = self.0.keys().filter(|name| !known.contains(*name)).cloned().collect();
        match names.is_empty() {
            true => Ok(()),
            false => Err(Error::Unknown { named, names, known: known.into_iter().collect() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Named, Names};

    #[test]
    fn names_are_as_they_are_unless_they_are_quoted() {
        for (text, old, new) in [
            ("a=b", "a", "b"),
            ("App User=app", "App User", "app"),
            ("a=b=c", "a", "b=c"),
            ("\"a=b\"=c", "a=b", "c"),
            ("\"a\"\"=\"=\"c\"\"\"", "a\"=", "c\""),
            ("a=\"b=c\"", "a", "b=c"),
            ("a\"=b", "a\"", "b"),
            ("Public x= y", "Public x", " y"),
        ] {
            assert_eq!(Named::Role.pair(text), Ok((old.to_owned(), new.to_owned())), "{text}");
        }
        let long = format!("a={}", "ä".repeat(32));
        for text in
            ["a", "=b", "a=", "\"a=b", "\"a\"b=c", "a=\"b\"c", "PUBLIC=b", "a=pg_monitor", "none=b", &long]
        {
            assert!(Named::Role.pair(text).is_err(), "{text}");
        }
        assert!(Named::Tablespace.pair("public=pg_default").is_ok());
        assert!(Named::Tablespace.pair("fast=pg_global").is_err());
        assert!(Named::Schema.pair("public=app").is_err());
    }

    #[test]
    fn a_name_has_one_new_name_which_is_not_looked_up_again() {
        let pairs = |pairs: &[(&str, &str)]| {
            Names::new(pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())))
        };
        let names = pairs(&[("a", "b"), ("b", "c")]).unwrap();
        let mut mapped = ["a", "b", "c"].map(str::to_owned);
        mapped.iter_mut().for_each(|name| names.map(name));
        assert_eq!(mapped, ["b", "c", "c"]);
        assert!(pairs(&[("a", "b"), ("a", "b")]).is_err());
    }
}

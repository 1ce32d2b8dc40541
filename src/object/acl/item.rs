//! One `aclitem`: what the server prints, taken apart.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

/// All letters in the server's order (acl.h, `ACL_ALL_RIGHTS_STR`).
const LETTERS: &str = "arwdDxtXUCTcsAm";

/// `grantee=privileges/grantor` (documentation: "Privileges", aclitem).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AclItem {
    /// The grantee; `None` is PUBLIC.
    pub grantee: Option<String>,
    /// Letters in the server's order, each with its grant option.
    pub privileges: Vec<Privilege>,
    /// The role that granted them.
    pub grantor: String,
}

/// One letter of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// The letter.
    pub letter: char,
    /// It may be granted on: the letter has a star.
    pub grantable: bool,
}

impl Privilege {
    /// The privilege in SQL's words.
    pub fn keyword(self) -> &'static str {
        keyword(self.letter).expect("invariant: an item with an unknown letter is not parsed")
    }
}

/// An item that is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AclError {
    /// The text has another shape.
    #[error("malformed access privileges \"{0}\"")]
    Malformed(String),
    /// A privilege that a newer server brought.
    #[error("unknown privilege \"{letter}\" in \"{item}\"")]
    Unknown {
        /// the letter
        letter: char,
        /// the whole item
        item: String,
    },
}

const fn keyword(letter: char) -> Option<&'static str> {
    Some(match letter {
        'r' => "SELECT",
        'a' => "INSERT",
        'w' => "UPDATE",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'm' => "MAINTAIN",
        'X' => "EXECUTE",
        'U' => "USAGE",
        'C' => "CREATE",
        'c' => "CONNECT",
        'T' => "TEMPORARY",
        's' => "SET",
        'A' => "ALTER SYSTEM",
        _ => return None,
    })
}

impl TryFrom<String> for AclItem {
    type Error = AclError;

    fn try_from(text: String) -> Result<Self, AclError> {
        text.as_str().try_into()
    }
}

impl TryFrom<&str> for AclItem {
    type Error = AclError;

    fn try_from(text: &str) -> Result<Self, AclError> {
        let malformed = || AclError::Malformed(text.to_owned());
        let (grantee, rest) = role(text);
        let (letters, rest) =
            rest.strip_prefix('=').and_then(|rest| rest.split_once('/')).ok_or_else(malformed)?;
        let (grantor, rest) = role(rest);
        if grantor.is_empty() || !rest.is_empty() {
            return Err(malformed());
        }
        let mut privileges: Vec<Privilege> = Vec::new();
        for letter in letters.chars() {
            if letter == '*' {
                privileges.last_mut().ok_or_else(malformed)?.grantable = true;
            } else if keyword(letter).is_some() {
                privileges.push(Privilege { letter, grantable: false });
            } else {
                return Err(AclError::Unknown { letter, item: text.to_owned() });
            }
        }
        Ok(Self { grantee: (!grantee.is_empty()).then_some(grantee), privileges, grantor })
    }
}

impl fmt::Display for AclItem {
    /// As the server writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", quoted(self.grantee.as_deref().unwrap_or_default()))?;
        for Privilege { letter, grantable } in &self.privileges {
            write!(f, "{letter}{}", if *grantable { "*" } else { "" })?;
        }
        write!(f, "/{}", quoted(&self.grantor))
    }
}

impl AclItem {
    /// Adds what another item of the same two roles grants, in the server's order.
    pub fn add(&mut self, privileges: &[Privilege]) {
        for added in privileges {
            match self.privileges.iter_mut().find(|known| known.letter == added.letter) {
                Some(known) => known.grantable |= added.grantable,
                None => self.privileges.push(*added),
            }
        }
        self.privileges.sort_by_key(|privilege| LETTERS.find(privilege.letter));
    }
}

/// A name in an item: plain, or in quotes.
fn quoted(name: &str) -> Cow<'_, str> {
    match name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))),
    }
}

/// A role name at the start of `text`, and what follows it. The server quotes names that are not plain, and doubles
/// the quotes in them (`putid()` in its acl.c).
fn role(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut quoted = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
                name.push('"');
            }
            '"' => quoted = !quoted,
            '=' | '/' if !quoted => return (name, &text[at..]),
            _ => name.push(c),
        }
    }
    (name, "")
}

#[cfg(test)]
mod tests {
    use super::{AclError, AclItem};

    fn shape(text: &str) -> (Option<String>, String, String) {
        let item = AclItem::try_from(text).unwrap();
        let privileges = item
            .privileges
            .iter()
            .map(|p| if p.grantable { format!("{}*", p.letter) } else { p.letter.to_string() });
        (item.grantee, privileges.collect(), item.grantor)
    }

    #[test]
    fn items_are_taken_apart() {
        for (text, grantee, privileges, grantor) in [
            ("app=r/owner", Some("app"), "r", "owner"),
            ("=UC/postgres", None, "UC", "postgres"),
            ("a_1=ar*wdD*xt/a_1", Some("a_1"), "ar*wdD*xt", "a_1"),
            ("\"App User\"=X/\"O-1\"", Some("App User"), "X", "O-1"),
            ("\"pgark Odd\"\"Role\"=r*w/pgark_owner", Some("pgark Odd\"Role"), "r*w", "pgark_owner"),
            ("\"a=b/c\"=U/\"=/\"", Some("a=b/c"), "U", "=/"),
            ("\"\"\"\"=U/\"\"\"\"\"\"", Some("\""), "U", "\"\""),
            ("größe=m/\"größe\"", Some("größe"), "m", "größe"),
            ("16400=r/10", Some("16400"), "r", "10"),
            ("app=/owner", Some("app"), "", "owner"),
        ] {
            let expected = (grantee.map(str::to_owned), privileges.to_owned(), grantor.to_owned());
            assert_eq!(shape(text), expected, "{text}");
            let item = AclItem::try_from(text).unwrap();
            assert_eq!(AclItem::try_from(item.to_string()).as_ref(), Ok(&item), "{text}");
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in ["", "app", "app=r", "app=r/", "app/r=owner", "app=*r/owner", "app=r/owner=x"] {
            assert_eq!(AclItem::try_from(text), Err(AclError::Malformed(text.to_owned())));
        }
        let unknown = AclItem::try_from("app=r?/owner").unwrap_err();
        assert_eq!(unknown.to_string(), "unknown privilege \"?\" in \"app=r?/owner\"");
    }
}

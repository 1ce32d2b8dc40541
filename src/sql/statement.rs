//! A statement in which role names are kept apart, so that a restore can map or refuse them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::array_cast::keep_array_casts;
use super::quote::ident;

/// One SQL statement, without the final semicolon.
///
/// It is `text[0] role[0] text[1] role[1] … text[n]`. In JSON it is a plain string when it names no role, else
/// `{"text": […], "roles": […]}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    /// Up to the first role: for most statements all there is, and a catalog has a hundred thousand.
    text: String,
    rest: Vec<Piece>,
}

/// A role, and the text behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    role: String,
    text: String,
}

impl Sql {
    /// A statement (or its beginning) without a role name.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), rest: Vec::new() }
    }

    /// Appends text.
    #[must_use]
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        self.rest.last_mut().map_or(&mut self.text, |piece| &mut piece.text).push_str(text.as_ref());
        self
    }

    /// Appends a role, by its unquoted name.
    #[must_use]
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.rest.push(Piece { role: name.into(), text: String::new() });
        self
    }

    /// Appends a piece of another statement.
    #[must_use]
    pub fn append(mut self, piece: &Self) -> Self {
        self = self.text(&piece.text);
        self.rest.extend_from_slice(&piece.rest);
        self
    }

    /// The statement in a form that the server stores as it stored the original ([`keep_array_casts`]). For text
    /// that was printed by the server; pieces of it must not be split by role names.
    #[must_use]
    pub fn keep_array_casts(mut self) -> Self {
        for text in self.pieces_mut() {
            if let Cow::Owned(kept) = keep_array_casts(text) {
                *text = kept;
            }
        }
        self
    }

    /// The text around the roles.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.text).chain(self.rest.iter().map(|piece| &*piece.text))
    }

    /// The same, to be changed.
    pub(super) fn pieces_mut(&mut self) -> impl Iterator<Item = &mut String> {
        std::iter::once(&mut self.text).chain(self.rest.iter_mut().map(|piece| &mut piece.text))
    }

    /// The unquoted names of the roles in the statement.
    pub fn roles(&self) -> impl Iterator<Item = &String> {
        self.rest.iter().map(|piece| &piece.role)
    }

    /// The same, to be mapped.
    pub fn roles_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.rest.iter_mut().map(|piece| &mut piece.role)
    }

    /// The statement as the server gets it.
    pub fn render(&self) -> String {
        let mut out = self.text.clone();
        for piece in &self.rest {
            out.push_str(&ident(&piece.role));
            out.push_str(&piece.text);
        }
        out
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

impl Serialize for Sql {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.rest.is_empty() {
            return serializer.serialize_str(&self.text);
        }
        let mut out = serializer.serialize_struct("Sql", 2)?;
        out.serialize_field("text", &self.pieces().collect::<Vec<&str>>())?;
        out.serialize_field("roles", &self.roles().collect::<Vec<&String>>())?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Sql {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SqlVisitor)
    }
}

struct SqlVisitor;

impl<'de> Visitor<'de> for SqlVisitor {
    type Value = Sql;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a statement: a string, or an object of text and roles")
    }

    fn visit_str<E>(self, text: &str) -> Result<Sql, E> {
        Ok(Sql::new(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sql, A::Error> {
        let (mut text, mut roles): (Vec<String>, Vec<String>) = Default::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "text" => text = map.next_value()?,
                "roles" => roles = map.next_value()?,
                _ => drop(map.next_value::<serde::de::IgnoredAny>()?),
            }
        }
        if text.len() != roles.len() + 1 {
            return Err(A::Error::custom("a statement needs one text more than roles"));
        }
        let mut text = text.into_iter();
        let first = text.next().unwrap_or_default();
        Ok(Sql {
            text: first,
            rest: roles.into_iter().zip(text).map(|(role, text)| Piece { role, text }).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Sql;

    #[test]
    fn roles_are_quoted_and_mapped() {
        let mut sql = Sql::new("GRANT SELECT ON TABLE s.t TO ").role("App User").text(" WITH GRANT OPTION");
        assert_eq!(sql.render(), "GRANT SELECT ON TABLE s.t TO \"App User\" WITH GRANT OPTION");
        assert_eq!(sql.roles().collect::<Vec<_>>(), ["App User"]);
        sql.roles_mut().for_each(|role| "other".clone_into(role));
        assert_eq!(sql.render(), "GRANT SELECT ON TABLE s.t TO other WITH GRANT OPTION");
    }

    #[test]
    fn pieces_keep_their_roles() {
        let sql = Sql::new("COMMENT ON ").append(&Sql::new("ROLE ").role("a b")).text(" IS NULL");
        assert_eq!((sql.render().as_str(), sql.roles().count()), ("COMMENT ON ROLE \"a b\" IS NULL", 1));
        assert_eq!(Sql::new("a").append(&Sql::new("b")).text("c").render(), "abc");
    }

    #[test]
    fn json_is_a_string_without_roles() {
        for sql in [Sql::new("SELECT 1"), Sql::new("ALTER TABLE t OWNER TO ").role("me")] {
            let json = serde_json::to_string(&sql).unwrap();
            assert_eq!(json.starts_with('"'), sql.roles().next().is_none());
            assert_eq!(serde_json::from_str::<Sql>(&json).unwrap(), sql);
        }
        assert!(serde_json::from_str::<Sql>(r#"{"text":["a"],"roles":["b"]}"#).is_err());
    }
}

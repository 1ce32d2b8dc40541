//! `require_auth`: which ways of authentication the server may ask for (libpq: `check_expected_areq`).

use super::Error;

/// A way of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The password itself.
    Password,
    /// An MD5 hash.
    Md5,
    /// Kerberos.
    Gss,
    /// Windows.
    Sspi,
    /// SCRAM-SHA-256, with channel binding or without.
    Scram,
    /// OAuth bearer tokens.
    OAuth,
    /// The server asks for nothing, or for a client certificate only.
    None,
}

const METHODS: [(&str, Method); 7] = [
    ("password", Method::Password),
    ("md5", Method::Md5),
    ("gss", Method::Gss),
    ("sspi", Method::Sspi),
    ("scram-sha-256", Method::Scram),
    ("oauth", Method::OAuth),
    ("none", Method::None),
];

/// A list of methods that are allowed, or (`!`) of those that are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireAuth {
    methods: Vec<Method>,
    negated: bool,
    text: String,
}

impl RequireAuth {
    /// Reads the list; an empty one allows everything.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Error> {
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = || Error::Value { key: "require_auth", value: text.to_owned() };
        let negated = text.starts_with('!');
        let mut methods = Vec::new();
        for word in text.split(',') {
            let name = word.strip_prefix('!').unwrap_or(word);
            let known = METHODS.iter().find(|(known, _)| *known == name);
            let &(_, method) = known.ok_or_else(wrong)?;
            if word.starts_with('!') != negated || methods.contains(&method) {
                return Err(wrong());
            }
            methods.push(method);
        }
        Ok(Some(Self { methods, negated, text: text.to_owned() }))
    }

    /// Whether the server may ask for this.
    pub fn allows(&self, method: Method) -> bool {
        self.methods.contains(&method) != self.negated
    }

    /// As the user wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_allow_or_forbid() {
        let list = |text| RequireAuth::parse(text).expect("valid").expect("a list");
        let some = list("scram-sha-256,none");
        assert!(some.allows(Method::Scram) && some.allows(Method::None) && !some.allows(Method::Password));
        let not = list("!password,!md5");
        assert!(!not.allows(Method::Password) && !not.allows(Method::Md5) && not.allows(Method::None));
        assert_eq!(RequireAuth::parse("").expect("valid"), None);
        for text in ["scram", "password,!md5", "!password,md5", "md5,md5", "password,", "password, md5"] {
            assert!(RequireAuth::parse(text).is_err(), "{text}");
        }
    }
}

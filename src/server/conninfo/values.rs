//! The values of parameters before they mean something.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Error;

/// Parameter → value. An empty value is one, too: it keeps away what the environment says.
#[derive(Default)]
pub(super) struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// Sets a value; the last one wins.
    pub fn set(&mut self, key: &'static str, value: String) {
        self.0.insert(key, value);
    }

    /// Sets a value that nothing before has set.
    pub fn set_default(&mut self, key: &'static str, value: String) {
        self.0.entry(key).or_insert(value);
    }

    /// A value, perhaps empty.
    pub fn given(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A value that is not empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.given(key).filter(|value| !value.is_empty())
    }

    /// One of several words. Here libpq takes an empty value for a wrong one.
    pub fn choice<T: Copy>(&self, key: &'static str, known: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match known.iter().find(|(name, _)| *name == value) {
            Some(&(_, choice)) => Ok(Some(choice)),
            None => Err(Error::Value { key, value: value.to_owned() }),
        }
    }

    /// A whole number.
    pub fn number(&self, key: &'static str) -> Result<Option<i32>, Error> {
        let Some(value) = self.given(key) else { return Ok(None) };
        match value.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Error::Value { key, value: value.to_owned() }),
        }
    }

    /// A number above zero; everything else means "not limited", or "as the system has it".
    pub fn positive(&self, key: &'static str) -> Result<Option<u32>, Error> {
        let number = self.number(key)?;
        Ok(number.and_then(|number| u32::try_from(number).ok()).filter(|&number| number > 0))
    }

    /// Seconds above zero.
    pub fn seconds(&self, key: &'static str) -> Result<Option<Duration>, Error> {
        Ok(self.positive(key)?.map(|seconds| Duration::from_secs(seconds.into())))
    }
}

//! Versions of extensions: CREATE EXTENSION makes the target's default version (objects.md §3), which may have other
//! members than the source's.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::manifest::Catalog;
use crate::server::{Error, Session};

#[derive(Deserialize)]
struct Available {
    name: String,
    #[serde(default)]
    default_version: Option<String>,
    versions: Vec<String>,
}

const AVAILABLE: &str = "
select e.name as name, e.default_version as default_version,
    array(select v.version from pg_available_extension_versions v where v.name = e.name order by 1) as versions
from pg_available_extensions e";

/// The extensions of which the target would make another version, one line each.
///
/// # Errors
/// Those of the server.
pub async fn version_warnings(session: &Session, catalog: &Catalog) -> Result<Vec<String>, Error> {
    let wanted: BTreeMap<&str, &str> = catalog
        .entries
        .iter()
        .filter(|entry| entry.kind == "extension")
        .filter_map(|entry| Some((entry.name.as_str(), entry.version.as_deref()?)))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let available: Vec<Available> = session.fetch(AVAILABLE).await?;
    Ok(differences(&wanted, &available))
}

fn differences(wanted: &BTreeMap<&str, &str>, available: &[Available]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, version) in wanted {
        // One that is missing altogether is refused elsewhere.
        let Some(found) = available.iter().find(|found| found.name == *name) else { continue };
        let makes = found.default_version.as_deref().unwrap_or("none");
        if makes == *version {
            continue;
        }
        let has_it = found.versions.iter().any(|known| known == version);
        let hint = if has_it { ", though it has the other one too" } else { "" };
        lines.push(format!(
            "extension \"{name}\" is {version} in the source, the target makes version {makes}{hint}"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Available, differences};

    #[test]
    fn another_version_is_said() {
        let available = |name: &str, default: &str, versions: &[&str]| Available {
            name: name.to_owned(),
            default_version: Some(default.to_owned()),
            versions: versions.iter().map(ToString::to_string).collect(),
        };
        let wanted = BTreeMap::from([("same", "1.0"), ("newer", "1.1"), ("older", "1.1"), ("missing", "1")]);
        let has = [
            available("same", "1.0", &["1.0"]),
            available("newer", "1.2", &["1.1", "1.2"]),
            available("older", "1.0", &["1.0"]),
        ];
        assert_eq!(
            differences(&wanted, &has),
            [
                "extension \"newer\" is 1.1 in the source, the target makes version 1.2, though it has the other one too",
                "extension \"older\" is 1.1 in the source, the target makes version 1.0",
            ]
        );
    }
}

//! The globals of an archive, as `list` and `info` show them.

use pgark::manifest::Globals;

use super::figure;

/// `12 roles with passwords, 3 settings, 14 memberships, 1 tablespace`.
pub fn counts(globals: &Globals) -> String {
    let roles = figure::count(globals.roles.len() as u64, "role");
    let passwords = if globals.passwords { "with passwords" } else { "without passwords" };
    let mut parts = vec![format!("{roles} {passwords}")];
    for (number, what) in [
        (globals.settings.len(), "setting"),
        (globals.memberships.len(), "membership"),
        (globals.parameters.len(), "parameter"),
        (globals.tablespaces.len(), "tablespace"),
    ] {
        parts.extend((number > 0).then(|| figure::count(number as u64, what)));
    }
    parts.join(", ")
}

/// Kind and name of each.
pub fn rows(globals: &Globals) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    rows.extend(globals.roles.iter().map(|role| ("role", role.name.clone())));
    rows.extend(globals.settings.iter().map(|setting| {
        let role = setting.role.as_deref().unwrap_or("ALL");
        ("setting", format!("{role} {}", setting.name))
    }));
    rows.extend(globals.memberships.iter().map(|m| ("membership", format!("{} in {}", m.member, m.role))));
    rows.extend(globals.parameters.iter().map(|parameter| ("parameter", parameter.name.clone())));
    rows.extend(globals.tablespaces.iter().map(|tablespace| ("tablespace", tablespace.name.clone())));
    rows
}

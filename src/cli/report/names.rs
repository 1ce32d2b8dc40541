//! Errors about names: what a target lacks, what should have another name there.

use pgark::mapping;
use pgark::sql::ident;

use super::Report;
use super::hint::shell;
use crate::cli::exit;

/// Of the names that an archive has, so many are shown.
const NAMES_SHOWN: usize = 20;

impl Report {
    /// What a restore needs and the target does not have.
    pub(super) fn lacking(lacks: &[String]) -> Self {
        let mut report = Self::new(exit::REFUSED, "the target lacks what the archive needs");
        for lack in lacks {
            report = report.cause(lack);
        }
        let has = |kind: &str| lacks.iter().any(|lack| lack.starts_with(kind));
        let roles: Vec<String> = lacks
            .iter()
            .filter_map(|lack| lack.strip_prefix("role \"")?.rsplit_once("\" ("))
            .map(|(role, _)| format!("CREATE ROLE {};", ident(role)))
            .collect();
        if !roles.is_empty() {
            let make = roles.join(" ");
            report = report.hint(format!("{make}  or let the restore make them: --create-missing-roles"));
            report = report.hint(
                "or name others in their place: --map-role OLD=NEW; or leave out owners and grants: -O -x, or only what \
                 needs these roles: --keep-going",
            );
        }
        if has("extension") {
            report = report.hint(
                "install the extensions' packages on the target's server (postgresql-contrib and others)",
            );
        }
        if has("privilege") || has("membership") || has("ownership") {
            report = report.hint(
                "restore as a superuser or as the owner of the database (-U), or grant what is missing",
            );
        }
        if has("folder") {
            report = report.hint(
                "make the folder on the server, empty and owned by the server's user, or CREATE TABLESPACE elsewhere, \
                 under the same name",
            );
        }
        if has("tablespace") {
            report = report.hint(
                "CREATE TABLESPACE on the target, under the same names; or name others: --map-tablespace OLD=NEW; or \
                 leave them out: --no-tablespaces",
            );
        }
        report
    }

    /// Names that cannot be mapped.
    pub(super) fn mapping(error: &mapping::Error) -> Self {
        use mapping::Error as E;
        let report = Self::new(exit::REFUSED, error);
        match error {
            E::Unknown { named, known, .. } if !known.is_empty() => report.hint(format!(
                "it names {}; names are as they are, in upper or lower case, and one with = in it stands in double \
                 quotes",
                known.iter().take(NAMES_SHOWN).map(|name| ident(name)).collect::<Vec<_>>().join(", ")
            )),
            E::Collision(..) => report.hint("give them different names"),
            _ => report,
        }
    }

    /// What to do about a schema that takes no part.
    pub(super) fn select_schema(self, name: &str) -> Self {
        self.hint(format!("select it with what is in it: -n {}", shell(&ident(name))))
    }

    /// What to do about a schema that has a name which another is to have.
    pub(super) fn free_schema(self) -> Self {
        self.cause(
            "a schema is made under its own name, and gets the other one at the end: both must be free",
        )
        .hint("ALTER SCHEMA … RENAME TO … what is there for as long, or restore into another database")
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn missing_roles_come_with_their_statement() {
        let report =
            Report::lacking(&["role \"my \"app\"\" (table public.t)".into(), "extension \"hstore\"".into()]);
        let text = report.to_string();
        assert!(text.contains("CREATE ROLE \"my \"\"app\"\"\";  or let the restore"), "{text}");
        assert!(text.contains("packages"), "{text}");
    }
}

//! Classes of objects, and clauses of statements, that `--no-…` leaves out.

use crate::manifest::Entry;

/// What is left out, wherever it is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaveOut {
    /// `-O`: ownership.
    pub owner: bool,
    /// `-x`: GRANT, REVOKE, default privileges.
    pub privileges: bool,
    /// `--no-comments`
    pub comments: bool,
    /// `--no-security-labels`
    pub labels: bool,
    /// `--no-policies`: policies, and that row security is enabled.
    pub policies: bool,
    /// `--no-publications`
    pub publications: bool,
    /// `--no-subscriptions`
    pub subscriptions: bool,
    /// `--no-tablespaces`: everything goes to the default tablespace.
    pub tablespaces: bool,
    /// `--no-table-access-method`: every table gets the default one.
    pub access_methods: bool,
    /// `--no-toast-compression`: every column gets the default one.
    pub compression: bool,
}

impl LeaveOut {
    /// Whether objects of some kinds are left out.
    pub fn kinds(self) -> bool {
        self.privileges || self.policies || self.publications || self.subscriptions
    }

    /// Whether objects of this kind are left out.
    pub fn has_kind(self, kind: &str) -> bool {
        match kind {
            "default_acl" | "changed_acl" => self.privileges,
            "policy" | "row_security" => self.policies,
            "publication" | "publication_table" | "publication_schema" => self.publications,
            "subscription" => self.subscriptions,
            _ => false,
        }
    }

    /// The classes of statements that are left out, as an archive names them.
    pub fn names(self) -> Vec<String> {
        let all = [
            ("owner", self.owner),
            ("privileges", self.privileges),
            ("comments", self.comments),
            ("labels", self.labels),
        ];
        all.into_iter().filter(|(_, left_out)| *left_out).map(|(name, _)| name.to_owned()).collect()
    }

    /// Leaves out as well what an archive says that its dump did.
    pub fn add_names(&mut self, names: &[String]) {
        let has = |name: &str| names.iter().any(|known| known == name);
        self.owner |= has("owner");
        self.privileges |= has("privileges");
        self.comments |= has("comments");
        self.labels |= has("labels");
    }

    /// Takes out of an entry what is left out.
    pub fn apply(self, entry: &mut Entry) {
        if self.owner {
            entry.owner = None;
            entry.owner_sql = None;
        }
        if self.privileges {
            entry.acl.clear();
        }
        if self.comments {
            entry.comments.clear();
        }
        if self.labels {
            entry.labels.clear();
        }
        if self.tablespaces {
            entry.tablespace = None;
        }
        if self.access_methods {
            entry.access_method = None;
            // Of a partitioned table it is a statement.
            let sets = |text: &str| text.starts_with("ALTER TABLE ") && text.contains(" SET ACCESS METHOD ");
            entry.ddl.retain(|sql| !(entry.kind == "table" && sets(&sql.to_string())));
        }
    }
}

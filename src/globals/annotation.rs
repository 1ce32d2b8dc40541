//! Comments and security labels of roles and tablespaces.

use super::plan::Change;
use crate::manifest::SecurityLabel;
use crate::sql::{Sql, literal};

/// What is written on an object of the cluster.
#[derive(Clone, Copy, Debug)]
pub struct Annotations<'a> {
    /// Its comment.
    pub comment: Option<&'a str>,
    /// Its security labels.
    pub labels: &'a [SecurityLabel],
}

impl Annotations<'_> {
    /// The statements that write all of it on a new object. `on` is the noun and the name: `ROLE app`.
    pub fn statements(self, on: &Sql) -> Vec<Sql> {
        let comment = self.comment.map(|text| comment(on, Some(text)));
        comment.into_iter().chain(self.labels.iter().map(|label| label.sql.clone())).collect()
    }

    /// What is different on an object that is there. Labels that only the target has are its own business.
    pub fn changes(self, on: &Sql, target: Annotations<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.comment != target.comment {
            changes.push(Change::new("another comment", [comment(on, self.comment)]));
        }
        for label in self.labels.iter().filter(|label| !target.labels.contains(label)) {
            changes.push(Change::new(
                format!("another security label of {}", label.provider),
                [label.sql.clone()],
            ));
        }
        changes
    }
}

fn comment(on: &Sql, text: Option<&str>) -> Sql {
    let text = text.map_or_else(|| "NULL".to_owned(), literal);
    Sql::new("COMMENT ON ").append(on).text(format!(" IS {text}"))
}

#[cfg(test)]
mod tests {
    use super::Annotations;
    use crate::manifest::SecurityLabel;
    use crate::sql::Sql;

    fn labels() -> Vec<SecurityLabel> {
        vec![SecurityLabel { provider: "p".into(), sql: Sql::new("SECURITY LABEL x") }]
    }

    #[test]
    fn what_differs_is_written_anew() {
        let (on, labels) = (Sql::new("ROLE ").role("A"), labels());
        let (with, without) = (
            Annotations { comment: Some("it's"), labels: &labels },
            Annotations { comment: None, labels: &[] },
        );
        let sql = |source: Annotations<'_>, target| {
            let changes = source.changes(&on, target);
            changes.iter().flat_map(|change| &change.sql).map(Sql::render).collect::<Vec<_>>()
        };
        let both = ["COMMENT ON ROLE \"A\" IS 'it''s'", "SECURITY LABEL x"];
        assert_eq!(with.statements(&on).iter().map(Sql::render).collect::<Vec<_>>(), both);
        assert_eq!(sql(with, without), both);
        assert_eq!(sql(without, with), ["COMMENT ON ROLE \"A\" IS NULL"]);
        assert!(sql(with, with).is_empty() && without.statements(&on).is_empty());
    }
}

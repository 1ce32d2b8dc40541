//! What workers find, added up, and held against catalog and totals. Pure.

use std::collections::{HashMap, HashSet};

use super::error::{Failure, Finding};
use crate::archive::{self, ContentHash, Contents, Gap, gaps};
use crate::manifest::{Catalog, Late};

/// What one worker has found so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Damaged records.
    findings: Vec<Finding>,
    /// Deep only: content hash by object.
    hashes: HashMap<u32, ContentHash>,
}

impl Tally {
    /// Notes a damaged record. Any other error ends the verification.
    pub(super) fn note(&mut self, error: archive::Error) -> Result<(), archive::Error> {
        match error {
            archive::Error::Damaged { record, offset, what, object_id, rows, source: why } => {
                self.findings.push(Finding::Record {
                    record,
                    offset,
                    what,
                    object_id,
                    label: None,
                    rows,
                    why,
                });
                Ok(())
            }
            other => Err(other),
        }
    }

    /// [`Tally::note`] for a record that may have been noted before.
    pub(super) fn note_again(&mut self, error: archive::Error) -> Result<(), archive::Error> {
        let known = |noted: &Finding| match (noted, &error) {
            (Finding::Record { record: noted, .. }, archive::Error::Damaged { record, .. }) => {
                noted == record
            }
            _ => false,
        };
        if self.findings.iter().any(known) { Ok(()) } else { self.note(error) }
    }

    /// Adds rows of an object.
    pub(super) fn add_hash(&mut self, object_id: u32, hash: ContentHash) {
        self.hashes.entry(object_id).or_default().add(hash);
    }

    /// Adds what another worker has found.
    pub(super) fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        for (object_id, hash) in other.hashes {
            self.add_hash(object_id, hash);
        }
    }

    /// Damaged records so far.
    pub(super) fn damaged(&self) -> u64 {
        self.findings.len() as u64
    }

    /// What is wrong, if anything is. `catalog` and `late` are absent when they are damaged themselves.
    pub(super) fn failure(
        mut self,
        contents: &Contents,
        catalog: Option<&Catalog>,
        late: Option<&Late>,
        deep: bool,
        records: Option<u64>,
        records_read: u64,
    ) -> Option<Failure> {
        let mut found = Vec::new();
        self.findings.sort_by_key(|finding| match finding {
            Finding::Record { record, .. } => *record,
            Finding::Gap(_) => u64::MAX,
        });
        let damaged = self.damaged();
        let mut rows_hit = 0;
        let mut objects_hit = HashSet::new();
        for mut finding in std::mem::take(&mut self.findings) {
            if let Finding::Record { object_id, label, rows, .. } = &mut finding {
                rows_hit += u64::from(*rows);
                objects_hit.extend(*object_id);
                *label = object_id.and_then(|id| name(catalog?, id));
            }
            found.push(finding);
        }
        if let (Some(catalog), Some(late)) = (catalog, late) {
            // A damaged record says nothing of its part, so its object cannot be judged further.
            let gaps = gaps(contents, catalog, late).into_iter();
            found.extend(gaps.filter(|gap| !objects_hit.contains(&gap.object_id)).map(Finding::Gap));
            // With damaged rows the hashes differ anyway.
            if deep && damaged == 0 {
                found.extend(self.wrong_hashes(catalog, late).map(Finding::Gap));
            }
        }
        if found.is_empty() {
            return None;
        }
        let total = found.len() as u64;
        found.truncate(Failure::FINDINGS_MAX);
        let intact = records_read.saturating_sub(damaged);
        Some(Failure { findings: found, found: total, intact, records, rows_hit })
    }

    fn wrong_hashes<'a>(&'a self, catalog: &'a Catalog, late: &'a Late) -> impl Iterator<Item = Gap> + 'a {
        late.tables.iter().filter_map(|total| {
            let hash = self.hashes.get(&total.id).copied().unwrap_or_default().to_string();
            (hash != total.hash).then(|| Gap {
                object_id: total.id,
                label: name(catalog, total.id).unwrap_or_else(|| format!("object {}", total.id)),
                what: format!("its rows have the content hash {hash}, the totals say {}", total.hash),
            })
        })
    }
}

fn name(catalog: &Catalog, id: u32) -> Option<String> {
    let index = usize::try_from(id).ok()?.checked_sub(1)?;
    catalog.entries.get(index).map(|entry| entry.label.clone())
}

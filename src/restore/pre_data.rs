//! The section pre-data, in the order of the archive. From a file, small tables come with their rows and indexes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::Error;
use super::islands::Islands;
use super::leader::Leader;
use super::lots::{Sources, lots, run_lots};
use super::plan::Phases;
use super::run::Run;
use super::source::Source;
use super::units::Unit;
use super::works::{entry_works, works};
use crate::event::Event;
use crate::manifest::SequenceValue;

/// Makes everything before the rows, and [`Islands`] whole. Returns the positions of the entries of those that are
/// done with.
///
/// # Errors
/// The first failure, unless the restore keeps going.
pub async fn pre_data(
    run: &Arc<Run>,
    leader: &mut Leader,
    source: &Source,
    phases: &Phases,
    units: &[Unit],
) -> Result<HashSet<usize>, Error> {
    let Source::File { file, late } = source else {
        works(run, leader, entry_works(run, &phases.pre_data)).await?;
        return Ok(HashSet::new());
    };
    let Islands { before, islands } = Islands::find(&run.catalog, phases, units);
    works(run, leader, entry_works(run, &before)).await?;
    let mut in_place = HashSet::new();
    if !islands.is_empty() {
        run.ctx.event(Event::Phase { name: "small tables", items: islands.len() });
        let mut sources = Sources {
            file: Arc::clone(file),
            units: HashMap::new(),
            sequences: late.sequences.iter().map(|value| (value.id, SequenceValue::clone(value))).collect(),
        };
        let wanted: HashSet<usize> =
            islands.iter().flat_map(|island| island.entries.iter().copied()).collect();
        for unit in units.iter().filter(|unit| wanted.contains(&(unit.entry as usize - 1))) {
            sources.units.entry(unit.entry).or_default().push(unit.clone());
        }
        let sessions = leader.take_workers();
        let lots = lots(islands, &run.catalog, run.locks, sessions.len());
        let (sessions, done) = run_lots(run, sources, sessions, lots).await?;
        leader.give_back(sessions);
        in_place.extend(done);
    }
    let mut rest = phases.pre_data.clone();
    let begun: HashSet<usize> = before.into_iter().collect();
    rest.retain(|at| !begun.contains(at) && !in_place.contains(at));
    works(run, leader, entry_works(run, &rest)).await?;
    Ok(in_place)
}

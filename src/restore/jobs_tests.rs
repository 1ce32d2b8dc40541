//! Tests of [`super::jobs`].

use std::sync::Arc;

use super::arrange::Tie;
use super::bundle::Bundle;
use super::jobs::{Jobs, Task, data_and_post_data};
use super::plan::Phases;
use super::row_order::RowOrder;
use super::units::Unit;
use crate::graph::ReadyQueue;
use crate::manifest::{Catalog, Entry};

fn entry(id: u32, kind: &str, section: &str, oid: u32, deps: &[u32]) -> Entry {
    let json = serde_json::json!({
        "id": id, "kind": kind, "name": format!("n{oid}"), "label": kind, "section": section, "deps": deps,
    });
    serde_json::from_value(json).unwrap()
}

/// The entries whose rows are in when the entry of this id starts.
fn loaded_before(jobs: &Jobs, id: u32) -> Vec<u32> {
    let is_entry = |task: &Task| matches!(task, Task::Entry(at) if *at as u32 + 1 == id);
    let job = &jobs.jobs[jobs.tasks.iter().position(is_entry).unwrap()];
    let below = |dep: &usize| match jobs.tasks[*dep] {
        Task::AllLoaded(_) => jobs.jobs[*dep].deps.clone(),
        _ => vec![*dep],
    };
    let loaded = |dep: usize| match jobs.tasks[dep] {
        Task::Loaded(at) => Some(at as u32 + 1),
        _ => None,
    };
    let mut found: Vec<u32> = job.deps.iter().chain(&job.after).flat_map(below).filter_map(loaded).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn rows_wait_for_the_rows_that_they_refer_to() {
    let catalog = Catalog {
        entries: vec![
            entry(1, "extension", "pre-data", 90, &[]),
            entry(2, "table_data", "data", 10, &[1]),
            entry(3, "table_data", "data", 11, &[1, 2]),
            entry(4, "index", "post-data", 71, &[1]),
        ],
        ..Catalog::default()
    };
    let units = [3, 3, 2].map(|entry| Unit { entry, bytes: 1, ..Unit::default() }).to_vec();
    let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), &RowOrder::default(), units);
    let deps = |job: usize| jobs.jobs[job].deps.clone();
    assert!(matches!(jobs.tasks[3], Task::Loaded(1)) && matches!(jobs.tasks[4], Task::Loaded(2)));
    assert_eq!((deps(0), deps(1), deps(2)), (vec![3], vec![3], vec![]));
    assert_eq!((deps(3), deps(4)), (vec![2], vec![0, 1, 3]));
    assert!(loaded_before(&jobs, 4).is_empty());
}

#[test]
fn statements_wait_for_the_rows_that_they_reach() {
    // A partitioned table, its partition (which has a partition itself) and a stranger.
    let catalog = Catalog {
        entries: vec![
            entry(1, "domain", "pre-data", 90, &[]),
            entry(2, "table", "pre-data", 10, &[]),
            entry(3, "table", "pre-data", 11, &[]),
            entry(4, "table", "pre-data", 12, &[]),
            entry(5, "table", "pre-data", 13, &[]),
            entry(6, "table_attach", "pre-data", 11, &[2, 3]),
            entry(7, "table_attach", "pre-data", 12, &[3, 4]),
            entry(8, "table_data", "data", 12, &[4]),
            entry(9, "table_data", "data", 13, &[5]),
            entry(10, "trigger", "post-data", 70, &[2]),
            entry(11, "index", "post-data", 71, &[2]),
            entry(12, "check", "post-data", 72, &[5]),
            entry(13, "domain_check", "post-data", 73, &[1]),
        ],
        ..Catalog::default()
    };
    let units = [8, 9].map(|entry| Unit { entry, bytes: 1, ..Unit::default() }).to_vec();
    let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), &RowOrder::default(), units);
    assert_eq!(loaded_before(&jobs, 10), [8]);
    assert!(loaded_before(&jobs, 11).is_empty());
    assert_eq!(loaded_before(&jobs, 12), [9]);
    assert_eq!(loaded_before(&jobs, 13), [8, 9]);
    assert_eq!(jobs.jobs.last().unwrap().shared, [2, 3, 4, 5]);
}

#[test]
fn an_index_that_does_more_has_its_table_alone() {
    let mut plain = entry(2, "index", "post-data", 71, &[1]);
    plain.ddl = vec!["CREATE INDEX i ON t (a)".to_owned().into()];
    let mut clustered = plain.clone();
    clustered.id = 3;
    clustered.ddl.push("ALTER TABLE t CLUSTER ON i".to_owned().into());
    let catalog = Catalog {
        entries: vec![entry(1, "table", "pre-data", 10, &[]), plain, clustered],
        ..Catalog::default()
    };
    let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), &RowOrder::default(), Vec::new());
    let locks: Vec<_> = jobs.jobs.iter().map(|job| (job.exclusive.clone(), job.shared.clone())).collect();
    assert_eq!(locks, [(vec![], vec![1]), (vec![1], vec![])]);
}

#[test]
fn foreign_tables_are_parents_too() {
    let catalog = Catalog {
        entries: vec![
            entry(1, "foreign_table", "pre-data", 10, &[]),
            entry(2, "table", "pre-data", 11, &[1]),
            entry(3, "table_data", "data", 11, &[2]),
            entry(4, "check", "post-data", 70, &[1]),
            entry(5, "trigger", "post-data", 71, &[2]),
        ],
        ..Catalog::default()
    };
    let units = vec![Unit { entry: 3, bytes: 1, ..Unit::default() }];
    let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), &RowOrder::default(), units);
    assert_eq!(loaded_before(&jobs, 4), [3]);
    assert_eq!(jobs.jobs.last().unwrap().shared, [1]);
}

#[test]
fn bundles_wait_and_are_waited_for() {
    // Rows of 5 and 6 come together, those of 7 before them and of 8 behind; 5 may name indexes.
    let mut catalog = Catalog {
        entries: vec![
            entry(1, "table", "pre-data", 1, &[]),
            entry(2, "table", "pre-data", 2, &[]),
            entry(3, "table", "pre-data", 3, &[]),
            entry(4, "table", "pre-data", 4, &[]),
            entry(5, "table_data", "data", 1, &[1]),
            entry(6, "table_data", "data", 2, &[2]),
            entry(7, "table_data", "data", 3, &[3]),
            entry(8, "table_data", "data", 4, &[4]),
            entry(9, "index", "post-data", 71, &[1]),
            entry(10, "index", "post-data", 72, &[2]),
            entry(11, "index", "post-data", 73, &[4]),
        ],
        ..Catalog::default()
    };
    catalog.entries[4].data =
        serde_json::from_value(serde_json::json!({"format": "text", "copy": "", "after_indexes": true}))
            .unwrap();
    let mut order = RowOrder::default();
    order.bundles = vec![Arc::new(Bundle::new(vec![5, 6], [], []))];
    order.waits = vec![Tie { from: vec![5], to: vec![7] }, Tie { from: vec![8], to: vec![6] }];
    let units = [5, 6, 7, 8].map(|entry| Unit { entry, bytes: 1, ..Unit::default() }).to_vec();
    let jobs = data_and_post_data(&catalog, &Phases::of(&catalog), &order, units);
    let mut queue = ReadyQueue::new(jobs.jobs.clone()).unwrap();
    let mut done = Vec::new();
    while let Some(job) = queue.next() {
        match &jobs.tasks[job] {
            Task::Load(unit) => done.push(unit.entry),
            Task::LoadTogether(bundle, units) => {
                assert_eq!((&bundle.entries[..], units.len()), (&[5, 6][..], 2));
                done.push(5);
            }
            Task::Entry(at) => done.push(*at as u32 + 1),
            Task::Loaded(_) | Task::AllLoaded(_) => {}
        }
        queue.finished(job);
    }
    assert!(queue.is_done());
    let place = |id: u32| done.iter().position(|other| *other == id).unwrap();
    for (first, then) in [(7, 5), (9, 5), (5, 8), (5, 10), (8, 11)] {
        assert!(place(first) < place(then), "{first} is not before {then}: {done:?}");
    }
}

//! The session of a restore that works through what has an order, and the workers beside it.

use std::ops::Deref;

use crate::server::Session;

/// The leader's session, with its workers. Where only one session can be had, it is leader and worker in turn.
#[derive(Debug)]
pub struct Leader {
    session: Option<Session>,
    workers: Vec<Session>,
}

impl Leader {
    /// Without workers it is its own.
    pub fn new(session: Session, workers: Vec<Session>) -> Self {
        match workers.is_empty() {
            true => Self { session: None, workers: vec![session] },
            false => Self { session: Some(session), workers },
        }
    }

    /// Those who work in parallel; at least one.
    pub fn workers(&self) -> &[Session] {
        &self.workers
    }

    /// Takes the workers. Nobody leads until they are [given back](Self::give_back).
    pub fn take_workers(&mut self) -> Vec<Session> {
        std::mem::take(&mut self.workers)
    }

    /// Gives the workers back.
    pub fn give_back(&mut self, workers: Vec<Session>) {
        self.workers = workers;
    }
}

impl Deref for Leader {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().unwrap_or_else(|| &self.workers[0])
    }
}

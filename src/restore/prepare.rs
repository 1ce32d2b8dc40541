//! Looks at archive and target before anything is written.

use super::error::Error;
use super::plan::{Needs, Phases, Plan, version_warnings};
use super::source::{self, Source};
use super::target::Target;
use super::{Input, Options};
use crate::context::Context;
use crate::event::Event;
use crate::manifest::{Begin, Catalog};
use crate::server::settings::{Scope, Writing};
use crate::server::{Conninfo, Server, Session};
use crate::version::Version;

/// An archive and a target that have been looked at.
pub struct Prepared {
    pub(super) server: Server,
    pub(super) leader: Session,
    pub(super) source: Source,
    pub(super) begin: Begin,
    pub(super) catalog: Catalog,
    pub(super) phases: Phases,
    pub(super) options: Options,
    plan: Plan,
    read_only: Option<&'static str>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Prepared {
    /// What will be done.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Why it will not be done, if so.
    pub fn refusal(&self) -> Option<Error> {
        if let Some(reason) = self.read_only {
            return Some(Error::ReadOnly(reason));
        }
        if !self.plan.lacks.is_empty() {
            return Some(Error::Lacks(self.plan.lacks.clone()));
        }
        (!self.plan.present.is_empty()).then(|| Error::NotEmpty(self.plan.present.clone()))
    }
}

/// Settings of a session that restores. Commits do not wait for the server's disk one by one; the last one does.
pub(super) async fn set_up(session: &Session) -> Result<(), crate::server::Error> {
    session.set_up_writing(Scope::Session, Writing { asynchronous_commit: true }).await
}

/// Opens the archive, connects, compares.
///
/// # Errors
/// An archive that cannot be read; a server that cannot be reached.
pub async fn prepare(
    ctx: &Context,
    input: &Input,
    target: &Conninfo,
    options: &Options,
) -> Result<Prepared, Error> {
    let (source, begin, catalog) = source::open(input).await?;
    let (server, leader) = Server::connect(target).await?;
    let facts = server.facts();
    let name = server.target();
    ctx.event(Event::Connected { target: name.clone(), version: facts.version_text.clone() });
    set_up(&leader).await?;
    let mut found = Target::read(&leader).await?;

    let phases = Phases::of(&catalog);
    let needs = Needs::of(&catalog, options.omit);
    found.look_for_providers(&leader, &needs).await?;
    let lacks = found.lacks(&needs, facts.version.major());
    let count =
        |kinds: &[&str]| catalog.entries.iter().filter(|entry| kinds.contains(&entry.kind.as_str())).count();
    let (indexes, constraints) = (count(&["index"]), count(&["key", "foreign_key", "check", "domain_check"]));
    let mut warnings = version_warnings(Version::from_num(begin.source.server_version_num), facts.version);
    warnings.extend(encoding_warning(&begin, &facts.encoding));
    if count(&["subscription"]) > 0 {
        warnings.push("subscriptions come back disabled, and their slots are not made".to_owned());
    }
    warnings.extend(found.path_warnings(&needs, &catalog.database.role_paths));
    let plan = Plan {
        archive: match input {
            Input::File(path) => path.display().to_string(),
            Input::Stdin => "-".to_owned(),
        },
        identity: match &source {
            Source::File { file, .. } => Some(file.end().root.to_string()),
            Source::Stream(_) => None,
        },
        target: name,
        source: begin.source.database.clone(),
        source_version: begin.source.server_version.clone(),
        target_version: facts.version_text.clone(),
        pre_data: phases.pre_data.len(),
        tables: count(&["table_data"]),
        rows: match &source {
            Source::File { file, .. } => Some(file.end().rows),
            Source::Stream(_) => None,
        },
        raw_bytes: match &source {
            Source::File { file, .. } => file.end().raw_bytes,
            Source::Stream(_) => begin.expected_bytes,
        },
        indexes,
        constraints,
        other_post_data: phases.post_data.len().saturating_sub(indexes + constraints),
        jobs: options.jobs,
        needs,
        lacks,
        warnings,
        present: found.present,
    };
    Ok(Prepared {
        leader,
        source,
        begin,
        phases,
        options: options.clone(),
        plan,
        read_only: found.read_only,
        catalog,
        server,
    })
}

fn encoding_warning(begin: &Begin, target: &str) -> Option<String> {
    let source = &begin.source.encoding;
    (source != target).then(|| {
        format!(
            "the source is encoded in {source}, the target in {target}: text that does not exist there fails"
        )
    })
}

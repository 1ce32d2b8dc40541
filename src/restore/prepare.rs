//! Looks at archive and target before anything is written.

use std::collections::BTreeSet;

use super::authority::Authority;
use super::create::NewDatabase;
use super::ddl::Work;
use super::error::Error;
use super::globals;
use super::maintenance::Maintenance;
use super::obstacle::Obstacle;
use super::opened::Opened;
use super::plan::{Cleaning, Needs, Omit, Phases, Plan, version_warnings};
use super::presence::Present;
use super::rename::Renames;
use super::roles::NewRoles;
use super::room::look_for_room;
use super::row_order::{RowOrder, Wish};
use super::source::Source;
use super::target::Target;
use super::{Failure, Globals, Input, Options, dependents, extensions, family, privileges, whole};
use crate::context::Context;
use crate::event::Event;
use crate::manifest::{Begin, Catalog, Late};
use crate::nice::Watch;
use crate::preflight::{Fit, LockTable};
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
    pub(super) globals: Option<crate::globals::Plan>,
    pub(super) options: Options,
    pub(super) omit: Omit,
    /// The database to make first, if any.
    pub(super) new: Option<NewDatabase>,
    pub(super) maintenance: Maintenance,
    /// Looks how the target does, from the first write on.
    pub(super) watch: Option<Watch>,
    /// What is dropped first.
    pub(super) drops: Vec<Work>,
    /// How rows come into tables that are there.
    pub(super) rows: RowOrder,
    obstacle: Option<Obstacle>,
    /// Roles to make first.
    pub(super) roles: NewRoles,
    /// Schemas that get another name at the end.
    pub(super) renames: Renames,
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
        if let Some(obstacle) = &self.obstacle {
            return Some(obstacle.clone().into());
        }
        if !self.plan.hanging.is_empty() {
            return Some(Error::Dependents(self.plan.hanging.clone()));
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
    let opened = Opened::new(input, options).await?;
    let Opened { source, begin, mut catalog, taken, omit, cleans, unused, warnings } = opened;
    let only = options.globals == Globals::Only;
    let from_pipe = matches!(source, Source::Stream(_));
    let (server, leader) = Server::connect_as(target, Some("restore leader")).await?;
    let facts = server.facts();
    ctx.event(Event::Connected { target: server.target(), version: facts.version_text.clone() });
    set_up(&leader).await?;
    let memory = options.maintenance_work_mem.as_deref();
    let maintenance = Maintenance::read(&leader, options.jobs, memory).await?;
    maintenance.set_up(&leader).await?;
    let mut found = Target::read(&leader).await?;
    let creates = options.create.is_some();
    found.leave_to_the_database(&mut catalog, creates);
    let renames = Renames::new(&leader, &catalog, &options.mapping.schemas, creates).await?;

    let source_version = Version::from_num(begin.source.server_version_num);
    let mut warnings = [warnings, version_warnings(source_version, facts.version)].concat();
    let (mut cannot, mut not_there) = (Vec::new(), Vec::new());
    if !omit.privileges {
        warnings.extend(privileges::leave_out_maintain(&mut catalog, facts.version));
        cannot = privileges::leave_out_grantors(&leader, &mut catalog).await?;
    }
    warnings.extend(extensions::version_warnings(&leader, &catalog).await?);

    // A part may go into a database that has the rest.
    if catalog.partial && !only {
        let present = match options.create {
            Some(_) => Present::fresh(),
            None => Present::read(&leader).await?,
        };
        // What would be in the way is dropped.
        let (in_the_way, schemas) = match cleans {
            true => Default::default(),
            false => present.in_the_way(&mut catalog),
        };
        found.present = in_the_way;
        warnings
            .extend(schemas.iter().map(|schema| format!("{schema} is there already, and stays as it is")));
        not_there = present.lacks(&taken.missing);
        if options.keep_going {
            let lacking = not_there.drain(..);
            warnings.extend(lacking.map(|what| format!("the target lacks {what}")));
        }
    }
    let mut rows = RowOrder::default();
    if options.create.is_none() {
        let wish = Wish { from_pipe, silent: options.disable_triggers };
        rows = RowOrder::read(&leader, &mut catalog, wish).await?;
        warnings.append(&mut rows.warnings);
    }
    let mut phases = Phases::of(&catalog);
    if let Some(list) = &options.list {
        phases.sort(&list.iter().enumerate().map(|(place, id)| (*id as usize - 1, place)).collect());
    }
    let mut needs = Needs::of(&catalog, omit);
    let globals = match options.globals {
        Globals::Skip => None,
        _ => Some(globals::compare(&leader, catalog.globals.as_ref(), omit).await?),
    };
    let mut folders = Vec::new();
    if let (Some(plan), Some(globals)) = (&globals, &catalog.globals) {
        globals::add_needs(&mut needs, globals, plan, omit);
        folders = globals::missing_folders(&leader, plan).await?;
        found.roles.extend(plan.roles.iter().cloned());
        found.tablespaces.extend(plan.tablespaces.iter().map(|tablespace| tablespace.name.clone()));
    }
    let new = options.create.filter(|_| !only);
    let new = new.map(|create| NewDatabase::new(&server, &begin, &catalog.database, options, omit, create));
    let mut new = new.transpose()?;
    if let Some(new) = &new {
        new.add_needs(&mut needs);
    }
    let (roles, without) = NewRoles::settle(options, &mut catalog, new.as_mut(), &mut needs, &mut found);
    cannot.extend(without);
    warnings.extend(unused.warning(&needs, &found));
    found.look_for_providers(&leader, &needs).await?;
    let mut lacks = found.lacks(&needs, facts.version.major());
    lacks.extend(folders);
    lacks.extend(not_there);
    lacks.append(&mut rows.lacks);
    if !only {
        let authority = Authority::read(&leader, &catalog, omit, new.is_some());
        let authority = roles.tried(&leader, authority).await?;
        lacks.extend(authority.lacks);
        warnings.extend(authority.warnings);
    }
    let locks = LockTable::read_for(&leader, family::locks(&catalog), options.jobs).await?;
    if locks.tables >= family::FEW {
        look_for_room(&locks, &family::words(&locks), "", &mut warnings, &mut lacks);
    }
    let (mut clean, mut hanging, mut drops) = (None, Vec::new(), Vec::new());
    if cleans {
        found.present.clear();
        drops = super::drops::drops(&catalog, omit);
        let (mut cleaning, found) = dependents::read(&leader, &catalog).await?;
        hanging = found;
        cleaning.terminate = options.terminate;
        cleaning.at_once = LockTable::read_for(&leader, cleaning.objects, 1).await?.fit() == Fit::Fits;
        if !cleaning.at_once && !options.single_transaction {
            warnings.push(format!(
                "{} objects are too many to be dropped in one transaction: after a failure some may be gone",
                cleaning.objects
            ));
        }
        let along = cleaning.along.iter();
        warnings.extend(along.map(|what| format!("{what} is dropped, too, and is not in the archive")));
        clean = Some(cleaning);
    }
    if options.single_transaction {
        let dropped = clean.as_ref().map_or(0, |clean: &Cleaning| clean.objects);
        let locks = LockTable::read_for(&leader, whole::locks(&catalog) + dropped, 1).await?;
        let words = locks.words_of(&format!("{} locks in one transaction", locks.tables));
        look_for_room(&locks, &words, "; or leave out -1", &mut warnings, &mut lacks);
        // All or nothing: what is known to fail need not be tried.
        lacks.extend(
            cannot.drain(..).map(|failure: Failure| format!("{}: {}", failure.label, failure.reason)),
        );
        if let Some(clean) = &mut clean {
            clean.at_once = true;
        }
    }
    let mut obstacle = None;
    if let Some(new) = &mut new {
        lacks.extend(new.lacks(&leader).await?);
        match new.way(&leader, &found).await? {
            Ok(old) => new.replaced = old,
            Err(in_the_way) => obstacle = Some(in_the_way),
        }
        // That is what the database has which is only connected to.
        found.present.clear();
    }
    let count =
        |kinds: &[&str]| catalog.entries.iter().filter(|entry| kinds.contains(&entry.kind.as_str())).count();
    let (indexes, constraints) = (count(&["index"]), count(&["key", "foreign_key", "check", "domain_check"]));
    if new.is_none() {
        warnings.extend(encoding_warning(&begin, &facts.encoding));
    }
    if count(&["subscription"]) > 0 {
        warnings.push("subscriptions come back disabled, and their slots are not made".to_owned());
    }
    match &globals {
        None => warnings.extend(found.path_warnings(&needs, &catalog.database.role_paths)),
        Some(plan) => {
            warnings.extend(plan.warnings.iter().cloned());
            let own = plan.differences.iter().filter(|found| found.of_bootstrap);
            warnings.extend(own.map(|found| format!("{}: {}", found.label, found.reason())));
        }
    }
    if globals.is_none() && catalog.globals.is_some() && !lacks.is_empty() {
        warnings.push("the archive has the globals of its cluster: --globals restores them, too".to_owned());
    }
    let plan = Plan {
        archive: match input {
            Input::File(path) => path.display().to_string(),
            Input::Stdin => "-".to_owned(),
        },
        identity: match &source {
            Source::File { file, .. } => Some(file.end().root.to_string()),
            Source::Stream(_) => None,
        },
        target: new.as_ref().map_or_else(|| server.target(), NewDatabase::target),
        create: new.as_ref().map(NewDatabase::making),
        clean,
        hanging,
        database: new.as_ref().map_or_else(|| server.database().to_owned(), |new| new.name.clone()),
        source: begin.source.database.clone(),
        source_version: begin.source.server_version.clone(),
        target_version: facts.version_text.clone(),
        pre_data: phases.pre_data.len(),
        tables: count(&["table_data"]),
        rows: match &source {
            Source::File { late, .. } => Some(table_rows(&catalog, late)),
            Source::Stream(_) => None,
        },
        raw_bytes: match &source {
            Source::File { late, .. } => raw_bytes(&catalog, late),
            Source::Stream(_) => begin.expected_bytes,
        },
        indexes,
        constraints,
        other_post_data: phases.post_data.len().saturating_sub(indexes + constraints),
        jobs: options.jobs,
        needs,
        lacks,
        cannot,
        rename: renames.shown(),
        create_roles: roles.names.clone(),
        warnings,
        together: std::mem::take(&mut rows.words),
        present: if only { Vec::new() } else { found.present },
        globals: globals.as_ref().map(globals::shown),
        globals_only: only,
    };
    Ok(Prepared {
        leader,
        source,
        begin,
        phases,
        globals,
        options: options.clone(),
        omit,
        new,
        maintenance,
        watch: None,
        drops,
        rows,
        obstacle,
        roles,
        renames,
        plan,
        read_only: found.read_only,
        catalog,
        server,
    })
}

/// Raw bytes of what takes part.
fn raw_bytes(catalog: &Catalog, late: &Late) -> u64 {
    let takes_part = |id: u32| catalog.entries.get(id as usize - 1).is_some_and(|entry| !entry.left_out);
    late.tables.iter().filter(|total| takes_part(total.id)).map(|total| total.bytes).sum()
}

/// Rows of tables; pages of large objects count as rows in the archive.
fn table_rows(catalog: &Catalog, late: &Late) -> u64 {
    let tables: BTreeSet<u32> =
        catalog.entries.iter().filter(|entry| entry.kind == "table_data").map(|entry| entry.id).collect();
    late.tables.iter().filter(|total| tables.contains(&total.id)).map(|total| total.rows).sum()
}

fn encoding_warning(begin: &Begin, target: &str) -> Option<String> {
    let source = &begin.source.encoding;
    (source != target).then(|| {
        format!(
            "the source is encoded in {source}, the target in {target}: text that does not exist there fails"
        )
    })
}

//! The globals of the cluster: compared before the first write, made before the database, since that needs its roles.

use serde::Deserialize;

use super::ddl::Work;
use super::error::Error;
use super::plan::{GlobalsPlan, Needs, Omit};
use super::run::Run;
use crate::event::Event;
use crate::globals::{Cluster, Phase, Plan, Step, plan, read};
use crate::manifest::Globals;
use crate::server::Session;
use crate::sql::{Sql, literal};

/// Compares the archive's globals with the target's.
///
/// # Errors
/// An archive without globals; those of the server; privileges that cannot be understood.
pub async fn compare(session: &Session, globals: Option<&Globals>, omit: Omit) -> Result<Plan, Error> {
    let Some(globals) = globals else { return Err(Error::NoGlobals) };
    let mut target = read(session, globals.passwords).await?;
    let mut source = globals.clone();
    for globals in [&mut source, &mut target.globals] {
        leave_out(globals, omit, &target.me);
    }
    let mut plan = plan(&source, &target)?;
    plan.warnings.extend(password_warnings(&source, &target, &plan));
    Ok(plan)
}

/// What is left out on both sides does not differ.
fn leave_out(globals: &mut Globals, omit: Omit, me: &str) {
    for tablespace in &mut globals.tablespaces {
        if omit.owner {
            me.clone_into(&mut tablespace.owner);
        }
        // Privileges are the owner's to give.
        if omit.owner || omit.privileges {
            tablespace.acl = None;
        }
        if omit.labels {
            tablespace.labels.clear();
        }
    }
    if omit.privileges {
        globals.parameters.clear();
    }
    if omit.comments {
        globals.roles.iter_mut().for_each(|role| role.comment = None);
        globals.tablespaces.iter_mut().for_each(|tablespace| tablespace.comment = None);
    }
    if omit.labels {
        globals.roles.iter_mut().for_each(|role| role.labels.clear());
    }
}

fn password_warnings(source: &Globals, target: &Cluster, plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    let bare = source.roles.iter().filter(|role| role.login && plan.roles.contains(&role.name)).count();
    if !source.passwords && bare > 0 {
        warnings.push(format!(
            "{bare} role(s) that may log in come without a password: the dump was without --role-passwords"
        ));
    }
    if source.passwords && !target.globals.passwords && plan.roles.len() < source.roles.len() {
        warnings
            .push("whether roles that are there have the same passwords only superusers may see".to_owned());
    }
    warnings
}

/// Adds to `needs` what the new globals need.
pub fn add_needs(needs: &mut Needs, globals: &Globals, plan: &Plan, omit: Omit) {
    let roles = globals.roles.iter().filter(|role| plan.roles.contains(&role.name));
    let roles =
        roles.flat_map(|role| role.labels.iter().map(move |label| (label, format!("role {}", role.name))));
    let tablespaces = plan.tablespaces.iter();
    let tablespaces = tablespaces.flat_map(|tablespace| {
        tablespace.labels.iter().map(move |label| (label, format!("tablespace {}", tablespace.name)))
    });
    for (label, on) in roles.chain(tablespaces).filter(|_| !omit.labels) {
        needs.label_providers.entry(label.provider.clone()).or_insert(on);
    }
}

/// Folders of new tablespaces that the server does not have, as far as it says so. Nobody but its administrator can
/// make them.
///
/// # Errors
/// A lost connection.
pub async fn missing_folders(session: &Session, plan: &Plan) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        is_folder: bool,
    }
    let mut missing = Vec::new();
    for tablespace in &plan.tablespaces {
        let Some(location) = &tablespace.location else { continue };
        let sql = format!(
            "SELECT coalesce((pg_catalog.pg_stat_file({}, true)).isdir, false) AS is_folder",
            literal(location)
        );
        match session.fetch::<Row>(&sql).await {
            Ok(rows) if rows.iter().all(|row| row.is_folder) => {}
            Ok(_) => {
                missing.push(format!("folder \"{location}\" on the server (tablespace {})", tablespace.name))
            }
            // Who may not ask learns it from CREATE TABLESPACE.
            Err(error) if error.server().is_some() && !session.is_closed() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(missing)
}

/// What the plan shows.
pub fn shown(plan: &Plan) -> GlobalsPlan {
    GlobalsPlan {
        create: plan.steps.iter().map(|step| step.label.clone()).collect(),
        present: plan.present,
        // The bootstrap superuser's are warnings.
        differences: plan
            .differences
            .iter()
            .filter(|found| !found.of_bootstrap)
            .map(|found| format!("{}: {}", found.label, found.reason()))
            .collect(),
    }
}

/// Makes what is missing, before everything else. Roles, settings, memberships and privileges on parameters are one
/// transaction: after an error none of them is there, and the next run makes them all. What differs is put on record.
///
/// # Errors
/// The first statement that is rejected, unless the restore keeps going.
pub async fn before(run: &Run, session: &Session, plan: &Plan) -> Result<(), Error> {
    run.ctx.event(Event::Phase { name: "globals", items: plan.steps.len() });
    session.batch("BEGIN").await?;
    for step in plan.steps.iter().filter(|step| step.phase < Phase::Tablespace) {
        if let Err(error) = in_savepoint(run, session, step).await {
            // The error says more than a connection that may be gone.
            let _ = session.batch("ROLLBACK").await;
            return Err(error);
        }
    }
    session.batch("COMMIT").await?;
    for step in plan.steps.iter().filter(|step| step.phase == Phase::Tablespace) {
        match one_by_one(run, session, step).await {
            Ok(()) => run.done(1),
            Err(error) => run.failed(0, &step.label, error)?,
        }
    }
    for found in plan.differences.iter().filter(|found| !found.of_bootstrap) {
        run.record(&found.label, format!("left alone: {}", found.reason()));
    }
    Ok(())
}

/// CREATE TABLESPACE takes neither a transaction nor company.
async fn one_by_one(run: &Run, session: &Session, step: &Step) -> Result<(), Error> {
    for sql in &step.sql {
        work(run, step, std::slice::from_ref(sql)).run(session).await?;
    }
    Ok(())
}

async fn in_savepoint(run: &Run, session: &Session, step: &Step) -> Result<(), Error> {
    session.batch("SAVEPOINT one").await?;
    let Err(error) = work(run, step, &step.sql).run(session).await else {
        run.done(1);
        return Ok(session.batch("RELEASE one").await?);
    };
    // As with settings of the database: an unknown one is said, and everything else arrives.
    if step.phase == Phase::Setting && !error.is_fatal() {
        run.record(&step.label, error.reason());
    } else {
        run.failed(0, &step.label, without_hash(error))?;
    }
    Ok(session.batch("ROLLBACK TO one").await?)
}

/// The hash of a password is for the server only: messages show the statement up to it.
fn without_hash(mut error: Error) -> Error {
    if let Error::Statement { sql, .. } = &mut error
        && let Some((shown, _)) = sql.split_once(" PASSWORD '")
    {
        *sql = format!("{shown} PASSWORD …");
    }
    error
}

/// `ALTER ROLE ALL SET`, which would bend the restore's own sessions: after everything else.
pub async fn after(run: &Run, session: &Session, plan: &Plan) {
    for step in plan.steps.iter().filter(|step| step.phase == Phase::Cluster) {
        match work(run, step, &step.sql).run(session).await {
            Ok(()) => run.done(1),
            Err(error) => run.record(&step.label, error.reason()),
        }
    }
}

fn work(run: &Run, step: &Step, sql: &[Sql]) -> Work {
    let mut statements = Vec::new();
    for sql in sql.iter().map(Sql::render) {
        // It ends the role that the session had taken on, too.
        let behind = (sql == "RESET SESSION AUTHORIZATION").then(|| run.own_role.clone());
        statements.push(sql);
        statements.extend(behind);
    }
    Work { id: 0, label: step.label.clone(), sql: statements }
}

#[cfg(test)]
mod tests {
    use super::{Omit, leave_out};
    use crate::manifest::{Globals, Parameter, Role, SecurityLabel, Tablespace};
    use crate::sql::Sql;

    #[test]
    fn what_is_left_out_is_not_compared() {
        let label = SecurityLabel { provider: "p".into(), sql: Sql::new("x") };
        let full = Globals {
            roles: vec![Role { labels: vec![label.clone()], ..Role::default() }],
            parameters: vec![Parameter::default()],
            tablespaces: vec![Tablespace {
                owner: "app".into(),
                acl: Some(vec!["=C/app".into()]),
                labels: vec![label],
                ..Tablespace::default()
            }],
            ..Globals::default()
        };
        let left = |owner, privileges, labels| {
            let mut globals = full.clone();
            leave_out(&mut globals, Omit { owner, privileges, labels, ..Omit::default() }, "me");
            let Tablespace { owner, acl, labels, .. } = globals.tablespaces.remove(0);
            (owner, acl.is_some(), labels.len() + globals.roles[0].labels.len(), globals.parameters.len())
        };
        assert_eq!(left(false, false, false), ("app".into(), true, 2, 1));
        assert_eq!(left(true, false, false), ("me".into(), false, 2, 1));
        assert_eq!(left(false, true, false), ("app".into(), false, 2, 0));
        assert_eq!(left(false, false, true), ("app".into(), true, 0, 1));
    }
}

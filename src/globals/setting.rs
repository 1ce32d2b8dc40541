//! `ALTER ROLE … SET` and `ALTER ROLE ALL SET`, in every database.

use super::plan::{Change, Comparison, Phase, Step};
use crate::manifest::Setting;
use crate::sql::{Sql, ident};

/// Adds what is missing and what differs. Settings of a role that is there already are reported only.
pub fn compare(of: &mut Comparison<'_>) {
    for setting in &of.source.settings {
        let found = of.target.globals.settings.iter().find(|found| same(found, setting));
        let (label, sql) = (label(setting), statement(setting));
        let what = match found {
            Some(found) if found.value == setting.value => {
                of.plan.present += 1;
                continue;
            }
            Some(found) => format!("it is {} there, {} in the archive", found.value, setting.value),
            None if setting.role.as_ref().is_none_or(|role| of.is_new(role)) => {
                let phase = if setting.role.is_none() { Phase::Cluster } else { Phase::Setting };
                of.plan.steps.push(Step { phase, label, sql: vec![sql] });
                continue;
            }
            None => format!("the role is there, and it is not set; {} in the archive", setting.value),
        };
        of.report(label, [Change::new(what, [sql])], setting.role.as_deref());
    }
}

fn same(a: &Setting, b: &Setting) -> bool {
    (&a.role, &a.name) == (&b.role, &b.name)
}

fn label(setting: &Setting) -> String {
    match &setting.role {
        Some(role) => format!("setting {} of role {}", setting.name, ident(role)),
        None => format!("setting {} of all roles", setting.name),
    }
}

fn statement(setting: &Setting) -> Sql {
    let alter = match &setting.role {
        Some(role) => Sql::new("ALTER ROLE ").role(role),
        None => Sql::new("ALTER ROLE ALL"),
    };
    alter.text(format!(" SET {} TO {}", setting.name, setting.value))
}

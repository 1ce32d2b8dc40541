//! Which objects of the database a selection takes. Relations are chosen before the catalog is read: the others are
//! neither locked nor looked at.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

use super::error::Error;
use crate::catalog::Only;
use crate::manifest::Section;
use crate::object::{CatalogId, Class, Database, Kind, Object};
use crate::selection::{Chosen, Part, Relation, Selection, Thing, World};
use crate::server::Session;

/// What a selection made of the names in the database.
#[derive(Debug)]
pub struct Choice {
    chosen: Chosen,
    /// Positions of relations by OID.
    at: HashMap<u32, usize>,
    /// In step with them: stem of the kind, schema, name.
    names: Vec<(&'static str, String, String)>,
    /// What has to be read of the catalog; `None` = all.
    only: Option<Only>,
}

#[derive(Deserialize)]
struct Facts {
    database: String,
    path: Vec<String>,
}

/// The session's own search_path counts, as for psql: names without a schema are looked for there.
const FACTS: &str = "select pg_catalog.current_database()::text as database, \
    pg_catalog.current_schemas(true)::text[] as path";

#[derive(Deserialize)]
struct Name {
    kind: String,
    oid: u32,
    name: String,
}

const NAMES: &str = "
select 'schema' as kind, n.oid as oid, n.nspname as name
from pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
union all select 'extension', e.oid, e.extname from pg_extension e";

#[derive(Deserialize)]
struct Row {
    oid: u32,
    kind: String,
    schema: String,
    name: String,
    #[serde(default)]
    parents: Option<Vec<u32>>,
    #[serde(default)]
    owner: Option<u32>,
    identity: bool,
    #[serde(default)]
    extension: Option<String>,
}

const RELATIONS: &str = "
select c.oid as oid, c.relkind::text as kind, n.nspname as schema, c.relname as name,
    i.parents as parents,
    s.refobjid as owner,
    coalesce(s.deptype = 'i', false) as identity,
    e.extname as extension
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join (select inhrelid, array_agg(inhparent) as parents from pg_inherits group by 1) i on i.inhrelid = c.oid
left join pg_depend s on c.relkind = 'S' and s.classid = 1259 and s.objid = c.oid and s.objsubid = 0
    and s.refclassid = 1259 and s.refobjsubid > 0 and s.deptype in ('a', 'i')
left join pg_depend d on d.classid = 1259 and d.objid = c.oid and d.objsubid = 0 and d.refclassid = 3079
    and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid";

/// Applies a selection to a database, as often as its catalog is looked at.
pub struct Chooser<'a> {
    selection: &'a Selection,
    facts: Option<Facts>,
}

impl<'a> Chooser<'a> {
    /// Asks for the session's own search_path, which must not have been changed yet.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn new(session: &Session, selection: &'a Selection) -> Result<Self, Error> {
        let facts = match selection.has_names() {
            true => session.fetch::<Facts>(FACTS).await?.pop(),
            false => None,
        };
        Ok(Self { selection, facts })
    }

    /// Asks the server for names, if names decide; in a transaction with an empty search_path.
    ///
    /// # Errors
    /// Those of the server, and of the selection.
    pub async fn choose(&self, session: &Session) -> Result<Choice, Error> {
        let Some(Facts { database, path }) = &self.facts else {
            let chosen = self.selection.choose(&World::default())?;
            return Ok(Choice { chosen, at: HashMap::new(), names: Vec::new(), only: None });
        };
        let names: Vec<Name> = session.fetch(NAMES).await?;
        let rows: Vec<Row> = session.fetch(RELATIONS).await?;
        let of = |kind: &str| -> BTreeSet<String> {
            names.iter().filter(|row| row.kind == kind).map(|row| row.name.clone()).collect()
        };
        let at = rows.iter().enumerate().map(|(at, row)| (row.oid, at)).collect();
        let world = World {
            database: database.clone(),
            path: Some(path.clone()),
            schemas: of("schema"),
            extensions: of("extension"),
            relations: relations(&rows, &at),
        };
        let chosen = self.selection.choose(&world)?;
        let only = Some(only_of(&rows, &world, &chosen, &names));
        let names = rows.into_iter().map(|row| (stem(&row.kind), row.schema, row.name)).collect();
        Ok(Choice { chosen, at, names, only })
    }
}

impl Choice {
    /// What has to be read of the catalog.
    pub fn only(&self) -> Option<&Only> {
        self.only.as_ref()
    }

    /// Whether a table, or a sequence, is locked and read; all that is not known is.
    pub fn touches(&self, oid: u32) -> bool {
        self.only.is_none() || self.at.get(&oid).is_some_and(|at| self.chosen.touches(*at))
    }

    /// Whether the rows of a table are read.
    pub fn reads(&self, oid: u32) -> bool {
        self.only.is_none() || self.at.get(&oid).is_some_and(|at| self.chosen.reads(*at))
    }

    /// How many relations are looked at, at most.
    pub fn relations(&self) -> i64 {
        self.only.as_ref().map_or(i64::MAX, |only| only.relations.len() as i64)
    }

    /// Kind, schema and name of a relation that is not dumped, though no extension makes it.
    pub fn left_out(&self, oid: u32) -> Option<(&'static str, &str, &str)> {
        let at = *self.at.get(&oid)?;
        let (kind, schema, name) = &self.names[at];
        self.chosen.leaves_out(at).then_some((*kind, schema, name))
    }

    /// What was asked for.
    pub fn selection(&self) -> &Selection {
        self.chosen.selection()
    }

    /// Whether large objects take part.
    pub fn has_large_objects(&self) -> bool {
        self.chosen.has_large_objects()
    }

    /// Whether an object takes part, its section and what is no definition apart.
    pub fn has(&self, object: &dyn Object, database: &Database) -> bool {
        if self.only.is_none() {
            return self.chosen.has_kind(object.kind().stem());
        }
        let reference = object.reference();
        self.chosen.has(&Thing {
            kind: object.kind().stem(),
            schema: object.schema(),
            name: object.name(),
            table: object.table(),
            reference: &reference,
            part: self.part(object, database),
        })
    }

    /// Whether what the schema `public` is, beside what it contains, takes part.
    pub fn has_public(&self) -> bool {
        let content = &self.selection().content;
        (self.only.is_none() || self.chosen.has_schema("public")) && content.has("schema", Section::PreData)
    }

    fn part<'a>(&self, object: &dyn Object, database: &'a Database) -> Part<'a> {
        let relation = match object.kind() {
            Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView | Kind::Sequence => {
                Some(object.id().oid)
            }
            // Their parent may be the extension that makes the relation.
            Kind::TableData | Kind::SequenceValue => Some(object.id().oid),
            _ => object.parent().filter(|id| id.class == Class::RELATION).map(|id| id.oid),
        };
        if let Some(at) = relation.and_then(|oid| self.at.get(&oid)) {
            return Part::Relation(*at);
        }
        let member = object.dependencies().into_iter().find_map(|id| extension_of(id, database));
        match member.filter(|_| object.kind() == Kind::ChangedAcl) {
            Some(name) => Part::Extension(name),
            None => Part::None,
        }
    }
}

fn extension_of(id: CatalogId, database: &Database) -> Option<&str> {
    let oid = database.lookup.member_of.get(&id)?;
    database.extensions.iter().find(|extension| extension.oid == *oid).map(|extension| &*extension.name)
}

fn relations(rows: &[Row], at: &HashMap<u32, usize>) -> Vec<Relation> {
    rows.iter()
        .map(|row| Relation {
            schema: row.schema.clone(),
            name: row.name.clone(),
            parents: row.parents.iter().flatten().filter_map(|oid| at.get(oid).copied()).collect(),
            owner: row.owner.and_then(|oid| at.get(&oid).copied()),
            identity: row.identity,
            extension: row.extension.clone(),
        })
        .collect()
}

/// The relations that take part with all that they inherit from, which decides how they are printed.
fn only_of(rows: &[Row], world: &World, chosen: &Chosen, names: &[Name]) -> Only {
    let mut open: Vec<usize> = (0..rows.len()).filter(|at| chosen.touches(*at)).collect();
    let mut wanted = HashSet::new();
    while let Some(at) = open.pop() {
        if wanted.insert(at) {
            open.extend(&world.relations[at].parents);
        }
    }
    let mut relations: Vec<u32> = wanted.into_iter().map(|at| rows[at].oid).collect();
    relations.sort_unstable();
    let schemas = names.iter().filter(|row| row.kind == "schema" && chosen.has_schema(&row.name));
    Only { relations, schemas: schemas.map(|row| row.oid).collect() }
}

fn stem(relkind: &str) -> &'static str {
    match relkind {
        "v" => Kind::View,
        "m" => Kind::MaterializedView,
        "S" => Kind::Sequence,
        "f" => Kind::ForeignTable,
        _ => Kind::Table,
    }
    .stem()
}

//! Everything that was read of one database, put together.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::access_method::AccessMethod;
use super::aggregate::Aggregate;
use super::base_type::BaseType;
use super::cast::Cast;
use super::changed_acl::ChangedAcl;
use super::check::Check;
use super::collation::Collation;
use super::conversion::Conversion;
use super::event_trigger::EventTrigger;
use super::foreign_data_wrapper::ForeignDataWrapper;
use super::foreign_server::ForeignServer;
use super::foreign_table::ForeignTable;
use super::language::Language;
use super::operator::Operator;
use super::operator_class::OperatorClass;
use super::operator_family::OperatorFamily;
use super::publication::Publication;
use super::publication_schema::PublicationSchema;
use super::publication_table::PublicationTable;
use super::rule::Rule;
use super::shell_type::ShellType;
use super::statistics_object::StatisticsObject;
use super::subscription::Subscription;
use super::transform::Transform;
use super::ts_configuration::TsConfiguration;
use super::ts_dictionary::TsDictionary;
use super::ts_parser::TsParser;
use super::ts_template::TsTemplate;
use super::user_mapping::UserMapping;

use super::column::Column;
use super::composite::Composite;
use super::default::ColumnDefault;
use super::default_acl::DefaultAcl;
use super::derived::Derived;
use super::domain::Domain;
use super::domain_check::DomainCheck;
use super::enumeration::Enum;
use super::extension::Extension;
use super::facet::{
    Alias, Comment, Depend, Facts, LeftBehind, Member, Parent, SecurityLabel, SystemColumn, TypeFact,
    Unsupported,
};
use super::family_member::FamilyMember;
use super::foreign_key::ForeignKey;
use super::function::Function;
use super::id::{CatalogId, Class};
use super::index::Index;
use super::key::Key;
use super::large_object::LargeObject;
use super::materialized_view::MaterializedView;
use super::not_null::NotNull;
use super::object::Object;
use super::policy::Policy;
use super::range::Range;
use super::schema::Schema;
use super::sequence::Sequence;
use super::table::Table;
use super::trigger::Trigger;
use super::view::View;
use super::view_rule::ViewRule;

/// The rows of one catalog query: `schema/catalog/<stem>.sql`.
pub trait Rows {
    /// What can go wrong.
    type Error;

    /// The rows, decoded by column name.
    fn decode<T: DeserializeOwned>(self) -> impl Future<Output = Result<Vec<T>, Self::Error>>;
}

/// The registry: one line per query. A kind that is not listed here does not exist.
macro_rules! registry {
    (
        objects { $($field:ident: $object:ty = $stem:literal,)* }
        facets { $($facet:ident: $row:ty = $facet_stem:literal,)* }
    ) => {
        /// The rows of all catalog queries.
        #[derive(Debug, Default)]
        #[expect(missing_docs, reason = "one field per query of schema/catalog")]
        pub struct Database {
            $(pub $field: Vec<$object>,)*
            $(pub $facet: Vec<$row>,)*
            /// What follows from the rows: attaches, rows to copy, refreshes.
            pub derived: Derived,
            pub lookup: Lookup,
        }

        /// The queries: stem and text, facets in `facet/`.
        pub const QUERIES: &[(&str, &str)] = &[
            $(($stem, include_str!(concat!("../../schema/catalog/", $stem, ".sql"))),)*
            $(($facet_stem, include_str!(concat!("../../schema/catalog/facet/", $facet_stem, ".sql"))),)*
        ];

        impl Database {
            /// Takes over the rows of the query of that stem.
            ///
            /// # Errors
            /// Those of `rows`.
            pub async fn add<R: Rows>(&mut self, stem: &str, rows: R) -> Result<(), R::Error> {
                match stem {
                    $($stem => self.$field = rows.decode().await?,)*
                    $($facet_stem => self.$facet = rows.decode().await?,)*
                    _ => {}
                }
                Ok(())
            }

            /// Takes over the rows of the queries that another one has been given.
            pub fn absorb(&mut self, other: Self) {
                $(if !other.$field.is_empty() { self.$field = other.$field; })*
                $(if !other.$facet.is_empty() { self.$facet = other.$facet; })*
            }

            /// Every object, in registry order; extension members included.
            pub fn objects(&self) -> Vec<&dyn Object> {
                let mut all: Vec<&dyn Object> = Vec::new();
                $(all.extend(self.$field.iter().map(|object| object as &dyn Object));)*
                self.derived.collect(&mut all);
                all
            }
        }
    };
}

registry! {
    objects {
        schemas: Schema = "schema",
        extensions: Extension = "extension",
        enums: Enum = "enum",
        composites: Composite = "composite",
        ranges: Range = "range",
        domains: Domain = "domain",
        domain_checks: DomainCheck = "domain_check",
        functions: Function = "function",
        tables: Table = "table",
        views: View = "view",
        view_rules: ViewRule = "view_rule",
        materialized_views: MaterializedView = "materialized_view",
        sequences: Sequence = "sequence",
        defaults: ColumnDefault = "default",
        checks: Check = "check",
        not_nulls: NotNull = "not_null",
        keys: Key = "key",
        indexes: Index = "index",
        foreign_keys: ForeignKey = "foreign_key",
        triggers: Trigger = "trigger",
        policies: Policy = "policy",
        default_acls: DefaultAcl = "default_acl",
        large_objects: LargeObject = "large_object",
        languages: Language = "language",
        collations: Collation = "collation",
        transforms: Transform = "transform",
        shell_types: ShellType = "shell_type",
        base_types: BaseType = "base_type",
        casts: Cast = "cast",
        aggregates: Aggregate = "aggregate",
        access_methods: AccessMethod = "access_method",
        operators: Operator = "operator",
        operator_families: OperatorFamily = "operator_family",
        operator_classes: OperatorClass = "operator_class",
        conversions: Conversion = "conversion",
        ts_parsers: TsParser = "ts_parser",
        ts_templates: TsTemplate = "ts_template",
        ts_dictionaries: TsDictionary = "ts_dictionary",
        ts_configurations: TsConfiguration = "ts_configuration",
        foreign_data_wrappers: ForeignDataWrapper = "foreign_data_wrapper",
        foreign_servers: ForeignServer = "foreign_server",
        user_mappings: UserMapping = "user_mapping",
        foreign_tables: ForeignTable = "foreign_table",
        statistics_objects: StatisticsObject = "statistics_object",
        rules: Rule = "rule",
        publications: Publication = "publication",
        publication_tables: PublicationTable = "publication_table",
        publication_schemas: PublicationSchema = "publication_schema",
        subscriptions: Subscription = "subscription",
        event_triggers: EventTrigger = "event_trigger",
        changed_acls: ChangedAcl = "changed_acl",
    }
    facets {
        facts: Facts = "facts",
        columns: Column = "column",
        system_columns: SystemColumn = "system_column",
        parents: Parent = "parent",
        types: TypeFact = "type",
        aliases: Alias = "alias",
        depends: Depend = "depend",
        members: Member = "member",
        comments: Comment = "comment",
        family_members: FamilyMember = "family_member",
        labels: SecurityLabel = "security_label",
        unsupported: Unsupported = "unsupported",
        left_behind: LeftBehind = "left_behind",
    }
}

/// Positions of rows by OID.
#[derive(Debug, Default)]
pub struct Lookup {
    /// Tables by OID.
    pub table: HashMap<u32, usize>,
    /// Foreign tables by OID.
    pub foreign_table: HashMap<u32, usize>,
    /// Positions in `parents` of the links whose child is the key, in inhseqno order.
    pub parents: HashMap<u32, Vec<usize>>,
    /// Positions in `defaults`, by relation and column number.
    pub default: HashMap<(u32, i16), usize>,
    /// Positions in `checks`, by table.
    pub checks: HashMap<u32, Vec<usize>>,
    /// Positions in `not_nulls`, by table and column number.
    pub not_null: HashMap<(u32, i16), usize>,
    /// Positions in `types`, by OID.
    pub types: HashMap<u32, usize>,
    /// Positions in `comments`, by object.
    pub comments: HashMap<CatalogId, Vec<usize>>,
    /// Positions in `labels`, by object.
    pub labels: HashMap<CatalogId, Vec<usize>>,
    /// The extension that a member belongs to.
    pub member_of: HashMap<CatalogId, u32>,
    /// Positions in `sequences`, by OID.
    pub sequence: HashMap<u32, usize>,
}

impl Database {
    /// The table of that OID, be it a foreign one.
    pub fn table(&self, oid: u32) -> Option<&Table> {
        let foreign = || self.lookup.foreign_table.get(&oid).map(|&at| &self.foreign_tables[at].0);
        self.lookup.table.get(&oid).map(|&at| &self.tables[at]).or_else(foreign)
    }

    /// Tables and foreign tables: what inherits, and what a partition can be.
    pub fn all_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().chain(self.foreign_tables.iter().map(|foreign| &foreign.0))
    }

    /// The parents of a relation, in inhseqno order.
    pub fn parents_of(&self, oid: u32) -> impl Iterator<Item = &Parent> {
        self.lookup.parents.get(&oid).into_iter().flatten().map(|&at| &self.parents[at])
    }

    /// The default (or generation expression) of a column.
    pub fn default_of(&self, relation: u32, number: i16) -> Option<&ColumnDefault> {
        self.lookup.default.get(&(relation, number)).map(|&at| &self.defaults[at])
    }

    /// The CHECK constraints of a table, by name.
    pub fn checks_of(&self, table: u32) -> impl Iterator<Item = &Check> {
        self.lookup.checks.get(&table).into_iter().flatten().map(|&at| &self.checks[at])
    }

    /// The catalogued NOT NULL constraint of a column (from PostgreSQL 18).
    pub fn not_null_of(&self, table: u32, number: i16) -> Option<&NotNull> {
        self.lookup.not_null.get(&(table, number)).map(|&at| &self.not_nulls[at])
    }

    /// What is known of a type.
    pub fn type_fact(&self, oid: u32) -> Option<&TypeFact> {
        self.lookup.types.get(&oid).map(|&at| &self.types[at])
    }

    /// The comments on an object and on its columns: (objsubid, text).
    pub fn comments_on(&self, id: CatalogId) -> impl Iterator<Item = &Comment> {
        self.lookup.comments.get(&id).into_iter().flatten().map(|&at| &self.comments[at])
    }

    /// The security labels of an object and of its columns.
    pub fn labels_on(&self, id: CatalogId) -> impl Iterator<Item = &SecurityLabel> {
        self.lookup.labels.get(&id).into_iter().flatten().map(|&at| &self.labels[at])
    }

    /// Whether the object, or the relation it hangs on, belongs to an extension, which then makes it.
    pub fn is_member(&self, object: &dyn Object) -> bool {
        let member = |id: CatalogId| self.lookup.member_of.contains_key(&id);
        member(object.id()) || object.parent().is_some_and(member)
    }

    /// Takes all rows of pg_depend; those that DEPENDS ON EXTENSION stands for stay here as well.
    pub fn take_depends(&mut self) -> Vec<Depend> {
        let of_extensions = self.depends.iter().filter(|row| row.extension.is_some()).cloned().collect();
        std::mem::replace(&mut self.depends, of_extensions)
    }

    /// Forgets how columns are compressed, for `--no-toast-compression`.
    pub fn forget_compression(&mut self) {
        let tables = self.tables.iter_mut().flat_map(|table| &mut table.columns);
        let foreign = self.foreign_tables.iter_mut().flat_map(|table| &mut table.0.columns);
        let views = self.materialized_views.iter_mut().flat_map(|view| &mut view.columns);
        tables.chain(foreign).chain(views).for_each(|column| column.compression = Default::default());
    }

    /// Facts of the database itself.
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.first()
    }

    /// Puts the rows of all queries together.
    pub fn assemble(&mut self) {
        self.index_rows();
        self.name_columns();
        self.hand_out_columns();
        super::default::inherit(self);
        self.derived = Derived::from(&*self);
    }

    fn index_rows(&mut self) {
        let lookup = &mut self.lookup;
        lookup.table = self.tables.iter().enumerate().map(|(at, table)| (table.oid, at)).collect();
        lookup.foreign_table =
            self.foreign_tables.iter().enumerate().map(|(at, row)| (row.0.oid, at)).collect();
        lookup.sequence = self.sequences.iter().enumerate().map(|(at, row)| (row.oid, at)).collect();
        lookup.types = self.types.iter().enumerate().map(|(at, row)| (row.oid, at)).collect();
        lookup.default =
            self.defaults.iter().enumerate().map(|(at, row)| ((row.relation, row.number), at)).collect();
        lookup.not_null =
            self.not_nulls.iter().enumerate().map(|(at, row)| ((row.table_oid, row.number), at)).collect();
        for (at, row) in self.parents.iter().enumerate() {
            lookup.parents.entry(row.child).or_default().push(at);
        }
        for (at, row) in self.checks.iter().enumerate() {
            lookup.checks.entry(row.table_oid).or_default().push(at);
        }
        for (at, row) in self.comments.iter().enumerate() {
            lookup.comments.entry(CatalogId::new(Class(row.class), row.oid)).or_default().push(at);
        }
        for (at, row) in self.labels.iter().enumerate() {
            lookup.labels.entry(CatalogId::new(Class(row.class), row.oid)).or_default().push(at);
        }
        for row in &self.members {
            lookup.member_of.insert(CatalogId::new(Class(row.class), row.oid), row.extension);
        }
    }

    /// Tells defaults and NOT NULL constraints what their columns are; the query has those in relation and number order.
    fn name_columns(&mut self) {
        let columns = &self.columns;
        let column = |relation: u32, number: i16| {
            let at = columns.binary_search_by_key(&(relation, number), |row| (row.relation, row.number));
            at.ok().map(|at| &columns[at])
        };
        for row in &mut self.defaults {
            let Some(column) = column(row.relation, row.number) else { continue };
            row.column.clone_from(&column.name);
            row.generated.clone_from(&column.generated);
            row.column_printed = column.local || row.in_partition;
        }
        for row in &mut self.not_nulls {
            let Some(column) = column(row.table_oid, row.number) else { continue };
            row.column.clone_from(&column.name);
        }
    }

    /// Gives every relation its columns; the query has them in relation and number order.
    fn hand_out_columns(&mut self) {
        let mut columns: HashMap<u32, Vec<Column>> = HashMap::new();
        for column in std::mem::take(&mut self.columns) {
            columns.entry(column.relation).or_default().push(column);
        }
        let mut take = |oid: u32| columns.remove(&oid).unwrap_or_default();
        self.tables.iter_mut().for_each(|row| row.columns = take(row.oid));
        self.foreign_tables.iter_mut().for_each(|row| row.0.columns = take(row.0.oid));
        self.views.iter_mut().for_each(|row| row.columns = take(row.oid));
        self.materialized_views.iter_mut().for_each(|row| row.columns = take(row.oid));
        self.composites.iter_mut().for_each(|row| row.columns = take(row.relation));
        self.sequences.iter_mut().for_each(|row| row.columns = take(row.oid));
    }
}

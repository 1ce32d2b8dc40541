//! A database of a test's own.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::oracle::{psql, psql_file};
use super::server::TestServer;

/// A database with subscriptions cannot be dropped. Without its slot a subscription goes without asking the publisher.
const UNSUBSCRIBE: &str = "
do $$ declare one name; begin
    for one in
        select s.subname from pg_subscription s join pg_database d on d.oid = s.subdbid
        where d.datname = current_database()
    loop
        execute format('alter subscription %I disable', one);
        execute format('alter subscription %I set (slot_name = none)', one);
        execute format('drop subscription %I', one);
    end loop;
end $$";

/// A database made from `template0` under a name nobody else has; dropped with the value, roles included.
#[derive(Debug)]
pub struct TestDatabase {
    server: TestServer,
    name: String,
    roles: Mutex<Vec<String>>,
}

impl TestDatabase {
    /// A database with the cluster's encoding and locale.
    pub fn create(server: &TestServer, topic: &str) -> Self {
        Self::create_with(server, topic, "")
    }

    /// A database with options of CREATE DATABASE, such as `encoding 'LATIN1' locale 'C'`.
    pub fn create_with(server: &TestServer, topic: &str, options: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pgark_test_{}_{number}_{topic}", std::process::id());
        assert!(name.len() < 50, "the topic `{topic}` makes names too long");
        Self::create_named(server, &name, options)
    }

    /// A database of that name, which must be the test's own.
    pub fn create_named(server: &TestServer, name: &str, options: &str) -> Self {
        let quoted = quoted(name);
        psql(server, "postgres", &format!("create database {quoted} template template0 {options}"))
            .unwrap_or_else(|error| panic!("create database {name} on {}: {error}", server.major));
        Self { server: server.clone(), name: name.to_owned(), roles: Mutex::default() }
    }

    /// Drops the database now, but not its roles; what comes under its name later goes away with the value.
    pub fn drop_now(&self) {
        psql(&self.server, "postgres", &self.drop_sql())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    fn drop_sql(&self) -> String {
        // DROP DATABASE … WITH (FORCE) is younger than 12.
        format!(
            "select format('alter database %I is_template false', datname) from pg_database
                where datname = {0} and datistemplate \\gexec
            select pg_terminate_backend(pid) from pg_stat_activity where datname = {0};
            drop database if exists {1};\n",
            format_args!("'{}'", self.name.replace('\'', "''")),
            quoted(&self.name)
        )
    }

    /// The server it lives on.
    pub fn server(&self) -> &TestServer {
        &self.server
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Connection string, as superuser.
    pub fn conninfo(&self) -> String {
        self.server.conninfo(&self.name)
    }

    /// Creates a role that goes away with the database, and returns its full name.
    pub fn role(&self, suffix: &str, options: &str) -> String {
        let role = format!("{}_{suffix}", self.name);
        self.sql(&format!("create role \"{role}\" {options}"));
        self.roles.lock().expect("no test panics while it holds the list").push(role.clone());
        role
    }

    /// Runs statements and returns the rows (`psql -At`); a failure fails the test.
    pub fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).unwrap_or_else(|error| panic!("{} on {}: {error}", self.name, self.server.major))
    }

    /// Runs statements and returns the rows, or what psql says.
    pub fn try_sql(&self, sql: &str) -> Result<String, String> {
        psql(&self.server, &self.name, sql)
    }

    /// Runs a file through psql, stopping at the first error.
    pub fn run_sql_file(&self, path: &Path) -> Result<(), String> {
        psql_file(&self.server, &self.name, path).map(drop)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let mut sql = self.drop_sql();
        for role in self.roles.lock().expect("no test panics while it holds the list").iter() {
            sql.push_str(&format!("drop role if exists \"{role}\";\n"));
        }
        let mut dropped = psql(&self.server, "postgres", &sql);
        if dropped.is_err() && self.try_sql(UNSUBSCRIBE).is_ok() {
            dropped = psql(&self.server, "postgres", &sql);
        }
        if let Err(error) = dropped {
            println!("{} stays on PostgreSQL {}: {error}", self.name, self.server.major);
        }
    }
}

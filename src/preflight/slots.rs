//! Connection slots (documentation: "Connection Settings"; `ALTER ROLE` and `ALTER DATABASE … CONNECTION LIMIT`).

use serde::Deserialize;

use crate::server::{Error, Session};

/// Of the free slots so many are left to others, or a tenth of all: a dump must not lock applications out.
const SPARE_MIN: i32 = 3;

/// What limits the sessions of this role on this database, and how far that is used up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Slots {
    /// `max_connections`.
    pub max_connections: i32,
    /// `superuser_reserved_connections` and, from 16 on, `reserved_connections`.
    pub reserved: i32,
    /// Sessions of clients, ours among them.
    pub in_use: i32,
    /// The role that logged in.
    pub role: String,
    /// It is a superuser, whom no limit of a role or database concerns.
    pub superuser: bool,
    /// Its CONNECTION LIMIT; -1 = none.
    pub role_limit: i32,
    /// Its sessions.
    pub of_role: i32,
    /// The database.
    pub database: String,
    /// Its CONNECTION LIMIT; -1 = none.
    pub database_limit: i32,
    /// Sessions on it.
    pub of_database: i32,
}

/// Room for further sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many.
    pub sessions: usize,
    /// What limits them.
    pub limit: String,
}

/// Others' sessions show what they are only to members of pg_read_all_stats; a background process has no database
/// either. Walsenders have slots of their own.
const SLOTS: &str = "
select current_setting('max_connections')::int as max_connections,
    current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
    s.in_use as in_use,
    r.rolname as role,
    r.rolsuper as superuser,
    r.rolconnlimit as role_limit,
    s.of_role as of_role,
    d.datname as database,
    d.datconnlimit as database_limit,
    s.of_database as of_database
from pg_roles r
cross join pg_database d
cross join lateral (
    select count(*)::int as in_use,
        (count(*) filter (where a.usesysid = r.oid))::int as of_role,
        (count(*) filter (where a.datid = d.oid))::int as of_database
    from pg_stat_activity a
    where a.backend_type = 'client backend' or a.backend_type is null and a.datid is not null
) s
where r.rolname = session_user and d.datname = current_database()";

impl Slots {
    /// Asks the server.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn read(session: &Session) -> Result<Self, Error> {
        Ok(session.fetch(SLOTS).await?.pop().unwrap_or_default())
    }

    /// Slots that are free for ordinary roles. Reserved ones are for emergencies, whoever we are.
    pub fn free(&self) -> i32 {
        (self.max_connections - self.reserved - self.in_use).max(0)
    }

    /// How many sessions more there may be. One is taken if there is one.
    pub fn room(&self) -> Room {
        let free = self.free();
        let spare = SPARE_MIN.max((self.max_connections - self.reserved) / 10);
        let of_server = (free - spare).max(free.min(1));
        let mut room = (
            of_server,
            format!(
                "max_connections = {}, {} of them reserved, {} in use, and some are left to others",
                self.max_connections, self.reserved, self.in_use
            ),
        );
        let limits = [
            (self.role_limit, self.of_role, format!("role \"{}\"", self.role)),
            (self.database_limit, self.of_database, format!("database \"{}\"", self.database)),
        ];
        for (limit, in_use, what) in limits {
            let left = (limit - in_use).max(0);
            if limit >= 0 && !self.superuser && left < room.0 {
                room = (left, format!("{what} has a connection limit of {limit}, {in_use} in use"));
            }
        }
        Room { sessions: usize::try_from(room.0).unwrap_or_default(), limit: room.1 }
    }
}

/// What is said when there are fewer sessions than asked for, and why.
pub fn fewer(sessions: usize, jobs: usize, why: &str) -> String {
    match sessions {
        0 => format!("going on with one session alone instead of {jobs} and a leader: {why}"),
        _ => format!("going on with {sessions} of {jobs} sessions: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    fn slots(max_connections: i32, in_use: i32) -> Slots {
        let (role, database) = ("r".to_owned(), "d".to_owned());
        let none = Slots { role_limit: -1, database_limit: -1, role, database, ..Slots::default() };
        Slots { max_connections, reserved: 3, in_use, of_role: 1, of_database: 1, ..none }
    }

    #[test]
    fn some_slots_are_left_to_others() {
        for (max_connections, in_use, sessions) in
            [(100, 1, 87), (100, 90, 1), (100, 97, 0), (100, 99, 0), (20, 5, 9), (6, 1, 1), (6, 3, 0)]
        {
            let room = slots(max_connections, in_use).room();
            assert_eq!(room.sessions, sessions, "{max_connections} {in_use}");
            assert!(room.limit.starts_with("max_connections"));
        }
    }

    #[test]
    fn the_narrowest_limit_is_named() {
        let role = Slots { role_limit: 3, ..slots(100, 1) };
        assert_eq!(
            (role.room().sessions, role.room().limit.as_str()),
            (2, "role \"r\" has a connection limit of 3, 1 in use")
        );
        let both = Slots { database_limit: 2, ..role };
        assert_eq!(
            (both.room().sessions, both.room().limit.as_str()),
            (1, "database \"d\" has a connection limit of 2, 1 in use")
        );
        let alone = Slots { database_limit: 1, ..slots(100, 1) };
        assert_eq!(alone.room().sessions, 0);
        assert_eq!(Slots { superuser: true, ..both }.room().sessions, 87);
    }
}

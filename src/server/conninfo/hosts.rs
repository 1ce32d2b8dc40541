//! The list of hosts, and the password of each (libpq: `pqConnectOptions2`).

use std::path::PathBuf;

use super::passfile::{self, Wanted};
use super::values::Values;
use super::{DEFAULT_PORT, Environment, Error, Host, Password, Place, socket_path};

/// The hosts in their order, without passwords.
pub(super) fn list(values: &Values, environment: &Environment<'_>) -> Result<Vec<Host>, Error> {
    let list = |key| values.get(key).map(|v| v.split(',').collect::<Vec<_>>()).unwrap_or_default();
    let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = if addresses.is_empty() { names.len().max(1) } else { addresses.len() };
    if !addresses.is_empty() && !names.is_empty() && addresses.len() != names.len() {
        return Err(Error::Mismatch { what: "host names", found: names.len(), hosts: addresses.len() });
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(Error::Mismatch { what: "port numbers", found: ports.len(), hosts: count });
    }
    (0..count)
        .map(|i| {
            let name = names.get(i).copied().unwrap_or_default();
            let port = port(ports.get(i).or(ports.first()).copied().unwrap_or_default())?;
            let address: Option<std::net::IpAddr> = match addresses.get(i).copied().unwrap_or_default() {
                "" => None,
                text => {
                    Some(text.parse().map_err(|_| Error::Value { key: "hostaddr", value: text.to_owned() })?)
                }
            };
            let place = match (name, address) {
                ("", Some(address)) => Place::Name(address.to_string()),
                ("", None) => default_place(environment, port),
                // An address is connected to even if the name is a socket's directory.
                (path, None) if path.starts_with(['/', '@']) => Place::Socket(path.into()),
                (name, _) => Place::Name(name.to_owned()),
            };
            Ok(Host { place, address, port, password: None })
        })
        .collect()
}

/// A port of the list. In a URI with unescaped characters it may be a piece of a password, so only a number is
/// repeated in a message.
fn port(text: &str) -> Result<u16, Error> {
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    let number = text.trim().parse::<i64>();
    number.as_ref().ok().and_then(|&port| u16::try_from(port).ok()).filter(|&port| port != 0).ok_or_else(
        || Error::Value {
            key: "port",
            value: number.map_or_else(|_| "…".to_owned(), |number| number.to_string()),
        },
    )
}

/// Where to connect without a host: the first directory that has a socket of this port, else TCP.
fn default_place(environment: &Environment<'_>, port: u16) -> Place {
    match environment.socket_dirs.iter().find(|dir| socket_path(dir, port).exists()) {
        Some(dir) => Place::Socket(dir.clone()),
        None => Place::Name("localhost".to_owned()),
    }
}

/// Gives each host its password: one that was given is for all, else the password file is asked for each.
pub(super) fn passwords(
    hosts: &mut [Host],
    (dbname, user): (&str, &str),
    values: &Values,
    environment: &Environment<'_>,
    warnings: &mut Vec<String>,
) {
    if let Some(password) = values.get("password") {
        let password = Password::new(password);
        hosts.iter_mut().for_each(|host| host.password = Some(password.clone()));
        return;
    }
    let path = match values.get("passfile") {
        Some(path) => PathBuf::from(path),
        None => match environment.home() {
            Some(home) => home.join(".pgpass"),
            None => return,
        },
    };
    let Some(text) = passfile::load(&path, warnings) else { return };
    for host in hosts {
        // The default socket goes by the name `localhost`, whichever of the usual directories it is in.
        let shown = match &host.place {
            Place::Socket(dir) if environment.socket_dirs.contains(dir) => "localhost".to_owned(),
            place => place.to_string(),
        };
        let wanted = Wanted { host: &shown, port: host.port, dbname, user };
        host.password =
            passfile::find(&text, wanted).map(|secret| Password { secret, file: Some(path.clone()) });
    }
}

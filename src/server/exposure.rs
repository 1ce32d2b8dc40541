//! Whether somebody between pgark and the server could get at the password.

use std::net::IpAddr;

use super::connect::resolve;
use super::conninfo::{ChannelBinding, Conninfo, Method, Roots, SslMode};
use super::transport::Address;

impl Conninfo {
    /// What to tell a user whose password goes, perhaps in clear, to a host that nobody has verified. `None` over sockets
    /// and the loopback, and where certificates, SCRAM alone or its channel binding are insisted on.
    ///
    /// A server that poses as the right one may ask for the password itself, whatever the right one does.
    pub async fn password_exposure(&self) -> Option<String> {
        if self.is_verified() {
            return None;
        }
        for host in &self.hosts {
            // What cannot be resolved cannot be connected to either.
            for address in resolve(host).await.unwrap_or_default() {
                if let Address::Tcp(address) = address
                    && !is_own(address.ip())
                {
                    let mode = self.tls.mode.name();
                    return Some(format!(
                        "the password goes to {} over a link on which nobody is verified (sslmode={mode}): who is in \
                         between can read it; sslmode=verify-full, or channel_binding=require, prevents that",
                        host.place
                    ));
                }
            }
        }
        None
    }

    /// Only the right server can get the password: an authority that the user trusts vouches for it, or it has to prove
    /// that it knows the password.
    fn is_verified(&self) -> bool {
        let named = match &self.tls.roots {
            Roots::System => true,
            Roots::File(path) => path.exists(),
            Roots::Default(path) => path.as_ref().is_some_and(|path| path.exists()),
        };
        let asks_in_clear = |method| self.require_auth.as_ref().is_none_or(|rules| rules.allows(method));
        (self.tls.mode >= SslMode::Require && named)
            || self.channel_binding == ChannelBinding::Require
            || !(asks_in_clear(Method::Password) || asks_in_clear(Method::Md5))
    }
}

/// An address of this machine itself.
fn is_own(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use crate::server::conninfo::{Environment, Flags, resolve};

    async fn exposed(text: &str) -> bool {
        let none = |_: &str| None;
        let environment = Environment {
            var: &none,
            os_user: Some("u".into()),
            os_home: None,
            socket_dirs: vec![],
            config_dirs: vec![],
        };
        let flags = Flags { dbname: Some(text.to_owned()), ..Flags::default() };
        let conninfo = resolve(&flags, &environment).expect(text);
        let warning = conninfo.password_exposure().await;
        assert!(
            warning.iter().all(|text| text.contains("sslmode=") && !text.contains("s3cret")),
            "{warning:?}"
        );
        warning.is_some()
    }

    #[tokio::test]
    async fn remote_hosts_that_are_not_verified() {
        let root = tempfile::NamedTempFile::new().expect("a file");
        let root = root.path().display();
        for (text, expected) in [
            ("host=192.0.2.9", true),
            ("host=192.0.2.9 sslmode=disable", true),
            ("host=192.0.2.9 sslmode=require", true),
            ("host=/tmp,192.0.2.9", true),
            ("host=localhost hostaddr=192.0.2.9", true),
            ("host=2001:db8::1", true),
            ("host=192.0.2.9 require_auth=md5,scram-sha-256", true),
            (&format!("host=192.0.2.9 sslmode=prefer sslrootcert={root}"), true),
            (&format!("host=192.0.2.9 sslmode=require sslrootcert={root}"), false),
            (&format!("host=192.0.2.9 sslmode=verify-full sslrootcert={root}"), false),
            ("host=192.0.2.9 sslrootcert=system", false),
            ("host=192.0.2.9 channel_binding=require", false),
            ("host=192.0.2.9 require_auth=scram-sha-256", false),
            ("host=/tmp", false),
            ("host=127.0.0.1", false),
            ("host=localhost", false),
            ("host=db.example hostaddr=127.3.2.1", false),
            ("host=::1", false),
            ("host=::ffff:127.0.0.1", false),
            ("host=name.invalid", false),
        ] {
            assert_eq!(exposed(&format!("{text} password=s3cret")).await, expected, "{text}");
        }
    }
}

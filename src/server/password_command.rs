//! A command that prints the password: for tokens that live for some minutes (RDS IAM, Azure, Vault).

use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::conninfo::Password;
use super::error::Failure;

/// A password of this age is not used for another connection. Tokens live for 15 minutes (AWS) to an hour.
const RENEW_AFTER: Duration = Duration::from_secs(300);

/// A command that takes longer hangs: nobody can answer its questions.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tokens have one or two thousand bytes.
const OUTPUT_MAX: u64 = 1 << 16;

/// A shell command whose first line of output is the password. It runs before the first connection, and again for
/// connections that are made minutes later, or when the server does not take what it had printed. Neither the command nor
/// its output is ever shown.
#[derive(Clone)]
pub struct PasswordCommand {
    command: Arc<str>,
    renew_after: Duration,
    /// What it printed, and when. Sessions that begin together share one run.
    known: Arc<Mutex<Option<(Password, Instant)>>>,
}

impl fmt::Debug for PasswordCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordCommand(***)")
    }
}

impl<T: Into<Arc<str>>> From<T> for PasswordCommand {
    fn from(command: T) -> Self {
        Self { command: command.into(), renew_after: RENEW_AFTER, known: Arc::default() }
    }
}

impl PasswordCommand {
    /// Runs it again for connections that are made so long after the last run (5 minutes unless told otherwise).
    #[must_use]
    pub fn renewed_after(self, age: Duration) -> Self {
        Self { renew_after: age, ..self }
    }

    /// The password, and whether it is as fresh as can be.
    pub(super) async fn password(&self) -> Result<(Password, bool), Failure> {
        let mut known = self.known.lock().await;
        if let Some((password, since)) = &*known
            && since.elapsed() < self.renew_after
        {
            return Ok((password.clone(), false));
        }
        let password = Password::new(self.run().await.map_err(Failure::PasswordCommand)?);
        *known = Some((password.clone(), Instant::now()));
        Ok((password, true))
    }

    /// The server does not take this password any more. Others may have noticed that before, and have a new one.
    pub(super) async fn forget(&self, refused: &Password) {
        let mut known = self.known.lock().await;
        if known.as_ref().is_some_and(|(password, _)| password == refused) {
            *known = None;
        }
    }

    async fn run(&self) -> Result<String, String> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(&*self.command);
        // Stdin may be an archive. What the command says besides may be as secret as what it prints.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env_remove("PGPASSWORD").kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
        let mut output = Vec::new();
        let finished = async {
            if let Some(stdout) = child.stdout.take() {
                stdout.take(OUTPUT_MAX).read_to_end(&mut output).await?;
            }
            child.wait().await
        };
        match tokio::time::timeout(PATIENCE, finished).await {
            Err(_) => Err(format!("did not end within {} s", PATIENCE.as_secs())),
            Ok(Err(error)) => Err(format!("cannot be read: {error}")),
            Ok(Ok(status)) if !status.success() => Err(failed(status)),
            Ok(Ok(_)) => first_line(&output),
        }
    }
}

fn failed(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("failed with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "failed".to_owned(),
    }
}

fn first_line(output: &[u8]) -> Result<String, String> {
    let line = output.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok("") if output.is_empty() => Err("printed nothing".to_owned()),
        Ok("") => Err("printed an empty first line".to_owned()),
        Ok(_) if line.len() as u64 == OUTPUT_MAX => {
            Err(format!("printed a first line of {OUTPUT_MAX} bytes or more"))
        }
        Ok(line) => Ok(line.to_owned()),
        Err(_) => Err("printed a first line that is not UTF-8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn printed(command: &str) -> Result<String, String> {
        match PasswordCommand::from(command).password().await {
            Ok((password, true)) => Ok(password.secret().to_owned()),
            Err(Failure::PasswordCommand(text)) => Err(text),
            other => panic!("{command}: {other:?}"),
        }
    }

    #[tokio::test]
    async fn the_first_line_is_the_password() {
        for (command, expected) in [
            ("echo s3cret", Ok("s3cret")),
            ("printf 's3 cret\\r\\nmore\\n'", Ok("s3 cret")),
            ("printf %s s3cret", Ok("s3cret")),
            ("cat; echo after", Ok("after")),
            ("echo ${PGPASSWORD:-none}", Ok("none")),
            ("echo s3cret; exit 3", Err("failed with exit code 3")),
            ("echo s3cret >&2; kill -9 $$", Err("was ended by signal 9")),
            ("true", Err("printed nothing")),
            ("echo; echo s3cret", Err("printed an empty first line")),
            ("printf 's3cret\\377'", Err("printed a first line that is not UTF-8")),
            ("head -c 70000 /dev/zero; true", Err("printed a first line of 65536 bytes or more")),
        ] {
            assert_eq!(
                printed(command).await,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{command}"
            );
        }
        assert!(!format!("{:?}", PasswordCommand::from("echo s3cret")).contains("s3cret"));
    }

    #[tokio::test]
    async fn it_runs_again_when_the_password_is_old_or_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let runs = folder.path().join("runs");
        let command = format!("echo run >> {0}; wc -l < {0}", runs.display());
        let of = |command: &PasswordCommand| {
            let command = command.clone();
            async move {
                let (password, fresh) = command.password().await.expect("it works");
                (password.secret().trim().to_owned(), fresh)
            }
        };
        let lasting = PasswordCommand::from(command.as_str());
        assert_eq!(of(&lasting).await, ("1".to_owned(), true));
        assert_eq!(of(&lasting).await, ("1".to_owned(), false));
        let (old, _) = lasting.password().await.expect("known");
        lasting.forget(&old).await;
        assert_eq!(of(&lasting).await, ("2".to_owned(), true));
        lasting.forget(&old).await;
        assert_eq!(of(&lasting).await, ("2".to_owned(), false), "there is a newer one already");
        let short = PasswordCommand::from(command).renewed_after(Duration::ZERO);
        assert_eq!(of(&short).await, ("3".to_owned(), true));
        assert_eq!(of(&short).await, ("4".to_owned(), true));
    }
}

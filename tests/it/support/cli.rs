//! The `pgark` binary, run as a stranger would run it.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::server::password;

/// Longer than any test should take, shorter than anybody's patience.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How often a running binary is looked at.
const POLL: Duration = Duration::from_millis(5);

/// Runs the binary with an empty home, no inherited settings, and a folder of its own to work in.
#[derive(Debug)]
pub struct TestCli {
    folder: tempfile::TempDir,
    env: Vec<(OsString, OsString)>,
}

/// What a finished run left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// From start to end.
    pub time: Duration,
}

impl TestCli {
    /// A fresh home.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("home")).expect("a home in it");
        Self { folder, env: vec![("PGPASSWORD".into(), password().into())] }
    }

    /// Adds an environment variable for every run.
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// A path in the folder in which the binary runs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder in which the binary runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs to the end; a run that hangs is killed and fails the test.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.spawn(arguments).wait()
    }

    /// Runs to the end and wants exit code 0; otherwise the error shows what was said.
    pub fn succeed<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Outcome, String> {
        let arguments: Vec<OsString> = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
        let outcome = self.run(&arguments);
        if outcome.code == Some(0) {
            return Ok(outcome);
        }
        Err(format!("pgark {arguments:?}: exit {:?}\n{}{}", outcome.code, outcome.stdout, outcome.stderr))
    }

    /// A program with the environment and the folder of the binary; stdin is empty.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.envs([("LC_ALL", "C"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")]);
        command.env("HOME", self.path("home")).envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    /// The binary, for a test that needs pipes or limits of its own.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_pgark"));
        command.args(arguments);
        command
    }

    /// Starts the binary and returns while it runs.
    pub fn spawn<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Running {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = collect(child.stdout.take().expect("invariant: stdout is piped"));
        let stderr = collect(child.stderr.take().expect("invariant: stderr is piped"));
        Running { child, stdout, stderr, started: Instant::now(), what: format!("{command:?}") }
    }
}

/// A binary at work.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    started: Instant,
    what: String,
}

impl Running {
    /// Process id, for a test that sends signals.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal; a process that has ended already is no matter.
    pub fn signal(&self, signal: rustix::process::Signal) {
        send_signal(self.pid(), signal);
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the child can be waited for").is_none()
    }

    /// Waits for the end; kills it and fails the test when it takes longer than two minutes.
    pub fn wait(mut self) -> Outcome {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                break Some(status);
            }
            if self.started.elapsed() > TIMEOUT {
                self.child.kill().expect("the child can be killed");
                self.child.wait().expect("a killed child ends");
                break None;
            }
            std::thread::sleep(POLL);
        };
        let time = self.started.elapsed();
        let stdout = self.stdout.join().expect("stdout is read");
        let stderr = self.stderr.join().expect("stderr is read");
        match status {
            Some(status) => Outcome { code: status.code(), stdout, stderr, signal: status.signal(), time },
            None => panic!("hangs for {TIMEOUT:?}: {}\n{stdout}{stderr}", self.what),
        }
    }
}

/// Sends a signal to any process; one that has ended already is no matter.
pub fn send_signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
    let _ended = rustix::process::kill_process(pid, signal);
}

/// Reads a pipe to its end, so that the child never waits for us.
fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("the pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

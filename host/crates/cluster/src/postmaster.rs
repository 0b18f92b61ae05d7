//! The server process: starting it, telling whether it lives, ending it.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::home::Home;
use crate::{ClusterError, Durability};

/// Recovery after a crash replays up to `max_wal_size` of log.
const START_WITHIN: Duration = Duration::from_mins(2);
/// A fast shutdown writes one checkpoint.
const STOP_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often a start is tried again: another program may take the port first, and processes of a server that was
/// killed may need a moment to notice.
const ATTEMPTS: u32 = 10;

/// A running server.
#[derive(Debug)]
pub(crate) struct Postmaster {
    pid: Pid,
    pub(crate) port: u16,
    data: PathBuf,
    /// `None` when another process started it.
    child: Option<Child>,
}

impl Postmaster {
    /// Starts the server on a free port and waits until it takes connections.
    pub(crate) fn start(
        home: &Home,
        data: &Path,
        binaries: &Binaries,
        account: &Account,
        durability: Durability,
    ) -> Result<Self, ClusterError> {
        let mut attempt = 1;
        loop {
            // The usual port first, any other once that has failed.
            let port = free_port(home.port().filter(|_| attempt == 1))?;
            match Self::start_on(port, home, data, binaries, account, durability) {
                Err(ClusterError::Start { tail, .. }) if attempt < ATTEMPTS && may_pass(&tail) => {
                    attempt += 1;
                    std::thread::sleep(Duration::from_millis(200));
                }
                Ok(started) => {
                    home.keep_port(port);
                    return Ok(started);
                }
                failed => return failed,
            }
        }
    }

    fn start_on(
        port: u16,
        home: &Home,
        data: &Path,
        binaries: &Binaries,
        account: &Account,
        durability: Durability,
    ) -> Result<Self, ClusterError> {
        let log = home.open_log()?;
        let log_start_byte = log.metadata().map_or(0, |log| log.len());
        let for_errors = log.try_clone().map_err(ClusterError::file("write", home.log()))?;
        let program = binaries.postgres();
        let mut command = account.command(&program);
        command.arg("-D").arg(data).stdout(log).stderr(for_errors);
        // No socket file: guests speak TCP only, and a socket's path may have 107 bytes.
        set(&mut command, "listen_addresses", "127.0.0.1");
        set(&mut command, "port", &port.to_string());
        set(&mut command, "unix_socket_directories", "");
        set(&mut command, "logging_collector", "off");
        set(&mut command, "log_destination", "stderr");
        match durability {
            Durability::Durable => set(&mut command, "fsync", "on"),
            Durability::Throwaway => {
                for name in ["fsync", "synchronous_commit", "full_page_writes", "autovacuum"] {
                    set(&mut command, name, "off");
                }
                set(&mut command, "wal_level", "minimal");
                set(&mut command, "max_wal_senders", "0");
            }
        }
        let child = command.spawn().map_err(|source| account.cannot_run(&program, source))?;
        let mut started = Self { pid: pid_of(&child), port, data: data.to_owned(), child: Some(child) };
        match started.wait_until_ready(home, log_start_byte) {
            Ok(()) => Ok(started),
            Err(error) => {
                started.signal(Signal::SIGQUIT);
                let _ = started.wait_for_end(Duration::from_secs(5));
                Err(error)
            }
        }
    }

    fn wait_until_ready(&mut self, home: &Home, log_start_byte: u64) -> Result<(), ClusterError> {
        let deadline = Instant::now() + START_WITHIN;
        while Instant::now() < deadline {
            if self.has_ended() {
                return Err(ClusterError::Start { tail: home.log_tail(log_start_byte), log: home.log() });
            }
            if PidFile::read(&self.data).is_some_and(|file| file.pid == self.pid && file.ready) {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Err(ClusterError::Slow { state: "ready", seconds: START_WITHIN.as_secs(), log: home.log() })
    }

    /// The server that another process started on this data, if one lives. `answers` says whether there is one on
    /// a port that lets us in and has this data.
    pub(crate) fn find(
        data: &Path,
        mut answers: impl FnMut(u16) -> bool,
    ) -> Result<Option<Self>, ClusterError> {
        let deadline = Instant::now() + START_WITHIN;
        while let Some(file) = PidFile::read(data) {
            if !is_alive(file.pid) {
                // Left by a crash. Postgres removes it, after it has looked for orphaned processes of that server.
                return Ok(None);
            }
            if !is_server_on(file.pid, data) {
                // The number belongs to another process now, as happens after a restart of a machine and at once
                // in a container. Postgres would not dare to start.
                let path = data.join("postmaster.pid");
                fs::remove_file(&path).map_err(ClusterError::file("remove the stale", path))?;
                return Ok(None);
            }
            if file.ready {
                return if answers(file.port) {
                    Ok(Some(Self { pid: file.pid, port: file.port, data: data.to_owned(), child: None }))
                } else {
                    Err(ClusterError::Occupied { pid: file.pid.as_raw(), data: data.to_owned() })
                };
            }
            if Instant::now() > deadline {
                return Err(ClusterError::Occupied { pid: file.pid.as_raw(), data: data.to_owned() });
            }
            // Starting or stopping: soon it is one or the other.
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(None)
    }

    /// Ends the server and waits for that. Clients are cut off, what they committed is on the disk.
    pub(crate) fn stop(&mut self, home: &Home, durability: Durability) -> Result<(), ClusterError> {
        let end = match durability {
            Durability::Durable => Signal::SIGINT,
            // Without the checkpoint: nobody will read the data again.
            Durability::Throwaway => Signal::SIGQUIT,
        };
        self.signal(end);
        if self.wait_for_end(STOP_WITHIN) {
            return Ok(());
        }
        self.signal(Signal::SIGQUIT);
        if self.wait_for_end(Duration::from_secs(10)) {
            return Ok(());
        }
        Err(ClusterError::Slow { state: "stopped", seconds: STOP_WITHIN.as_secs(), log: home.log() })
    }

    fn signal(&mut self, signal: Signal) {
        if !self.has_ended() {
            let _ = kill(self.pid, signal);
        }
    }

    fn wait_for_end(&mut self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        while Instant::now() < deadline {
            if self.has_ended() {
                return true;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        false
    }

    fn has_ended(&mut self) -> bool {
        match &mut self.child {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            // Taking its pid file away is the last thing a server does. Its number says less: it may be another
            // process' by now, or that of a zombie whose parent has lost interest.
            None => PidFile::read(&self.data).is_none_or(|file| file.pid != self.pid) || !is_alive(self.pid),
        }
    }
}

fn set(command: &mut Command, name: &str, value: &str) {
    command.arg("-c").arg(format!("{name}={value}"));
}

/// Whether the same start may succeed a little later or on another port.
fn may_pass(log_tail: &str) -> bool {
    ["could not bind", "could not create any TCP/IP sockets", "pre-existing shared memory block"]
        .iter()
        .any(|passing| log_tail.contains(passing))
}

/// Nobody reserves it for us until the server binds it; whoever takes it in between makes us try again.
fn free_port(usual: Option<u16>) -> Result<u16, ClusterError> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    usual
        .map_or_else(|| bind(0), |port| bind(port).or_else(|_| bind(0)))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(ClusterError::file("listen on", "127.0.0.1"))
}

/// What `postmaster.pid` says: process id in line 1, port in line 4, state in line 8.
struct PidFile {
    pid: Pid,
    port: u16,
    ready: bool,
}

impl PidFile {
    /// `None` when there is none, or one that is just being written.
    fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0).map(Pid::from_raw)?;
        let port = lines.nth(2).and_then(|line| line.trim().parse().ok()).unwrap_or_default();
        let ready = lines.nth(3).is_some_and(|line| line.trim() == "ready");
        Some(Self { pid, port, ready })
    }
}

fn pid_of(child: &Child) -> Pid {
    // Process ids are positive i32s on every Unix; the standard library's type is only wider.
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

fn is_alive(pid: Pid) -> bool {
    !matches!(kill(pid, None), Err(Errno::ESRCH))
}

/// Whether that process is the server of this data: it works inside its data directory. Where the system keeps that
/// to itself the name has to do, and where it keeps even that, the answer is yes: a wrong yes asks a person to look,
/// a wrong no puts two servers on one data directory.
fn is_server_on(pid: Pid, data: &Path) -> bool {
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(works_in) => return works_in == data,
        // Gone, or a zombie.
        Err(error) if error.kind() == io::ErrorKind::NotFound && Path::new("/proc/self").exists() => {
            return false;
        }
        Err(_) => {}
    }
    let by_ps = || {
        let output = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .ok()
        .or_else(by_ps)
        .is_none_or(|name| name.trim().ends_with("postgres"))
}

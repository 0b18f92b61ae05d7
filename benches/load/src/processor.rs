//! Processor time: this program's, and that of the servers that it measures.

use anyhow::{Context as _, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::unistd::{SysconfVar, sysconf};
use std::path::PathBuf;
use std::time::Duration;

/// The processor time that this program has used.
pub(crate) fn own_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}

/// A process of this machine, all its threads.
pub(crate) struct Process {
    stat: PathBuf,
    ticks_a_second: f64,
}

impl Process {
    /// An error if there is none with this id.
    pub(crate) fn with_id(id: u32) -> Result<Self> {
        let ticks = sysconf(SysconfVar::CLK_TCK)?.context("the length of a clock tick is not known")?;
        let process = Self {
            stat: PathBuf::from(format!("/proc/{id}/stat")),
            ticks_a_second: f64::from(i32::try_from(ticks)?),
        };
        process.time().with_context(|| format!("there is no process {id}"))?;
        Ok(process)
    }

    /// The processor time that it has used: `utime` and `stime` of `proc_pid_stat(5)`, some hundredths of a second exact.
    pub(crate) fn time(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(&self.stat)?;
        // The program's name, which may contain anything, stands in the only brackets.
        let (_, fields) = stat.rsplit_once(')').context("a status without a name")?;
        let mut times = fields.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
        let (user, system) = (times.next().context("no utime")??, times.next().context("no stime")??);
        Ok(Duration::from_secs_f64((f64::from(user) + f64::from(system)) / self.ticks_a_second))
    }
}

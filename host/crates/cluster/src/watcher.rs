//! Cleaning up after a process that cannot: what becomes of a throw-away cluster when its owner is killed.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::ClusterError;

/// A line on standard input means that the owner has cleaned up. The end of input without one means that the
/// owner is gone: the kernel closes the pipe however a process dies. (Linux could send the server a signal at its
/// parent's death, but asking for that takes unsafe code, and a static value, which is never dropped, would need
/// the cleaning even after a peaceful end.)
///
/// It goes round several times because the owner may have died while `initdb` was still writing.
const SCRIPT: &str = r#"
read -r _ && exit 0
for round in 1 2 3 4 5; do
    data=$(cd -- "$1/data" 2>/dev/null && pwd -P)
    server=$(head -n 1 -- "$data/postmaster.pid" 2>/dev/null)
    if [ -n "$data" ] && [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; then
        for wait in 1 2 3 4 5 6 7 8 9 10; do
            kill -0 "$server" 2>/dev/null || break
            sleep 0.2
        done
    fi
    [ -n "$data" ] && rm -rf -- "$data"
    rm -rf -- "$1"
    [ -e "$1" ] || break
    sleep 1
done
"#;

/// A shell that waits for our end.
#[derive(Debug)]
pub(crate) struct Watcher {
    shell: Child,
}

impl Watcher {
    /// Watches over the throw-away cluster in `home` from now on.
    pub(crate) fn start(home: &Path) -> Result<Self, ClusterError> {
        let shell = Path::new("/bin/sh");
        Command::new(shell)
            .args(["-c", SCRIPT, "sh"])
            .arg(home)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Control-C must not take it before its work is done.
            .process_group(0)
            .spawn()
            .map(|shell| Self { shell })
            .map_err(|source| ClusterError::Program {
                program: shell.to_owned(),
                user: "you".to_owned(),
                source,
            })
    }

    /// Sends it home: the cluster is gone already.
    pub(crate) fn dismiss(mut self) {
        if let Some(mut pipe) = self.shell.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.shell.wait();
    }
}

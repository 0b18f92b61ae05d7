//! Turns at the processor, for guests that compute.
//!
//! A guest that waits gives its thread back. One that computes does not, so an epoch's end takes it away. Were the guest then
//! simply the last of its thread's queue, whoever has little to do would wait for a turn of each guest that computes, and the
//! thread would look for what the network brings only after dozens of them. So those who compute queue here, and in an epoch
//! one fewer of them go on than there are threads: the last thread is for everybody else, who has little to do.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use wasmtime::UpdateDeadline;

/// The turns of an epoch. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Turns {
    each_epoch: usize,
    left: Arc<Semaphore>,
}

impl Turns {
    /// For an executor with a thread for each processor. If that is one, whoever computes has it.
    pub(crate) fn new() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::of(threads.saturating_sub(1).max(1))
    }

    fn of(each_epoch: usize) -> Self {
        Self { each_epoch, left: Arc::new(Semaphore::new(each_epoch)) }
    }

    /// Begins an epoch. Those who have waited longest come first; what nobody wanted in the last one is gone.
    pub(crate) fn deal(&self) {
        self.left.forget_permits(self.each_epoch);
        self.left.add_permits(self.each_epoch);
    }

    /// For an instance.
    pub(crate) fn player(&self) -> Arc<Player> {
        Arc::new(Player { turns: self.clone(), waits: AtomicU64::new(1), met: AtomicU64::new(0) })
    }
}

/// An instance, which may compute or not.
pub(crate) struct Player {
    turns: Turns,
    /// How often it has waited for something.
    waits: AtomicU64,
    /// How often it had when it last met an epoch's end.
    met: AtomicU64,
}

impl Player {
    /// It has nothing to do for the moment.
    pub(crate) fn waits(&self) {
        self.waits.fetch_add(1, Ordering::Relaxed);
    }

    /// It meets the end of an epoch. That may be by chance, or of an epoch that ended while it had nothing to do: whoever
    /// meets another one without having waited has computed for a whole epoch, and must wait for a turn.
    pub(crate) fn meets_epochs_end(self: &Arc<Self>) -> UpdateDeadline {
        if !self.meets_again() {
            return UpdateDeadline::Continue(1);
        }
        UpdateDeadline::YieldCustom(1, Box::pin(self.clone().turn()))
    }

    /// Ends when it is this one's turn.
    async fn turn(self: Arc<Self>) {
        // They are never closed.
        if let Ok(turn) = self.turns.left.acquire().await {
            turn.forget();
        }
        // What is ready goes first, and what the network has brought meanwhile.
        yield_now().await;
        // The next end is the one of this turn.
        self.meets_again();
    }

    fn meets_again(&self) -> bool {
        let waits = self.waits.load(Ordering::Relaxed);
        self.met.swap(waits, Ordering::Relaxed) == waits
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;
    use std::sync::{Arc, Mutex};
    use tokio::task::yield_now;
    use wasmtime::UpdateDeadline;

    #[tokio::test]
    async fn whoever_computes_for_a_whole_epoch_waits_and_nobody_else() {
        let player = Turns::of(1).player();
        let goes_on = || matches!(player.meets_epochs_end(), UpdateDeadline::Continue(1));
        assert!(goes_on(), "by chance");
        player.waits();
        assert!(goes_on(), "by chance again");
        assert!(!goes_on());
        player.waits();
        player.clone().turn().await;
        assert!(!goes_on(), "it has had its turn");
        player.waits();
        assert!(goes_on());
    }

    #[tokio::test]
    async fn in_an_epoch_as_many_go_on_as_there_are_turns_and_who_waited_longest_first() {
        let turns = Turns::of(2);
        let gone_on = Arc::new(Mutex::new(Vec::new()));
        for n in 0..5 {
            let (player, gone_on) = (turns.player(), gone_on.clone());
            tokio::spawn(async move {
                player.turn().await;
                gone_on.lock().unwrap().push(n);
            });
        }
        for expected in [&[0, 1][..], &[0, 1, 2, 3], &[0, 1, 2, 3, 4], &[0, 1, 2, 3, 4]] {
            for _ in 0..20 {
                yield_now().await;
            }
            // Those of one epoch are equal.
            let mut so_far = gone_on.lock().unwrap().clone();
            so_far.sort_unstable();
            assert_eq!(so_far, expected);
            turns.deal();
        }
        assert_eq!(turns.left.available_permits(), 2, "what nobody wanted is gone");
    }
}

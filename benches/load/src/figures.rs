//! What was measured, and how it is shown.

use crate::subject::Kind;
use std::time::Duration;

/// One turn's answers.
pub(crate) struct Turn {
    /// How long each took, in microseconds.
    pub(crate) took_micros: Vec<u32>,
    /// How long the turn was.
    pub(crate) measured: Duration,
    /// The processor time that the server's process took meanwhile, if that is known.
    pub(crate) processor: Option<Duration>,
}

/// All turns of one server and one kind of request.
#[derive(Clone, Default)]
pub(crate) struct Figures {
    took_micros: Vec<u32>,
    measured: Duration,
    processor: Option<Duration>,
    rates: Vec<f64>,
}

impl Figures {
    pub(crate) fn add(&mut self, turn: Turn) {
        self.rates.push(rate(turn.took_micros.len(), turn.measured));
        self.took_micros.extend(turn.took_micros);
        self.measured += turn.measured;
        if let Some(processor) = turn.processor {
            *self.processor.get_or_insert_default() += processor;
        }
    }

    /// Answers a second, over all turns.
    fn rate(&self) -> f64 {
        rate(self.took_micros.len(), self.measured)
    }

    /// What share of the answers took no longer than this, in milliseconds. The times must be sorted.
    fn percentile_ms(&self, percent: usize) -> f64 {
        let position = (self.took_micros.len() * percent / 100).min(self.took_micros.len().saturating_sub(1));
        self.took_micros.get(position).map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }

    /// The processor time of the server's process for each answer, in microseconds.
    fn processor_micros(&self) -> Option<f64> {
        Some(1e6 / rate(self.took_micros.len(), self.processor?))
    }

    pub(crate) fn print_heading(in_turns: bool) {
        let columns = "      rate/s       p50       p99   CPU, us   turns, rate/s";
        println!("\n{:<18}{}{columns}", "request", if in_turns { "  " } else { "" });
    }

    /// One row a server, and the ratio of the first one's rate to the second's.
    pub(crate) fn print(kind: Kind, all: &mut [Self]) {
        let names = if all.len() > 1 { ["A ", "B "] } else { ["", ""] };
        for (figures, name) in all.iter_mut().zip(names) {
            figures.took_micros.sort_unstable();
            let turns: Vec<String> = figures.rates.iter().map(|rate| format!("{rate:.0}")).collect();
            let processor =
                figures.processor_micros().map_or("-".to_owned(), |micros| format!("{micros:.1}"));
            println!(
                "{kind:<18}{name}{:>12.0}{:>10.2}{:>10.2}{processor:>10}   {}",
                figures.rate(),
                figures.percentile_ms(50),
                figures.percentile_ms(99),
                turns.join(" ")
            );
        }
        if let [a, b] = all {
            println!("{kind:<18}A/B{:>11.2}", a.rate() / b.rate());
        }
    }
}

/// So many in so much time, a second.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 answers")]
pub(crate) fn rate(answers: usize, measured: Duration) -> f64 {
    answers as f64 / measured.as_secs_f64()
}

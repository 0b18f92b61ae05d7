//! The lab itself is tried: defects are seeded one at a time, and each must be found.
//!
//! A defect of a database function is a piece of its text replaced in the databases of the cases. What it was before is
//! checked, so a defect whose place is gone says so.

use crate::case::Case;
use crate::run::Prepared;
use crate::{Extent, plan, run_all};
use std::sync::Arc;
use std::time::Instant;
use tradepost_tests::SeededChance;

/// A mistake that somebody could make.
pub(crate) struct Defect {
    /// What is wrong with it, in a few words.
    pub(crate) name: &'static str,
    /// The database function, with its schema.
    pub(crate) function: &'static str,
    /// What stands there, without comments and with each run of white space as one blank; and what then does.
    pub(crate) replace: (&'static str, &'static str),
    /// The stories of which each must go wrong.
    pub(crate) stories: &'static [&'static str],
}

impl Defect {
    /// The statement that seeds it.
    fn sql(&self) -> String {
        let (from, to) = self.replace;
        format!(
            "DO $lab$
             DECLARE
                 v_text text := regexp_replace(regexp_replace(
                     pg_get_functiondef('{function}'::regproc), '--[^\\n]*', '', 'g'), '\\s+', ' ', 'g');
             BEGIN
                 IF position($from${from}$from$ IN v_text) = 0 THEN
                     RAISE 'there is no % in %', $from${from}$from$, v_text;
                 END IF;
                 EXECUTE replace(v_text, $from${from}$from$, $to${to}$to$);
             END
             $lab$",
            function = self.function,
        )
    }
}

/// How a story finds a defect: by the first case that goes wrong, if one does.
async fn found(defect: &Defect, story: &str, extent: Extent) -> Option<String> {
    let prepared = Arc::new(crate::prepared(story, &defect.sql()).await);
    let calm = Case { story: story.to_owned(), strikes: Vec::new() };
    let outcome = prepared.run(&calm).await;
    if let Some(how) = outcome.violations.first() {
        return Some(format!("{calm}, when nothing goes wrong: {how}"));
    }
    let chance = SeededChance::of(1);
    let mut cases = plan::cases(story, &outcome.seen, |point| point.kind.is_delivery(), extent, &chance);
    // What comes after the effect finds most.
    cases.sort_by_key(|case| !case.strikes.iter().all(|strike| strike.fault.is_after()));
    first_red(&prepared, cases).await
}

async fn first_red(prepared: &Arc<Prepared>, cases: Vec<Case>) -> Option<String> {
    for some in cases.chunks(crate::AT_ONCE * 2) {
        for (case, outcome) in run_all(prepared, some.to_vec()).await {
            if let Some(how) = outcome.violations.first() {
                return Some(format!("{case}: {how}"));
            }
        }
    }
    None
}

/// Every defect that a database function can have.
pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        name: "an order's events do not reach the outbox",
        function: "ordering.append_order_events",
        replace: (
            "FROM first, incoming ORDER BY incoming.version;",
            "FROM first, incoming WHERE incoming.version < 0;",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "an order's answer is not kept under its key",
        function: "ordering.append_order_events",
        replace: (
            "FROM ordering.claim_idempotency_key(p_answer) AS claim;",
            "FROM (SELECT NULL::text AS outcome, NULL::integer AS status, NULL::text AS location, NULL::bytea AS body) AS claim;",
        ),
        stories: &["orders.place"],
    },
    Defect {
        name: "a key that was used counts as free",
        function: "ordering.claim_idempotency_key",
        replace: ("WHERE kept.expires_at <= clock_timestamp();", ";"),
        stories: &["orders.place"],
    },
    Defect {
        name: "the same order's events are told with another number",
        function: "ordering.append_order_events",
        replace: (
            "p_subject, incoming.version, p_traceparent",
            "p_subject, incoming.version + 1, p_traceparent",
        ),
        stories: &["orders.place"],
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_lab_finds_every_defect_that_is_seeded() {
    if std::env::var_os("LAB_CASE").is_some() {
        return;
    }
    let wanted = std::env::var("LAB_DEFECT").unwrap_or_default();
    let (start, mut missed, mut tried) = (Instant::now(), Vec::new(), 0);
    for defect in DEFECTS.iter().filter(|defect| defect.name.contains(&wanted)) {
        for story in defect.stories {
            let begun = Instant::now();
            tried += 1;
            if let Some(how) = found(defect, story, Extent::of_environment()).await {
                eprintln!("found in {:.1} s: {}\n    {how:.300}", begun.elapsed().as_secs_f64(), defect.name);
            } else {
                missed.push(format!("{} in {story}", defect.name));
            }
        }
    }
    eprintln!("{tried} defects, {} not found, {:.1} s", missed.len(), start.elapsed().as_secs_f64());
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

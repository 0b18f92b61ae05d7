//! The lab itself is tried: defects are seeded one at a time, and each must be found.
//!
//! A defect of a database function is a piece of its text replaced in the databases of the cases. A defect of a
//! component is a piece of its source replaced in a copy of the repository, of which one component is built and put into
//! the composition of the cases; nothing of it is ever near what ships. Both fail when the piece is not there, so a
//! defect whose place is gone says so. The components' take minutes to build and are tried in the long run alone, as are
//! those that only few cases show.

mod components;
mod following;
mod functions;

use crate::case::Case;
use crate::plan::Extent;
use crate::run::Prepared;
use crate::{product, run_all};
use std::sync::Arc;
use std::time::Instant;
use tradepost_tests::{Compiled, SeededChance, repository};

/// How many cases of a story a defect may hide from.
const PATIENCE: usize = 240;

/// A mistake that somebody could make.
struct Defect {
    /// What is wrong with it, in a few words.
    name: &'static str,
    /// Where it is.
    place: Place,
    /// What stands there, and what then does. Of a function: without comments and with each run of white space as one
    /// blank.
    replace: (&'static str, &'static str),
    /// The stories of which each must go wrong.
    stories: &'static [&'static str],
}

/// Where a defect is.
enum Place {
    /// A database function, with its schema.
    Function(&'static str),
    /// A component, and its file from its folder.
    Component { folder: &'static str, file: &'static str },
}

impl Defect {
    /// The statements that seed it. A table `nowhere` of the function's schema takes what is to get lost.
    fn sql(&self) -> String {
        let Place::Function(function) = self.place else { return String::new() };
        let (from, to) = self.replace;
        let schema = function.split_once('.').map_or(function, |(schema, _)| schema);
        format!(
            "CREATE TABLE {schema}.nowhere (position bigint, id uuid, source text, type text, subject text,
                 time timestamptz, partitionkey text, sequence bigint, traceparent text, data jsonb);
             GRANT INSERT ON {schema}.nowhere TO tradepost_{schema};
             DO $lab$
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
        )
    }

    /// The product that has it.
    async fn product(&self) -> Arc<Compiled> {
        match self.place {
            Place::Function(_) => product::for_the_lab().await,
            Place::Component { folder, file } => {
                let replace = self.replace;
                let build = move || product::with_patched(folder, file, replace);
                Arc::new(tokio::task::spawn_blocking(build).await.unwrap())
            }
        }
    }
}

/// How a story finds a defect: by the first case that goes wrong, if one does. An error is that there is no place for the
/// defect any more.
async fn found(defect: &Defect, product: &Arc<Compiled>, story: &str) -> Result<Option<String>, String> {
    let prepared = Arc::new(crate::prepared(story, &defect.sql(), product.clone()).await?);
    let (calm, outcome) = crate::calm(&prepared).await;
    if let Some(how) = outcome.violations.first() {
        return Ok(Some(format!("{calm}, when nothing goes wrong: {how}")));
    }
    let chance = SeededChance::of(1);
    let mut cases = crate::cases(&prepared, &outcome, Extent::Singles, &chance);
    // In any order but that of the calls: a defect shows at some calls and not at their neighbours.
    cases.sort_by_cached_key(|_| chance.next());
    cases.truncate(PATIENCE);
    Ok(first_red(&prepared, cases).await)
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

/// The components' defects are tried in the long run alone, so this says at once when one has lost its place.
#[test]
fn every_defect_of_a_component_has_its_place() {
    for defect in components::DEFECTS {
        let Place::Component { folder, file } = defect.place else { continue };
        let source = std::fs::read_to_string(repository().join(folder).join(file)).unwrap();
        assert!(source.contains(defect.replace.0), "{}: there is no {:?}", defect.name, defect.replace.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_lab_finds_every_defect_that_is_seeded() {
    if std::env::var_os("LAB_CASE").is_some() {
        return;
    }
    let wanted = std::env::var("LAB_DEFECT").unwrap_or_default();
    let (start, mut missed, mut tried) = (Instant::now(), Vec::new(), 0);
    let mut defects: Vec<&Defect> = functions::DEFECTS.iter().chain(following::DEFECTS).collect();
    if Extent::of_environment() == Extent::Full {
        defects.extend(components::DEFECTS.iter().chain(following::RARELY_SEEN));
    }
    defects.retain(|defect| defect.name.contains(&wanted));
    for defect in &defects {
        let product = defect.product().await;
        for story in defect.stories {
            let begun = Instant::now();
            tried += 1;
            match found(defect, &product, story).await {
                Ok(Some(how)) => {
                    eprintln!(
                        "found in {:.1} s: {}\n    {how:.300}",
                        begun.elapsed().as_secs_f64(),
                        defect.name
                    );
                }
                Ok(None) => missed.push(format!("{} in {story}", defect.name)),
                Err(why) => missed.push(format!("{}: {why}", defect.name)),
            }
        }
    }
    eprintln!(
        "{} defects in {tried} stories, {} not found, {:.1} s",
        defects.len(),
        missed.len(),
        start.elapsed().as_secs_f64()
    );
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

//! What a statement leaves behind in its session, judged by its words before it runs.

/// What a statement may leave in the session it ran in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing that the next statement could miss, unless a transaction was open before.
    Nothing,
    /// An open transaction.
    Transaction,
    /// Something that lasts until the session ends.
    Session,
}

impl Effect {
    /// Judges a statement. What it does not know leaves something in the session: that is the safe side, and costs a
    /// connection for as long as the lease lives.
    ///
    /// Whether a transaction is really open is never decided here; the server says so.
    pub(crate) fn of(sql: &str) -> Self {
        let mut words = Words(sql.as_bytes());
        let Some(first) = words.next() else { return Self::Nothing };
        let is = |names: &[&str]| names.iter().any(|name| first.eq_ignore_ascii_case(name.as_bytes()));
        if is(&["begin", "start"]) {
            return Self::Transaction;
        }
        if is(&["set"]) {
            // These last no longer than the transaction they are in.
            let scope = words.next().unwrap_or_default();
            let bounded = ["local", "transaction", "constraints"];
            let bounded = bounded.iter().any(|name| scope.eq_ignore_ascii_case(name.as_bytes()));
            return if bounded { Self::Nothing } else { Self::Session };
        }
        if is(QUERIES) || is(COMMANDS) {
            return if leaves_a_trace(first, words) { Self::Session } else { Self::Nothing };
        }
        Self::Session
    }
}

const QUERIES: &[&str] = &["select", "insert", "update", "delete", "with", "merge", "values", "table"];

const COMMANDS: &[&str] = &[
    "abort",
    "alter",
    "analyse",
    "analyze",
    "call",
    "checkpoint",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "do",
    "drop",
    "end",
    "explain",
    "grant",
    "import",
    "lock",
    "notify",
    "refresh",
    "reindex",
    "release",
    "revoke",
    "rollback",
    "savepoint",
    "security",
    "show",
    "truncate",
    "vacuum",
];

/// Whether an otherwise harmless statement sets a parameter, takes a lock of the session, or makes a temporary table.
fn leaves_a_trace(first: &[u8], words: Words<'_>) -> bool {
    const TELLTALE: &[&str] = &[
        "set_config",
        "setseed",
        "pg_temp",
        "pg_advisory_lock",
        "pg_advisory_lock_shared",
        "pg_try_advisory_lock",
        "pg_try_advisory_lock_shared",
    ];
    let creates = first.eq_ignore_ascii_case(b"create");
    let mut previous: &[u8] = first;
    for word in words {
        // Most words are none of these; this runs for every statement.
        let telling = matches!(word, [b's' | b'S' | b'p' | b'P' | b't' | b'T', _, _, _, ..]);
        let is = |name: &&str| telling && word.eq_ignore_ascii_case(name.as_bytes());
        if TELLTALE.iter().any(is) {
            return true;
        }
        let before_temporary = ["create", "into", "local", "global", "replace"];
        if ["temp", "temporary"].iter().any(is)
            && (creates || previous.eq_ignore_ascii_case(b"into"))
            && before_temporary.iter().any(|name| previous.eq_ignore_ascii_case(name.as_bytes()))
        {
            return true;
        }
        previous = word;
    }
    false
}

/// The words of a statement: names, quoted or not, and keywords; no comments, texts, numbers or signs.
struct Words<'a>(&'a [u8]);

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            match self.0 {
                [] => return None,
                [b'-', b'-', rest @ ..] => self.0 = after(rest, b"\n"),
                [b'/', b'*', rest @ ..] => self.0 = after_block_comment(rest),
                [b'\'', rest @ ..] => self.0 = after(rest, b"'"),
                [b'e' | b'E', b'\'', rest @ ..] => self.0 = after_escaped_text(rest),
                [b'$', ..] => self.0 = after_dollar(self.0),
                [b'"', rest @ ..] => {
                    let (name, rest) = split_before(rest, |byte| byte == b'"');
                    self.0 = rest.get(1..).unwrap_or_default();
                    return Some(name);
                }
                [first, ..] if begins_word(*first) => {
                    let (word, rest) = split_before(self.0, |byte| !continues_word(byte));
                    self.0 = rest;
                    return Some(word);
                }
                // A number swallows what clings to it, so that `1e5` is no word.
                [b'0'..=b'9', ..] => self.0 = split_before(self.0, |byte| !continues_word(byte)).1,
                [_, rest @ ..] => self.0 = rest,
            }
        }
    }
}

fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

fn continues_word(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn split_before(bytes: &[u8], stop: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| stop(*byte)).unwrap_or(bytes.len());
    bytes.split_at(end)
}

/// What follows the first `end`. A doubled quote inside a text merely begins the next text.
fn after<'a>(bytes: &'a [u8], end: &[u8]) -> &'a [u8] {
    let found = bytes.windows(end.len().max(1)).position(|window| window == end);
    found.and_then(|at| bytes.get(at + end.len()..)).unwrap_or_default()
}

fn after_block_comment(mut bytes: &[u8]) -> &[u8] {
    let mut depth = 1_usize;
    while depth > 0 {
        bytes = match bytes {
            [] => return bytes,
            [b'*', b'/', rest @ ..] => {
                depth -= 1;
                rest
            }
            [b'/', b'*', rest @ ..] => {
                depth += 1;
                rest
            }
            [_, rest @ ..] => rest,
        };
    }
    bytes
}

fn after_escaped_text(mut bytes: &[u8]) -> &[u8] {
    loop {
        bytes = match bytes {
            [] => return bytes,
            [b'\\', _, rest @ ..] | [b'\'', b'\'', rest @ ..] => rest,
            [b'\'', rest @ ..] => return rest,
            [_, rest @ ..] => rest,
        };
    }
}

/// After `$tag$ … $tag$`, or after the sign alone when it begins a placeholder.
fn after_dollar(bytes: &[u8]) -> &[u8] {
    let rest = bytes.get(1..).unwrap_or_default();
    let (tag, _) = split_before(rest, |byte| !begins_word(byte) && !byte.is_ascii_digit());
    let numbered = tag.first().is_some_and(u8::is_ascii_digit);
    match rest.get(tag.len()) {
        Some(b'$') if !numbered => {
            let fence_bytes = tag.len() + 2;
            let (fence, text) = bytes.split_at(fence_bytes.min(bytes.len()));
            after(text, fence)
        }
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::Effect::{Nothing, Session, Transaction};
    use super::*;

    #[test]
    fn each_statement_is_known_by_its_words() {
        for (sql, effect) in [
            ("SELECT 1", Nothing),
            ("  -- a note\n /* and /* another */ */ select 1", Nothing),
            ("WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone", Nothing),
            (
                "insert into t values ('BEGIN; SET x = 1', $1, $body$ set_config( $body$, $$ pg_temp $$)",
                Nothing,
            ),
            (r"select e'it\'s set_config', E'''pg_temp'", Nothing),
            ("select temp, temporary from weather where \"set\" = 1 into_temp", Nothing),
            ("select pg_advisory_xact_lock(1)", Nothing),
            ("CREATE TABLE IF NOT EXISTS temperatures (temp int)", Nothing),
            ("set local role reader", Nothing),
            ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", Nothing),
            ("commit", Nothing),
            ("copy t from stdin", Nothing),
            ("rollback to savepoint a", Nothing),
            ("do $$ begin perform 1; end $$", Nothing),
            ("", Nothing),
            (";", Nothing),
            ("begin", Transaction),
            ("/* now */ START TRANSACTION READ ONLY", Transaction),
            ("BEGIN;", Transaction),
            ("set role reader", Session),
            ("SET search_path = a", Session),
            ("reset all", Session),
            ("listen orders", Session),
            ("prepare p as select 1", Session),
            ("declare c cursor with hold for select 1", Session),
            ("discard all", Session),
            ("create temp table t (a int)", Session),
            ("create or replace temporary view v as select 1", Session),
            ("create local temp table t (a int)", Session),
            ("select 1 as a into temp t", Session),
            ("create table pg_temp.t (a int)", Session),
            ("select set_config('a.b', 'c', false)", Session),
            ("select \"set_config\"('a.b', 'c', false)", Session),
            ("with a as (select pg_try_advisory_lock(1)) select * from a", Session),
            ("frobnicate the database", Session),
        ] {
            assert_eq!(Effect::of(sql), effect, "{sql}");
        }
    }

    proptest::proptest! {
        /// Above all none that ends in the middle of something.
        #[test]
        fn no_text_makes_the_judging_panic(sql in r#"(/[*]|[*]/|--|'|"|[$][a-z]{0,2}|[$]|e'|\\|\n|[a-zü0-9 ]{1,5}){0,12}"#) {
            let _ = Effect::of(&sql);
        }
    }
}

//! The database's address with a role and a time limit added: one `database_url` serves every context, and each
//! connects as the role that may touch its own schema and nothing else.
//!
//! Both travel in the startup packet (`options=-c role=…`), so taking them costs no round trip, and a pooled
//! connection keeps them: what `RESET ALL` goes back to are the values from the startup packet.
//!
//! The time limit is there because a host may give a request up without telling the server: a statement that waits
//! for a lock would go on waiting, and write when nobody expects it any more. A consumer's turn ends after ten seconds
//! and the relay's lease on its mailbox after sixty, so nothing of a lost turn lands behind a later one. An operator
//! who says `statement_timeout` in the address has the last word on it; nobody has on the role. No adapter opens a
//! transaction, and one that is open all the same, because somebody was taken over, is ended with its locks.

use std::borrow::Cow;

/// What stands before the address's own options, which may overrule it.
const BEFORE: &str = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s";

/// `address` as a connection string that takes `role` right after the login.
///
/// Both forms that libpq knows are understood: a URL and `key=value` pairs. Options that the address has already
/// are kept; of two roles the server takes the last, which is this one.
pub(crate) fn with_role(address: &str, role: &str) -> String {
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        url_with_role(address, role)
    } else {
        pairs_with_role(address, role)
    }
}

fn url_with_role(url: &str, role: &str) -> String {
    // A password may hold a question mark; the query begins after the credentials.
    let after_credentials = url.find('@').map_or(0, |at| at + 1);
    let query_start =
        url.get(after_credentials..).and_then(|rest| rest.find('?')).map(|mark| after_credentials + mark + 1);
    let Some((base, query)) = query_start.and_then(|start| url.split_at_checked(start)) else {
        return format!("{url}?{}", url_options("", role));
    };

    let mut parameters: Vec<Cow<'_, str>> =
        query.split('&').filter(|parameter| !parameter.is_empty()).map(Cow::Borrowed).collect();
    // Where a parameter is given twice the last one counts.
    let own = parameters
        .iter_mut()
        .rev()
        .find_map(|parameter| Some((parameter.strip_prefix("options=")?.to_owned(), parameter)));
    match own {
        Some((own, parameter)) => *parameter = Cow::Owned(url_options(&format!("%20{own}"), role)),
        None => parameters.push(Cow::Owned(url_options("", role))),
    }
    format!("{base}{}", parameters.join("&"))
}

/// The parameter `options`; `own`, encoded, are those of the address.
fn url_options(own: &str, role: &str) -> String {
    format!("options={}{own}%20-c%20role%3D{role}", BEFORE.replace(' ', "%20").replace('=', "%3D"))
}

fn pairs_with_role(pairs: &str, role: &str) -> String {
    match last_options(pairs) {
        // The added pair comes last and is the one that counts; the earlier one does no harm.
        Some(own) => format!("{pairs} options='{BEFORE} {} -c role={role}'", quoted(&own)),
        None => format!("{pairs} options='{BEFORE} -c role={role}'"),
    }
}

fn quoted(value: &str) -> String {
    value.replace('\\', r"\\").replace('\'', r"\'")
}

/// The value of the last `options` pair. What cannot be read is left to the server's client to complain about.
fn last_options(pairs: &str) -> Option<String> {
    let mut found = None;
    let mut rest = pairs.trim_start();
    while let Some((key, after)) = rest.split_once('=') {
        let (value, tail) = read_value(after.trim_start())?;
        if key.trim() == "options" {
            found = Some(value);
        }
        rest = tail.trim_start();
    }
    found
}

/// One value, quoted or bare, with its backslashes resolved, and what follows it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let (quoted, body) = match text.strip_prefix('\'') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let mut value = String::new();
    let mut characters = body.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            '\'' if quoted => return Some((value, body.get(position + 1..)?)),
            _ if !quoted && character.is_whitespace() => return Some((value, body.get(position..)?)),
            _ => value.push(character),
        }
    }
    (!quoted).then_some((value, ""))
}

#[cfg(test)]
mod tests {
    use super::with_role;
    use tokio_postgres::Config;

    /// What a client that follows libpq makes of the address: its options, and everything else unchanged.
    #[track_caller]
    fn check(address: &str, expected_options: &str) {
        let with_role = with_role(address, "tradepost_identity");
        let mut before: Config = address.parse().unwrap();
        let after: Config = with_role.parse().unwrap_or_else(|error| panic!("{with_role}: {error}"));
        assert_eq!(after.get_options(), Some(expected_options), "{with_role}");
        before.options(expected_options);
        assert_eq!(before, after, "{with_role}");
    }

    #[test]
    fn a_url_gets_the_role() {
        for url in [
            "postgres://localhost",
            "postgres://localhost/shop",
            "postgresql://me:secret@localhost:5433/shop",
            "postgres://me:se%20cr%3Fet@localhost:5433/shop?sslmode=disable",
            "postgres://me:what?@localhost/shop",
            "postgres://localhost?connect_timeout=3",
            "postgres://localhost/shop?",
            "postgres://[::1]:5432,other:5433/shop?target_session_attrs=read-write",
        ] {
            check(
                url,
                "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c role=tradepost_identity",
            );
        }
    }

    #[test]
    fn options_of_a_url_are_kept() {
        check(
            "postgres://localhost/shop?options=-c%20statement_timeout%3D5s&sslmode=disable",
            "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c statement_timeout=5s -c role=tradepost_identity",
        );
        check(
            "postgres://localhost/shop?options=-c%20role%3Dother",
            "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c role=other -c role=tradepost_identity",
        );
    }

    #[test]
    fn key_value_pairs_get_the_role() {
        for pairs in [
            "host=localhost",
            "host=localhost user=me password='it\\'s'",
            r"host = 'localhost' password = 'a \' \\ b' dbname=shop",
            r"host=localhost password=a\ b",
        ] {
            check(
                pairs,
                "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c role=tradepost_identity",
            );
        }
    }

    #[test]
    fn options_of_key_value_pairs_are_kept() {
        check(
            "options='-c statement_timeout=5s' host=localhost",
            "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c statement_timeout=5s -c role=tradepost_identity",
        );
        check(
            r"host=localhost options = '-c application_name=it\'s' dbname=shop",
            "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c application_name=it's -c role=tradepost_identity",
        );
        check(
            r"host=localhost options=-c\ a=b",
            "-c statement_timeout=10s -c idle_in_transaction_session_timeout=10s -c a=b -c role=tradepost_identity",
        );
    }
}

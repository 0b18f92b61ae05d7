//! A migration as it stands in the source tree.

use std::fmt;

use refinery::Migration;

use crate::MigrationError;

/// One `migrations/<context>/NNNN_name.sql`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MigrationFile {
    /// The bounded context: the folder's name.
    pub context: &'static str,
    /// The file's name, `NNNN_name.sql`.
    pub file: &'static str,
    /// What it says.
    pub sql: &'static str,
}

/// All migrations of this build in the order in which they are applied: context by context, those first on which the
/// others stand, and by number.
pub static EMBEDDED: &[MigrationFile] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

impl MigrationFile {
    /// The file as `refinery` knows it, which calls `0002_b.sql` `V2__b`.
    pub(crate) fn migration(&self) -> Result<Migration, MigrationError> {
        let misnamed = || MigrationError::Misnamed { file: self.to_string() };
        let (digits, name) =
            self.file.strip_suffix(".sql").and_then(|stem| stem.split_once('_')).ok_or_else(misnamed)?;
        // `refinery` would take a part of a name for the whole.
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if digits.len() != 4
            || !digits.bytes().all(|byte| byte.is_ascii_digit())
            || name.is_empty()
            || !name.bytes().all(is_word)
        {
            return Err(misnamed());
        }
        let number: u16 = digits.parse().map_err(|_| misnamed())?;
        // The checksum must not depend on how a checkout ends its lines.
        let sql = self.sql.replace("\r\n", "\n");
        Migration::unapplied(&format!("V{number}__{name}"), &sql).map_err(|_| misnamed())
    }
}

impl fmt::Display for MigrationFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "migrations/{}/{}", self.context, self.file)
    }
}

/// How a file of this number and name is called.
pub(crate) fn file_name(context: &str, migration: &Migration) -> String {
    format!("migrations/{context}/{:04}_{}.sql", migration.version(), migration.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_is_embedded_in_order() {
        let names: Vec<String> = EMBEDDED.iter().map(ToString::to_string).collect();
        let of_contexts = names.iter().skip_while(|name| !name.starts_with("migrations/catalog/"));
        assert!(of_contexts.is_sorted(), "{names:?}");
        assert!(names[0].starts_with("migrations/idempotency/"), "{names:?}");
        for expected in [
            "migrations/catalog/0001_products.sql",
            "migrations/identity/0001_users.sql",
            "migrations/ordering/0001_order_journal.sql",
            "migrations/messaging/0001_outbox.sql",
            "migrations/ordering/0002_append_order_events.sql",
            "migrations/platform/0001_role.sql",
        ] {
            assert!(names.iter().any(|name| name == expected), "{expected} is not among {names:?}");
        }
    }

    #[test]
    fn every_embedded_file_opens_with_a_comment_that_says_what_it_is_for() {
        for file in EMBEDDED {
            assert!(file.sql.starts_with("-- "), "{file}");
        }
    }

    #[test]
    fn line_endings_do_not_change_a_migration() {
        let unix = MigrationFile { context: "a", file: "0001_b.sql", sql: "SELECT 1;\nSELECT 2;\n" };
        let dos = MigrationFile { sql: "SELECT 1;\r\nSELECT 2;\r\n", ..unix };
        assert_eq!(unix.migration().unwrap().checksum(), dos.migration().unwrap().checksum());
    }

    #[test]
    fn a_misnamed_file_is_refused() {
        for file in
            ["0001.sql", "0001_.sql", "one_b.sql", "1_b.sql", "+001_b.sql", "0001_b.txt", "0001_b-c.sql", ""]
        {
            let refusal = MigrationFile { context: "a", file, sql: "" }.migration().unwrap_err().to_string();
            assert!(refusal.contains(&format!("migrations/a/{file}")), "{refusal}");
        }
    }
}

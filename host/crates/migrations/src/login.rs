//! The login that components connect as: a member of the contexts' roles, and nothing by itself.

use postgres_protocol::password::scram_sha_256;
use tokio_postgres::Client;

/// Its name.
pub const LOGIN: &str = "components";

/// Makes the login, or brings it up to date: it may take each context's role and has no right of its own, so whoever
/// connects without taking one can do nothing. A connection of it that goes to sleep in a transaction is ended, and a
/// statement that nobody limits otherwise ends after ten seconds.
///
/// `client` is a superuser's, and the migrations have run. Nobody else may connect to
/// the database afterwards, so it is meant for a server that belongs to this installation.
///
/// # Errors
/// The server's.
pub async fn grant_login(client: &Client, password: &str) -> Result<(), tokio_postgres::Error> {
    // The server's log gets to see the verifier at most. It has nothing in it that would need quoting.
    let verifier = scram_sha_256(password.as_bytes());
    // All statements of a simple query are one transaction. Roles belong to the whole server, and two who change one at
    // the same time fail, so they take turns; an advisory lock would be one database's own.
    let statements = format!(
        "LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE;
         DO $$
         BEGIN
             CREATE ROLE {LOGIN} LOGIN NOINHERIT;
         EXCEPTION
             WHEN duplicate_object OR unique_violation THEN
                 IF (SELECT rolsuper FROM pg_roles WHERE rolname = '{LOGIN}') THEN
                     RAISE 'the role {LOGIN} is a superuser, and so not the one of the components';
                 END IF;
         END
         $$;
         ALTER ROLE {LOGIN} NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{verifier}';
         ALTER ROLE {LOGIN} SET statement_timeout = '10s';
         ALTER ROLE {LOGIN} SET idle_in_transaction_session_timeout = '10s';
         DO $$
         DECLARE
             context_role name;
         BEGIN
             FOR context_role IN
                 SELECT rolname FROM pg_roles WHERE rolname LIKE 'tradepost\\_%' AND NOT rolcanlogin AND NOT rolsuper
             LOOP
                 EXECUTE format('GRANT %I TO {LOGIN}', context_role);
             END LOOP;
             EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
             EXECUTE format('GRANT CONNECT ON DATABASE %I TO {LOGIN}', current_database());
             REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         END
         $$;"
    );
    client.batch_execute(&statements).await
}

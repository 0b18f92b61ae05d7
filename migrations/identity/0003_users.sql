-- Users are changed and erased, and tell of it; staff have scopes; addresses are verified; and users are found by staff.
--
-- What is told of a user is who he is in the sense of an id, what he may do and how often he has changed, and never his
-- name or his address: the log is for ever, and what erasure has to remove must not be in it. Whoever needs them asks
-- this context.

SELECT messaging.create_outbox('identity');
SELECT idempotency.create_table('identity');
SELECT idempotency.create_functions('identity');
SELECT idempotency.create_expiry('identity');

ALTER TABLE identity.users
    -- When the person has shown that mail to the address reaches him.
    ADD COLUMN verified_at timestamptz,
    -- What the person may do beyond his own things, as OAuth 2.0 spells it (RFC 6749, section 3.3).
    ADD COLUMN scopes text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN erased_at timestamptz,
    ALTER COLUMN name DROP NOT NULL,
    ALTER COLUMN email DROP NOT NULL,
    ALTER COLUMN email_key DROP NOT NULL,
    ADD CONSTRAINT users_scopes_length CHECK (octet_length(scopes) <= 1000),
    -- An erased user is an id, so that what refers to it refers to something.
    ADD CONSTRAINT users_erased_whole CHECK (
        CASE WHEN erased_at IS NULL
             THEN num_nulls(name, email, email_key) = 0
             ELSE num_nonnulls(name, email, email_key, verified_at) = 0 AND scopes = ''
        END
    ),
    -- What a search finds a user by: the words of his name and of his address.
    ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple', translate(coalesce(name, '') || ' ' || coalesce(email, ''), '@.+_-/', '      '))
    ) STORED;

CREATE INDEX users_words_idx ON identity.users USING gin (words) WHERE erased_at IS NULL;
-- Lists are newest first, and ids sort by age.
CREATE INDEX users_listed_idx ON identity.users (id) WHERE erased_at IS NULL;
-- Answers that show a user are forgotten with him.
CREATE INDEX idempotency_keys_path_idx ON identity.idempotency_keys (path);
CREATE INDEX idempotency_keys_location_idx ON identity.idempotency_keys (location);

GRANT UPDATE ON identity.users TO tradepost_identity;

-- A user as the function below takes it, from a JSON object with these members.
CREATE TYPE identity.user_fields AS (
    id          uuid,
    name        text,
    email       text,
    email_key   text,
    -- Microseconds since 1970-01-01T00:00:00Z, as is verified_at.
    created_at  bigint,
    verified_at bigint,
    scopes      text
);

CREATE FUNCTION identity.time_of(p_micros bigint) RETURNS timestamptz
LANGUAGE sql
IMMUTABLE
AS $$ SELECT timestamptz 'epoch' + p_micros * interval '1 microsecond' $$;

-- An id for an event of which nobody knows beforehand that there will be one: UUIDv7 (RFC 9562, section 5.7).
CREATE FUNCTION identity.fresh_uuid() RETURNS uuid
LANGUAGE sql
AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Puts events of one user into the outbox, `p_version` being how many there were before them.
CREATE FUNCTION identity.tell(p_subject text, p_version bigint, p_events jsonb, p_traceparent text) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO identity.outbox (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    SELECT event.id, '/identity', event.type, p_subject, identity.time_of(event.occurred_at), p_subject,
           p_version + event.ordinal, p_traceparent, event.data
    FROM ROWS FROM (
        jsonb_to_recordset(p_events) AS (id uuid, type text, data jsonb, occurred_at bigint)
    ) WITH ORDINALITY AS event (id, type, data, occurred_at, ordinal)
    ORDER BY event.ordinal
$$;

-- Writes a user and what happened to him.
--
--   p_user              JSON object, see identity.user_fields: the user after its events
--   p_subject           the user as other contexts know it: its TypeID
--   p_expected_version  how many events it has had so far; 0 registers it
--   p_events            JSON array of at most 10 objects {id, type, data, occurred_at}; occurred_at is in microseconds
--                       since 1970-01-01T00:00:00Z. A registration has at least one; an edit that changes nothing has
--                       none, and is written for the answer that is kept
--   p_answer            the answer to keep; a NULL key keeps none
--
-- Returns exactly one row. `outcome` is
--   written           all of it was written, or had been, in the case of a registration that is repeated with its id
--   email_taken       the address is another user's
--   version_conflict  the user is not at `p_expected_version`, is erased, or is not there
--   replayed          the key was used before with this fingerprint: `status`, `location` and `body` are that answer
--   key_reused        the key was used before with another fingerprint
-- and unless it is `written` nothing was written.
CREATE FUNCTION identity.write_user(
    p_user             jsonb,
    p_subject          text,
    p_expected_version bigint,
    p_events           jsonb,
    p_traceparent      text,
    p_answer           idempotency.kept_answer,
    OUT outcome        text,
    OUT status         integer,
    OUT location       text,
    OUT body           bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_user   identity.user_fields := jsonb_populate_record(NULL::identity.user_fields, p_user);
    v_events integer := jsonb_array_length(p_events);
    v_scopes text;
BEGIN
    IF p_expected_version IS NULL OR v_events IS NULL
       OR v_events > 10 OR (v_events = 0 AND p_expected_version = 0) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a user is written with a version and at most 10 events';
    END IF;

    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM identity.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    -- Inside, so that an address that turns out to be taken undoes the edit and not the whole statement.
    BEGIN
        IF p_expected_version = 0 THEN
            INSERT INTO identity.users (id, name, email, email_key, created_at, verified_at, scopes, version)
            VALUES (v_user.id, v_user.name, v_user.email, v_user.email_key, identity.time_of(v_user.created_at),
                    identity.time_of(v_user.verified_at), v_user.scopes, v_events)
            ON CONFLICT DO NOTHING;
        ELSE
            SELECT person.scopes INTO v_scopes FROM identity.users AS person WHERE person.id = v_user.id FOR UPDATE;
            UPDATE identity.users AS person
            SET name = v_user.name,
                email = v_user.email,
                email_key = v_user.email_key,
                verified_at = identity.time_of(v_user.verified_at),
                scopes = v_user.scopes,
                version = p_expected_version + v_events
            WHERE person.id = v_user.id AND person.version = p_expected_version AND person.erased_at IS NULL;
        END IF;
        IF FOUND THEN
            PERFORM identity.tell(p_subject, p_expected_version, p_events, p_traceparent);
            -- What is taken from somebody is taken from his keys, and his access tokens, which say that he has it, end
            -- with his sessions.
            IF NOT string_to_array(v_scopes, ' ') <@ string_to_array(v_user.scopes, ' ') THEN
                PERFORM identity.revoke_api_keys_of(v_user.id, v_user.scopes, p_traceparent);
                PERFORM identity.end_sessions_of(
                    v_user.id, NULL, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, identity.fresh_uuid(),
                    p_traceparent);
            END IF;
            outcome := 'written';
            RETURN;
        END IF;
    EXCEPTION
        WHEN unique_violation THEN
            outcome := 'email_taken';
    END;

    -- Ids are fresh, so a new user whose id is there is this one, written by the call's first run.
    IF p_expected_version = 0 AND EXISTS (
        SELECT FROM identity.users AS person
        WHERE person.id = v_user.id AND person.email_key = v_user.email_key
    ) THEN
        outcome := 'written';
        RETURN;
    END IF;

    IF p_answer.key IS NOT NULL THEN
        PERFORM identity.release_idempotency_key(p_answer);
    END IF;
    outcome := coalesce(outcome, CASE p_expected_version WHEN 0 THEN 'email_taken' ELSE 'version_conflict' END);
END
$$;

-- Erases what is personal about a user. The row stays, because its id stands in orders and in the books; so does how
-- often it has changed. Gone are name and address, scopes, API keys, what was to be sent, and the answers that were kept
-- under idempotency keys and show any of it.
--
--   p_event  JSON object {id, type, data, occurred_at}
--
-- Returns `erased`, also when it was by an earlier run of the same call, or `version_conflict`: the user is not at
-- `p_expected_version`, or is not there.
CREATE FUNCTION identity.erase_user(
    p_id               uuid,
    p_subject          text,
    p_expected_version bigint,
    p_event            jsonb,
    p_traceparent      text
)
RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE identity.users AS person
    SET name = NULL,
        email = NULL,
        email_key = NULL,
        verified_at = NULL,
        scopes = '',
        erased_at = clock_timestamp(),
        version = p_expected_version + 1
    WHERE person.id = p_id AND person.version = p_expected_version AND person.erased_at IS NULL;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (
            SELECT FROM identity.users AS person
            WHERE person.id = p_id AND person.version = p_expected_version + 1 AND person.erased_at IS NOT NULL
        ) THEN 'erased' ELSE 'version_conflict' END;
    END IF;

    PERFORM identity.tell(p_subject, p_expected_version, jsonb_build_array(p_event), p_traceparent);
    PERFORM identity.revoke_api_keys_of(p_id, NULL, p_traceparent);
    PERFORM notification.forget_messages(p_subject);
    DELETE FROM identity.idempotency_keys AS kept
    WHERE kept.path = '/users/' || p_subject OR kept.location = '/users/' || p_subject OR kept.principal = p_subject;
    RETURN 'erased';
END
$$;

REVOKE ALL ON FUNCTION identity.time_of, identity.fresh_uuid, identity.tell, identity.write_user, identity.erase_user FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.time_of, identity.fresh_uuid, identity.tell, identity.write_user,
    identity.erase_user TO tradepost_identity;

-- Staff look users up as a role that can read them and do nothing else.
DO $$
BEGIN
    CREATE ROLE tradepost_identity_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_identity_reader TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA identity TO tradepost_identity_reader;
GRANT SELECT ON identity.users TO tradepost_identity_reader;

-- Users that are not erased, newest first, at most `p_limit` of them.
--
--   p_search     those whose name and address have words that begin with each of these; NULL: all. Words are
--                separated by whatever separates them in addresses too
--   p_email_key  the one with this address; NULL: all
--   p_after      those that follow this one: older ones
--   p_before     those that precede this one: newer ones, nearest first, which is oldest first
--
-- How many users have a word that begins so is what no statistics tell, so the first 2,000 users of the list are looked
-- at. If they fill the page, it is read along the list; else such a word is not frequent, and whoever has it is read by
-- the index of words. The statement is put together and planned with its values at each call.
CREATE FUNCTION identity.list_users(
    p_search    text,
    p_email_key text,
    p_after     uuid,
    p_before    uuid,
    p_limit     integer
)
RETURNS TABLE (
    id          uuid,
    name        text,
    email       text,
    created_at  bigint,
    verified_at bigint,
    scopes      text,
    version     bigint
)
LANGUAGE plpgsql
STABLE
AS $$
#variable_conflict use_column
DECLARE
    v_words   tsquery;
    v_people  text := 'SELECT * FROM identity.users AS person WHERE person.erased_at IS NULL'
        || CASE WHEN p_email_key IS NOT NULL THEN ' AND person.email_key = $2' ELSE '' END
        || CASE WHEN p_after IS NOT NULL THEN ' AND person.id < $3' ELSE '' END
        || CASE WHEN p_before IS NOT NULL THEN ' AND person.id > $4' ELSE '' END;
    v_ordered text := CASE WHEN p_before IS NULL THEN ' ORDER BY person.id DESC' ELSE ' ORDER BY person.id' END;
    v_along   bigint;
BEGIN
    IF p_search IS NOT NULL THEN
        -- A lexeme in quotes is no operator, whatever it consists of. Words that are nothing but punctuation are no
        -- lexemes, and a search for nothing finds nothing.
        SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
        INTO v_words
        FROM unnest(to_tsvector('simple', translate(p_search, '@.+_-/', '      ')));
        IF v_words IS NULL THEN
            RETURN;
        END IF;
        EXECUTE 'SELECT count(*) FROM (' || v_people || v_ordered || ' LIMIT 2000) AS person WHERE person.words @@ $1'
            INTO v_along USING v_words, p_email_key, p_after, p_before;
        IF v_along >= p_limit THEN
            v_people := 'SELECT * FROM (' || v_people || v_ordered || ' LIMIT 2000) AS person WHERE person.words @@ $1';
        ELSE
            v_people := v_people || ' AND person.words @@ $1';
        END IF;
    END IF;
    RETURN QUERY EXECUTE
        -- Materialised, so that no limit beyond it makes the list look cheaper than the index of words.
        CASE WHEN v_words IS NULL THEN '' ELSE 'WITH person AS MATERIALIZED (' || v_people || ') ' END
        || 'SELECT person.id, person.name, person.email, (extract(epoch FROM person.created_at) * 1000000)::bigint,
                   (extract(epoch FROM person.verified_at) * 1000000)::bigint, person.scopes, person.version
            FROM ' || CASE WHEN v_words IS NULL THEN '(' || v_people || ') AS person' ELSE 'person' END
        || v_ordered || ' LIMIT $5'
        USING v_words, p_email_key, p_after, p_before, p_limit;
END
$$;
REVOKE ALL ON FUNCTION identity.list_users FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.list_users TO tradepost_identity_reader;

-- Who registered before users told of it tells of it now. The events' ids are the users' own, which are UUIDv7 as well,
-- so that telling it is the same however often this migration is tried.
CREATE FUNCTION identity.user_id_of(p_uuid uuid) RETURNS text
LANGUAGE sql
IMMUTABLE
AS $$
    -- TypeID: 130 bits, of which the first two are zero, in Crockford's base 32.
    SELECT 'user_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz',
               substring(B'00' || ('x' || replace(p_uuid::text, '-', ''))::bit(128) FROM 5 * place + 1 FOR 5)
                   ::bit(5)::integer + 1, 1),
        '' ORDER BY place)
    FROM generate_series(0, 25) AS place
$$;
REVOKE ALL ON FUNCTION identity.user_id_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.user_id_of TO tradepost_identity;

INSERT INTO identity.outbox (id, source, type, subject, time, partitionkey, sequence, data)
SELECT id, '/identity', 'tradepost.identity.user-registered.v1', identity.user_id_of(id), created_at,
       identity.user_id_of(id), 1,
       jsonb_build_object(
           'id', identity.user_id_of(id),
           'scopes', jsonb_build_array(),
           'verified', false,
           'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'version', 1
       )
FROM identity.users
ORDER BY id;
UPDATE identity.users SET version = 1 WHERE version <> 1;

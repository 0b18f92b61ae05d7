-- Answers kept under idempotency keys: one definition, of which every context has a copy in its own schema, so that
-- a command's statement can write its effect and its answer together (IETF draft idempotency-key-header).

CREATE SCHEMA idempotency;

-- What a command brings along: under which key to keep which answer. A NULL key: nothing is kept.
CREATE TYPE idempotency.kept_answer AS (
    principal   text,
    method      text,
    path        text,
    key         text,
    -- SHA-256 of the canonical request body.
    fingerprint bytea,
    status      integer,
    location    text,
    body        bytea,
    -- Microseconds since 1970-01-01T00:00:00Z.
    expires_at  bigint
);

-- Creates `<context>.idempotency_keys`. A context whose table is older than this function has it already.
CREATE FUNCTION idempotency.create_table(p_context text) RETURNS void
LANGUAGE plpgsql
AS $create_table$
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$I.idempotency_keys (
            principal   text        COLLATE "C" NOT NULL,
            method      text        COLLATE "C" NOT NULL,
            path        text        COLLATE "C" NOT NULL,
            key         text        COLLATE "C" NOT NULL,
            fingerprint bytea       NOT NULL,
            status      smallint    NOT NULL,
            location    text,
            body        bytea       NOT NULL,
            created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
            -- From then on the key counts as unused, whether or not the row is still there.
            expires_at  timestamptz NOT NULL,

            CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal, method, path, key),
            -- Together at most 1,551 bytes: a b-tree entry may have 2,704.
            CONSTRAINT idempotency_keys_principal_length CHECK (octet_length(principal) BETWEEN 1 AND 256),
            CONSTRAINT idempotency_keys_method_length CHECK (octet_length(method) BETWEEN 1 AND 16),
            CONSTRAINT idempotency_keys_path_length CHECK (octet_length(path) BETWEEN 1 AND 1024),
            CONSTRAINT idempotency_keys_key_length CHECK (octet_length(key) BETWEEN 1 AND 255),
            CONSTRAINT idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32),
            CONSTRAINT idempotency_keys_status_range CHECK (status BETWEEN 200 AND 599)
        );
        COMMENT ON TABLE %1$I.idempotency_keys IS 'Answers kept under idempotency keys until they expire.';
        GRANT SELECT, INSERT, UPDATE, DELETE ON %1$I.idempotency_keys TO %2$I;
    $sql$, p_context, 'tradepost_' || p_context);
END
$create_table$;

-- Creates the two functions by which a context's commands use their keys:
--
--   <context>.claim_idempotency_key(answer)    claims the key for the running transaction and keeps the answer under
--       it. `outcome` is NULL when the claim succeeded or there is no key to claim; `replayed`, with the answer that
--       was kept, when the key was used before with this fingerprint; `key_reused` when with another. A twin that
--       claims the same key waits for the first one's commit or rollback.
--   <context>.release_idempotency_key(answer)  gives a claim of this transaction back, because the command has
--       turned out to be refused. If the claim had taken over an expired row, that row is gone too, which reads
--       the same.
--
-- Both rely on seeing what committed before each statement began: READ COMMITTED, the default. They run with their
-- caller's rights. Made for each context and not once for all, because a table that is a parameter would have its
-- statements planned anew at every call.
CREATE FUNCTION idempotency.create_functions(p_context text) RETURNS void
LANGUAGE plpgsql
AS $create_functions$
BEGIN
    EXECUTE format($sql$
        CREATE FUNCTION %1$I.claim_idempotency_key(
            p_answer     idempotency.kept_answer,
            OUT outcome  text,
            OUT status   integer,
            OUT location text,
            OUT body     bytea
        )
        LANGUAGE plpgsql
        AS $claim$
        #variable_conflict use_column
        DECLARE
            v_fingerprint bytea;
        BEGIN
            IF p_answer.key IS NULL THEN
                RETURN;
            END IF;
            INSERT INTO %1$I.idempotency_keys AS kept
                (principal, method, path, key, fingerprint, status, location, body, expires_at)
            VALUES
                (p_answer.principal, p_answer.method, p_answer.path, p_answer.key, p_answer.fingerprint,
                 p_answer.status, p_answer.location, p_answer.body,
                 timestamptz 'epoch' + p_answer.expires_at * interval '1 microsecond')
            ON CONFLICT (principal, method, path, key) DO UPDATE
            SET fingerprint = excluded.fingerprint,
                status = excluded.status,
                location = excluded.location,
                body = excluded.body,
                created_at = excluded.created_at,
                expires_at = excluded.expires_at
            WHERE kept.expires_at <= clock_timestamp();
            IF FOUND THEN
                RETURN;
            END IF;

            -- The row is there to be read: DO UPDATE locks it even when its WHERE says no.
            SELECT kept.fingerprint, kept.status, kept.location, kept.body
            INTO STRICT v_fingerprint, status, location, body
            FROM %1$I.idempotency_keys AS kept
            WHERE kept.principal = p_answer.principal AND kept.method = p_answer.method
              AND kept.path = p_answer.path AND kept.key = p_answer.key;
            IF v_fingerprint = p_answer.fingerprint THEN
                outcome := 'replayed';
            ELSE
                outcome := 'key_reused';
                status := NULL;
                location := NULL;
                body := NULL;
            END IF;
        END
        $claim$;
        REVOKE ALL ON FUNCTION %1$I.claim_idempotency_key FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION %1$I.claim_idempotency_key TO %2$I;

        CREATE FUNCTION %1$I.release_idempotency_key(p_answer idempotency.kept_answer) RETURNS void
        LANGUAGE plpgsql
        AS $release$
        BEGIN
            DELETE FROM %1$I.idempotency_keys AS kept
            WHERE kept.principal = p_answer.principal AND kept.method = p_answer.method
              AND kept.path = p_answer.path AND kept.key = p_answer.key;
        END
        $release$;
        REVOKE ALL ON FUNCTION %1$I.release_idempotency_key FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION %1$I.release_idempotency_key TO %2$I;

        -- For the type that their parameter has.
        GRANT USAGE ON SCHEMA idempotency TO %2$I;
    $sql$, p_context, 'tradepost_' || p_context);
END
$create_functions$;

REVOKE ALL ON FUNCTION idempotency.create_table, idempotency.create_functions FROM PUBLIC;

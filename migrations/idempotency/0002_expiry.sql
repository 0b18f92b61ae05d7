-- Answers that have expired are swept away: by a role that can do that in every context and nothing else in any.

DO $$
BEGIN
    CREATE ROLE tradepost_idempotency_expiry NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_idempotency_expiry TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

-- Creates the index by which expired answers are found, and
--
--   <context>.expire_idempotency_keys(most)  deletes at most so many answers that have expired, and returns how many
--       it did. What a command has claimed at this moment is passed over and not waited for.
--
-- The function runs with the rights of the context's own role, whoever calls it, so the sweep's role needs no right to
-- any table and cannot delete an answer that has not expired.
CREATE FUNCTION idempotency.create_expiry(p_context text) RETURNS void
LANGUAGE plpgsql
AS $create_expiry$
BEGIN
    EXECUTE format($sql$
        CREATE INDEX idempotency_keys_expires_at_idx ON %1$I.idempotency_keys (expires_at);

        CREATE FUNCTION %1$I.expire_idempotency_keys(p_most integer) RETURNS integer
        LANGUAGE plpgsql
        SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp
        AS $expire$
        DECLARE
            -- Looked at once: a clock that moves is nothing that an index could be searched with.
            v_now     timestamptz := clock_timestamp();
            v_deleted integer;
        BEGIN
            IF p_most IS NULL OR p_most NOT BETWEEN 1 AND 10000 THEN
                RAISE invalid_parameter_value USING MESSAGE = 'at most 10000 answers are swept away at once';
            END IF;
            -- By their places, which stay theirs while they are locked: a join would be planned for tables of any size.
            DELETE FROM %1$I.idempotency_keys AS kept
            WHERE kept.ctid = ANY (ARRAY(
                SELECT expired.ctid
                FROM %1$I.idempotency_keys AS expired
                WHERE expired.expires_at <= v_now
                ORDER BY expired.expires_at
                LIMIT p_most
                FOR UPDATE SKIP LOCKED
            ));
            GET DIAGNOSTICS v_deleted = ROW_COUNT;
            RETURN v_deleted;
        END
        $expire$;
        REVOKE ALL ON FUNCTION %1$I.expire_idempotency_keys FROM PUBLIC;

        -- Whoever owns something in a schema must have been able to create it there.
        GRANT CREATE ON SCHEMA %1$I TO %2$I;
        ALTER FUNCTION %1$I.expire_idempotency_keys OWNER TO %2$I;
        REVOKE CREATE ON SCHEMA %1$I FROM %2$I;

        GRANT USAGE ON SCHEMA %1$I TO tradepost_idempotency_expiry;
        GRANT EXECUTE ON FUNCTION %1$I.expire_idempotency_keys TO tradepost_idempotency_expiry;
    $sql$, p_context, 'tradepost_' || p_context);
END
$create_expiry$;

REVOKE ALL ON FUNCTION idempotency.create_expiry FROM PUBLIC;

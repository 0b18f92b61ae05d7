-- Ordering's outbox becomes a partition of the one that all contexts share, and its idempotency keys are used through
-- the shared definition.

ALTER TABLE ordering.outbox RENAME TO outbox_of_its_own;
SELECT messaging.create_outbox('ordering');
INSERT INTO ordering.outbox (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
SELECT id, source, type, subject, time, partitionkey, sequence, traceparent, data
FROM ordering.outbox_of_its_own
ORDER BY position;
DROP TABLE ordering.outbox_of_its_own;

SELECT idempotency.create_functions('ordering');

DROP FUNCTION ordering.append_order_events;

-- Appends `p_events` to the stream of `p_order_id` if it has exactly `p_expected_version` events (0: none yet).
--
--   p_events   JSON array of 1 to 100 objects {id, type, data, occurred_at}; data is an object, occurred_at is in
--              microseconds since 1970-01-01T00:00:00Z
--   p_subject  the order as other contexts know it: its TypeID
--   p_answer   the answer to keep; a NULL key keeps none
--
-- Returns exactly one row. `outcome` is
--   appended          all of it was written; `version` is the stream's new version
--   replayed          the key was used before with this fingerprint: `status`, `location` and `body` are that answer
--   key_reused        the key was used before with another fingerprint
--   version_conflict  the stream is not at `p_expected_version`
-- and unless it is `appended` nothing was written. A malformed call raises 22023 (or what the constraint raises).
--
-- How it stays all or nothing without a subtransaction, a raised conflict or an advisory lock:
-- 1. The key is claimed before anything else. (Twins of "create an order" bring different order ids, so the
--    stream's version alone would not stop the second.)
-- 2. Only the first event is inserted with ON CONFLICT DO NOTHING; the other events and the outbox rows depend on
--    its having gone in. Whoever owns version n+1 owns what follows, because every append at version n wants n+1
--    first. So a lost race inserts no row at all. That version n exists needs one look at the index, and that
--    n+1 does not exist is the insert's own business.
-- 3. A conflict gives the claim back.
-- An EXCEPTION block would cost a subtransaction, and with it a second transaction id, on every append to serve
-- the rare conflict; raising would fill the server's log with errors that are none.
--
-- Each step relies on seeing what committed before it began: READ COMMITTED, the default. Under a stricter level
-- the waits end in 40001 instead, and still nothing is half written.
--
-- The caller's rights apply (no SECURITY DEFINER), so a search_path could only mislead its owner. Names are
-- qualified instead of pinned by SET search_path, which would be paid for on every call.
CREATE FUNCTION ordering.append_order_events(
    p_order_id         uuid,
    p_subject          text,
    p_expected_version bigint,
    p_events           jsonb,
    p_actor            text,
    p_traceparent      text,
    p_answer           idempotency.kept_answer,
    OUT outcome        text,
    OUT version        bigint,
    OUT status         integer,
    OUT location       text,
    OUT body           bytea
)
LANGUAGE plpgsql
VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    v_events integer;
BEGIN
    IF p_expected_version IS NULL OR p_expected_version < 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the expected version must be 0 or more';
    END IF;
    IF p_events IS NULL OR jsonb_typeof(p_events) <> 'array' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the events must be a JSON array';
    END IF;
    v_events := jsonb_array_length(p_events);
    IF v_events NOT BETWEEN 1 AND 100 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an append holds 1 to 100 events, not ' || v_events;
    END IF;

    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM ordering.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    IF p_expected_version = 0 OR EXISTS (
        SELECT FROM ordering.order_events AS recorded
        WHERE recorded.order_id = p_order_id AND recorded.version = p_expected_version
    ) THEN
        WITH incoming AS MATERIALIZED (
            SELECT listed.id, listed.type, listed.data, p_expected_version + listed.ordinal AS version,
                   timestamptz 'epoch' + listed.occurred_at * interval '1 microsecond' AS occurred_at
            FROM ROWS FROM (
                jsonb_to_recordset(p_events) AS (id uuid, type text, data jsonb, occurred_at bigint)
            ) WITH ORDINALITY AS listed (id, type, data, occurred_at, ordinal)
        ), first AS (
            INSERT INTO ordering.order_events
                (order_id, version, event_id, type, data, actor, traceparent, occurred_at)
            SELECT p_order_id, incoming.version, incoming.id, incoming.type, incoming.data, p_actor,
                   p_traceparent, incoming.occurred_at
            FROM incoming
            WHERE incoming.version = p_expected_version + 1
            ON CONFLICT (order_id, version) DO NOTHING
            RETURNING order_id
        ), rest AS (
            INSERT INTO ordering.order_events
                (order_id, version, event_id, type, data, actor, traceparent, occurred_at)
            SELECT p_order_id, incoming.version, incoming.id, incoming.type, incoming.data, p_actor,
                   p_traceparent, incoming.occurred_at
            FROM first, incoming
            WHERE incoming.version > p_expected_version + 1
        )
        INSERT INTO ordering.outbox
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
        SELECT incoming.id, '/ordering', incoming.type, p_subject, incoming.occurred_at,
               p_subject, incoming.version, p_traceparent, incoming.data
        FROM first, incoming
        ORDER BY incoming.version;

        IF FOUND THEN
            outcome := 'appended';
            version := p_expected_version + v_events;
            RETURN;
        END IF;
    END IF;

    IF p_answer.key IS NOT NULL THEN
        PERFORM ordering.release_idempotency_key(p_answer);
    END IF;
    outcome := 'version_conflict';
END
$$;

REVOKE ALL ON FUNCTION ordering.append_order_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ordering.append_order_events TO tradepost_ordering;

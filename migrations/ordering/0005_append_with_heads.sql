-- Appends bring the stream's head along, tell other contexts more than the stream keeps, and come many at a time.

DROP FUNCTION ordering.append_order_events;

-- Appends to the streams of `p_entries`, to each of them if it has exactly the version that its entry expects.
--
--   p_entries  JSON array of 1 to 1,000 objects
--                {order_id, subject, expected_version, actor, traceparent, head, events}
--              subject           the order as other contexts know it: its TypeID
--              expected_version  how many events the stream has; 0: none yet
--              head              {customer, status, created_at, status_since, view}: the order after the events
--              events            1 to 100 objects {id, type, data, published, caused_by, occurred_at}; `published` is
--                                what the outbox gets in place of `data`, if it is not null
--              and times are in microseconds since 1970-01-01T00:00:00Z
--   p_answer   the answer to keep, with a single entry; a NULL key keeps none
--
-- Returns one row for each entry, in their order. `outcome` is
--   appended          all of it was written; `version` is the stream's new version
--   version_conflict  the stream is not at `expected_version`; a second entry for the same stream is one too
--   replayed          the key was used before with this fingerprint: `status`, `location` and `body` are that answer
--   key_reused        the key was used before with another fingerprint
-- and unless it is `appended` nothing of the entry was written. A malformed call raises 22023 (or what the constraint
-- raises), and nothing of any entry is written.
--
-- How it stays all or nothing without a subtransaction, a raised conflict or an advisory lock:
-- 1. The key is claimed before anything else. (Twins of "create an order" bring different order ids, so the
--    stream's version alone would not stop the second.)
-- 2. Only an entry's first event is inserted with ON CONFLICT DO NOTHING; its other events, its outbox rows and its
--    head depend on that one's having gone in. Whoever owns version n+1 owns what follows, because every append at
--    version n wants n+1 first. So a lost race inserts no row at all. That version n exists needs one look at the
--    index, and that n+1 does not exist is the insert's own business.
-- 3. A conflict gives the claim back.
-- An EXCEPTION block would cost a subtransaction, and with it a second transaction id, on every append to serve
-- the rare conflict; raising would fill the server's log with errors that are none.
--
-- Streams are locked in the order of their ids, by their first events, so that two batches cannot wait for each other.
--
-- Each step relies on seeing what committed before it began: READ COMMITTED, the default. Under a stricter level
-- the waits end in 40001 instead, and still nothing is half written.
--
-- The caller's rights apply (no SECURITY DEFINER), so a search_path could only mislead its owner. Names are
-- qualified instead of pinned by SET search_path, which would be paid for on every call.
CREATE FUNCTION ordering.append_order_events(
    p_entries json,
    p_answer  idempotency.kept_answer
)
RETURNS TABLE (outcome text, version bigint, status integer, location text, body bytea)
LANGUAGE plpgsql
VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    v_entries integer;
    v_faulty  integer;
BEGIN
    IF p_entries IS NULL OR json_typeof(p_entries) <> 'array' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the entries must be a JSON array';
    END IF;
    SELECT count(*),
           count(*) FILTER (WHERE coalesce((entry.value ->> 'expected_version')::bigint, -1) < 0
               OR CASE json_typeof(entry.value -> 'events')
                      WHEN 'array' THEN json_array_length(entry.value -> 'events') NOT BETWEEN 1 AND 100
                      ELSE true
                  END)
    INTO v_entries, v_faulty
    FROM json_array_elements(p_entries) AS entry;
    IF v_entries NOT BETWEEN 1 AND 1000 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a call has 1 to 1,000 entries, not ' || v_entries;
    END IF;
    IF v_faulty > 0 THEN
        RAISE invalid_parameter_value
            USING MESSAGE = 'an entry expects a version of 0 or more and holds 1 to 100 events';
    END IF;

    IF p_answer.key IS NOT NULL THEN
        IF v_entries <> 1 THEN
            RAISE invalid_parameter_value USING MESSAGE = 'an answer is kept for one entry';
        END IF;
        SELECT claim.outcome, NULL, claim.status, claim.location, claim.body
        INTO outcome, version, status, location, body
        FROM ordering.claim_idempotency_key(p_answer) AS claim;
        IF outcome IS NOT NULL THEN
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;

    FOR outcome, version IN
    WITH entry AS MATERIALIZED (
        SELECT listed.*
        FROM ROWS FROM (
            json_to_recordset(p_entries) AS (
                order_id uuid, subject text, expected_version bigint, actor text, traceparent text, head json,
                events json
            )
        ) WITH ORDINALITY
            AS listed (order_id, subject, expected_version, actor, traceparent, head, events, ordinal)
    ), incoming AS MATERIALIZED (
        SELECT entry.ordinal AS entry, entry.order_id, entry.expected_version, entry.subject, entry.actor,
               entry.traceparent, event.id, event.type, event.data, event.published, event.caused_by,
               timestamptz 'epoch' + event.occurred_at * interval '1 microsecond' AS occurred_at,
               entry.expected_version + event.ordinal AS version
        FROM entry,
             ROWS FROM (
                 json_to_recordset(entry.events) AS (
                     id uuid, type text, data jsonb, published jsonb, caused_by uuid, occurred_at bigint
                 )
             ) WITH ORDINALITY AS event (id, type, data, published, caused_by, occurred_at, ordinal)
    ), first AS (
        INSERT INTO ordering.order_events
            (order_id, version, event_id, type, data, actor, traceparent, caused_by, occurred_at)
        SELECT incoming.order_id, incoming.version, incoming.id, incoming.type, incoming.data, incoming.actor,
               incoming.traceparent, incoming.caused_by, incoming.occurred_at
        FROM incoming
        WHERE incoming.version = incoming.expected_version + 1
          AND (incoming.expected_version = 0 OR EXISTS (
              SELECT FROM ordering.order_events AS recorded
              WHERE recorded.order_id = incoming.order_id AND recorded.version = incoming.expected_version
          ))
        ORDER BY incoming.order_id, incoming.entry
        ON CONFLICT (order_id, version) DO NOTHING
        RETURNING event_id
    ), won AS MATERIALIZED (
        SELECT incoming.entry
        FROM first JOIN incoming ON incoming.id = first.event_id
        WHERE incoming.version = incoming.expected_version + 1
    ), rest AS (
        INSERT INTO ordering.order_events
            (order_id, version, event_id, type, data, actor, traceparent, caused_by, occurred_at)
        SELECT incoming.order_id, incoming.version, incoming.id, incoming.type, incoming.data, incoming.actor,
               incoming.traceparent, incoming.caused_by, incoming.occurred_at
        FROM won JOIN incoming ON incoming.entry = won.entry
        WHERE incoming.version > incoming.expected_version + 1
    ), told AS (
        INSERT INTO ordering.outbox
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
        SELECT incoming.id, '/ordering', incoming.type, incoming.subject, incoming.occurred_at,
               incoming.subject, incoming.version, incoming.traceparent,
               coalesce(incoming.published, incoming.data)
        FROM won JOIN incoming ON incoming.entry = won.entry
        ORDER BY incoming.entry, incoming.version
    ), headed AS (
        INSERT INTO ordering.orders AS stood
            (order_id, customer, status, version, created_at, status_since, view)
        SELECT entry.order_id, head.customer, head.status,
               entry.expected_version + json_array_length(entry.events),
               timestamptz 'epoch' + head.created_at * interval '1 microsecond',
               timestamptz 'epoch' + head.status_since * interval '1 microsecond',
               head.view
        FROM won JOIN entry ON entry.ordinal = won.entry,
             json_to_record(entry.head) AS head (
                 customer uuid, status text, created_at bigint, status_since bigint, view json
             )
        ORDER BY entry.order_id
        ON CONFLICT (order_id) DO UPDATE
        SET customer = excluded.customer,
            status = excluded.status,
            version = excluded.version,
            created_at = excluded.created_at,
            status_since = excluded.status_since,
            view = excluded.view
    )
    SELECT CASE WHEN won.entry IS NULL THEN 'version_conflict' ELSE 'appended' END,
           CASE WHEN won.entry IS NOT NULL
                THEN entry.expected_version + json_array_length(entry.events)
           END
    FROM entry LEFT JOIN won ON won.entry = entry.ordinal
    ORDER BY entry.ordinal
    LOOP
        RETURN NEXT;
    END LOOP;

    -- With a key there is one entry, so that this is its outcome.
    IF p_answer.key IS NOT NULL AND outcome = 'version_conflict' THEN
        PERFORM ordering.release_idempotency_key(p_answer);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION ordering.append_order_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ordering.append_order_events TO tradepost_ordering;

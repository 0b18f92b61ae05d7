-- Mailboxes by another key: a subscription may name a member of an event's data, and its consumer's actors are then one
-- for each text of that member. The list of a customer's orders is written by one actor for each customer, while the
-- events that it is made of are ordered by order.

-- The functions get one argument more each, which an older relay does not give.
DROP FUNCTION messaging.take(text[], text[], uuid, integer, integer, integer, integer);
DROP FUNCTION messaging.dispatch(text[], text[], integer);
DROP FUNCTION messaging.replay(text, text[], bigint, bigint, bigint, integer);

-- The key of the mailbox that an event goes into; NULL when it goes into none, because its data has no text there that
-- can be a key. One that is too long must not stop the dispatch of everybody's events.
CREATE FUNCTION messaging.mailbox_key(p_member text, p_partitionkey text, p_data jsonb) RETURNS text
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT CASE
        WHEN p_member IS NULL THEN p_partitionkey
        WHEN jsonb_typeof(p_data->p_member) = 'string' AND octet_length(p_data->>p_member) BETWEEN 1 AND 255
            THEN p_data->>p_member
    END;
$$;

-- Moves up to `p_limit` committed events from the outboxes into the log and into the mailboxes of their subscribers;
-- returns how many. `p_consumers`, `p_types` and `p_members` are the subscriptions: each consumer, a type that it is
-- given, and the member of those events' data whose text is the mailbox's key, or NULL for the partition key.
--
-- One dispatcher at a time: the transaction lock makes the others wait, and each statement after it sees what its
-- predecessor has committed. Two at once could put an event into a mailbox before an earlier one of the same key whose
-- dispatcher is slower. An event that commits late has simply not been seen yet; no position is ever skipped, because
-- nobody remembers how far he came.
CREATE FUNCTION messaging.dispatch(p_consumers text[], p_types text[], p_limit integer,
                                   p_members text[] DEFAULT '{}') RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    v_dispatched   integer;
    v_consumers    text[];
    v_keys         text[];
    v_positions    bigint[];
    v_bytes        integer[];
BEGIN
    -- The bytes of `dispatch`.
    PERFORM pg_advisory_xact_lock(7235441202855961448);

    WITH taken AS (
        DELETE FROM messaging.outbox
        WHERE position <= (
            SELECT max(position) FROM (SELECT position FROM messaging.outbox ORDER BY position LIMIT p_limit) AS first
        )
        RETURNING *
    ), logged AS (
        INSERT INTO messaging.events
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data, recorded_at)
        SELECT id, source, type, subject, time, partitionkey, sequence, traceparent, data, recorded_at
        FROM taken
        ORDER BY position
        -- The same id is the same event. A writer that sends it twice must not stop everybody's events.
        ON CONFLICT (id) DO NOTHING
        RETURNING position, type, partitionkey, data, octet_length(data::text) AS bytes
    ), delivery AS (
        SELECT subscription.consumer, logged.position, logged.bytes,
               messaging.mailbox_key(subscription.member, logged.partitionkey, logged.data) AS key
        FROM logged
        JOIN unnest(p_consumers, p_types, p_members) AS subscription (consumer, type, member)
            ON subscription.type = logged.type
    )
    SELECT (SELECT count(*) FROM taken), array_agg(consumer), array_agg(key), array_agg(position),
           array_agg(bytes)
    INTO v_dispatched, v_consumers, v_keys, v_positions, v_bytes
    FROM delivery
    WHERE key IS NOT NULL;

    IF v_consumers IS NOT NULL THEN
        PERFORM messaging.put_into_mailboxes(v_consumers, v_keys, v_positions, v_bytes);
    END IF;
    RETURN v_dispatched;
END
$$;

-- The relay's turn begins: dispatches what has been committed and leases what is due, as `dispatch` and `lease` say.
-- No row means that there is nothing to do now.
CREATE FUNCTION messaging.take(p_consumers text[], p_types text[], p_token uuid, p_lease_milliseconds integer,
                               p_mailboxes integer, p_events integer, p_bytes integer,
                               p_members text[] DEFAULT '{}')
RETURNS TABLE (consumer text, partitionkey text, attempts integer, "position" bigint, id uuid, source text,
               type text, subject text, time_microseconds bigint, sequence bigint, traceparent text, data text)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    -- Large enough that a turn's fixed costs do not show, small enough that the dispatchers behind do not wait long.
    c_dispatch   CONSTANT integer := 1000;
    v_dispatched integer;
    v_events     integer;
BEGIN
    LOOP
        v_dispatched := messaging.dispatch(p_consumers, p_types, c_dispatch, p_members);

        RETURN QUERY
        SELECT leased.consumer, leased.partitionkey, leased.attempts, leased.position, event.id, event.source,
               event.type, event.subject, (extract(epoch FROM event.time) * 1000000)::bigint, event.sequence,
               event.traceparent, event.data::text
        FROM messaging.lease(p_token, p_lease_milliseconds, p_mailboxes, p_events, p_bytes) AS leased
        CROSS JOIN LATERAL (
            SELECT * FROM messaging.events AS event WHERE event.position = leased.position OFFSET 0
        ) AS event
        ORDER BY leased.consumer, leased.partitionkey, leased.position;

        GET DIAGNOSTICS v_events = ROW_COUNT;
        -- Events that nobody subscribes to go to the log alone, and more may wait behind them.
        EXIT WHEN v_events > 0 OR v_dispatched < c_dispatch;
    END LOOP;
END
$$;

-- Puts logged events of these types and times (from inclusive, to exclusive, in microseconds since
-- 1970-01-01T00:00:00Z; NULL: no bound) into the consumer's mailboxes once more, up to `p_limit` of those behind the
-- position `p_after`. To be called again with `last_position` until that is NULL. `p_member` is as in `dispatch`; what has
-- no key is looked at and not replayed.
--
-- This puts events in front of those that are being delivered at that moment. Whoever delivers them settles "taken up to
-- this position", which would take what was put in front for delivered too, and it would be lost. So a replay takes the
-- lease from whoever has it. His settlement is passed over; when his lease would have run out, and not before because he
-- may still be at it, the mailbox is given out again from its first event on. What he delivered is delivered twice, which
-- changes nothing. His try does not count, because nobody will learn how it ended.
CREATE FUNCTION messaging.replay(p_consumer text, p_types text[], p_from_microseconds bigint, p_to_microseconds bigint,
                                 p_after bigint, p_limit integer, p_member text DEFAULT NULL,
                                 OUT replayed bigint, OUT last_position bigint)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    v_looked_at integer;
    v_last      bigint;
    v_keys      text[];
    v_positions bigint[];
    v_bytes     integer[];
BEGIN
    SELECT count(*), max(position), array_agg(key) FILTER (WHERE key IS NOT NULL),
           array_agg(position) FILTER (WHERE key IS NOT NULL), array_agg(bytes) FILTER (WHERE key IS NOT NULL)
    INTO v_looked_at, v_last, v_keys, v_positions, v_bytes
    FROM (
        SELECT event.position, octet_length(event.data::text) AS bytes,
               messaging.mailbox_key(p_member, event.partitionkey, event.data) AS key
        FROM messaging.events AS event
        WHERE event.type = ANY (p_types) AND event.position > coalesce(p_after, 0)
          AND (p_from_microseconds IS NULL
               OR event.time >= timestamptz 'epoch' + p_from_microseconds * interval '1 microsecond')
          AND (p_to_microseconds IS NULL
               OR event.time < timestamptz 'epoch' + p_to_microseconds * interval '1 microsecond')
        ORDER BY event.position
        LIMIT p_limit
    ) AS looked_at;

    replayed := coalesce(cardinality(v_positions), 0);
    IF replayed > 0 THEN
        PERFORM messaging.put_into_mailboxes(array_fill(p_consumer, ARRAY[cardinality(v_positions)]), v_keys,
                                             v_positions, v_bytes);
        -- The mailboxes have been locked by what put the events in, in the order in which everybody locks them.
        UPDATE messaging.mailboxes
        SET lease = NULL, attempts = attempts - 1
        WHERE consumer = p_consumer AND partitionkey = ANY (v_keys) AND lease IS NOT NULL;
    END IF;
    IF v_looked_at = p_limit THEN
        last_position := v_last;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION messaging.mailbox_key, messaging.dispatch, messaging.take, messaging.replay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging.mailbox_key, messaging.dispatch, messaging.take, messaging.replay
    TO tradepost_messaging;

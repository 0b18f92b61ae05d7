-- From the outboxes to the consumers: the log of all events, the mailboxes of the consumers' actors, what was set
-- aside, and the statements of the relay.
--
-- An actor is a consumer and a partition key. Its mailbox is a row of `mailboxes` for as long as `deliveries` holds
-- events that it has not been given; an actor with nothing to do has no row anywhere. So what the relay looks through
-- is as large as what is under way, however long the log becomes.

-- For those who only look: the staff's view of the log.
DO $$
BEGIN
    CREATE ROLE tradepost_messaging_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_messaging_reader TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA messaging TO tradepost_messaging_reader;

CREATE SEQUENCE messaging.event_position;
GRANT USAGE ON SEQUENCE messaging.event_position TO tradepost_messaging;

-- Every event there was. Positions grow in the order in which they become visible, because one dispatcher at a time
-- gives them out: whoever has read up to a position has missed nothing before it. They may have gaps.
CREATE TABLE messaging.events (
    position     bigint      NOT NULL DEFAULT nextval('messaging.event_position'),
    id           uuid        NOT NULL,
    source       text        COLLATE "C" NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    subject      text        COLLATE "C" NOT NULL,
    time         timestamptz NOT NULL,
    partitionkey text        COLLATE "C" NOT NULL,
    sequence     bigint      NOT NULL,
    traceparent  text,
    data         jsonb       NOT NULL,
    -- When the command wrote it, and when it came here; both by the database's clock.
    recorded_at  timestamptz NOT NULL,
    logged_at    timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT events_pkey PRIMARY KEY (position),
    CONSTRAINT events_id_key UNIQUE (id)
);
CREATE INDEX events_type_idx ON messaging.events (type, position);
CREATE INDEX events_subject_idx ON messaging.events (subject, position);
CREATE INDEX events_source_idx ON messaging.events (source, position);

COMMENT ON TABLE messaging.events IS 'The log: every CloudEvent of every context, in commit order.';

GRANT SELECT, INSERT ON messaging.events TO tradepost_messaging;
GRANT SELECT ON messaging.events TO tradepost_messaging_reader;

-- One row for each actor that has undelivered events.
CREATE TABLE messaging.mailboxes (
    -- The consumer's component id.
    consumer     text        COLLATE "C" NOT NULL,
    partitionkey text        COLLATE "C" NOT NULL,
    -- When the actor is to be given its events: now, after a back-off, when the lease of whoever is at it runs out,
    -- or never (infinity) while its first event is set aside.
    due_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- How often its first event has been tried.
    attempts     integer     NOT NULL DEFAULT 0,
    -- The lease under which it is being delivered, if it is.
    lease        uuid,

    CONSTRAINT mailboxes_pkey PRIMARY KEY (consumer, partitionkey),
    CONSTRAINT mailboxes_attempts_not_negative CHECK (attempts >= 0)
);
CREATE INDEX mailboxes_due_at_idx ON messaging.mailboxes (due_at);
-- Rows live for milliseconds and are rewritten several times. Autovacuum has to keep up with the traffic, not with
-- the size.
ALTER TABLE messaging.mailboxes SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0,
                                     autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE messaging.mailboxes IS 'Actors (a consumer and a key) that have undelivered events.';

GRANT SELECT, INSERT, UPDATE, DELETE ON messaging.mailboxes TO tradepost_messaging;
GRANT SELECT ON messaging.mailboxes TO tradepost_messaging_reader;

-- What lies in the mailboxes.
CREATE TABLE messaging.deliveries (
    consumer     text    COLLATE "C" NOT NULL,
    partitionkey text    COLLATE "C" NOT NULL,
    -- Of the event in the log.
    position     bigint  NOT NULL,
    -- Size of the event's data as text, so that a batch can be bounded without reading what stays behind.
    bytes        integer NOT NULL,

    CONSTRAINT deliveries_pkey PRIMARY KEY (consumer, partitionkey, position)
);
ALTER TABLE messaging.deliveries SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE messaging.deliveries IS 'Events that their consumers have not taken yet.';

GRANT SELECT, INSERT, DELETE ON messaging.deliveries TO tradepost_messaging;
GRANT SELECT ON messaging.deliveries TO tradepost_messaging_reader;

-- Events that their consumers did not take in all the tries there are. Such an event stays the first of its mailbox,
-- and the events behind it wait: what comes later must not be applied before what came earlier.
CREATE TABLE messaging.dead_letters (
    id           uuid        NOT NULL,
    consumer     text        COLLATE "C" NOT NULL,
    partitionkey text        COLLATE "C" NOT NULL,
    position     bigint      NOT NULL,
    attempts     integer     NOT NULL,
    -- What the consumer said the last time.
    error        text        NOT NULL,
    set_aside_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT dead_letters_pkey PRIMARY KEY (id),
    CONSTRAINT dead_letters_mailbox_key UNIQUE (consumer, partitionkey)
);

COMMENT ON TABLE messaging.dead_letters IS 'Events set aside until somebody has them replayed.';

GRANT SELECT, INSERT, DELETE ON messaging.dead_letters TO tradepost_messaging;
GRANT SELECT ON messaging.dead_letters TO tradepost_messaging_reader;

-- Puts events of the log into mailboxes. `p_positions` is in order; the mailboxes of other events stay as they are.
--
-- Locks the mailboxes in the order of their key, as everything does that locks several, so that no two wait for each
-- other. A mailbox that is there is locked too, although nothing of it changes: whoever wants to remove it because it
-- is empty has to wait, and then sees what was put in.
CREATE FUNCTION messaging.put_into_mailboxes(p_consumers text[], p_partitionkeys text[], p_positions bigint[],
                                             p_bytes integer[]) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO messaging.deliveries (consumer, partitionkey, position, bytes)
    SELECT * FROM unnest(p_consumers, p_partitionkeys, p_positions, p_bytes)
    ON CONFLICT DO NOTHING;

    INSERT INTO messaging.mailboxes AS mailbox (consumer, partitionkey)
    SELECT DISTINCT put.consumer COLLATE "C", put.partitionkey COLLATE "C"
    FROM unnest(p_consumers, p_partitionkeys) AS put (consumer, partitionkey)
    ORDER BY 1, 2
    ON CONFLICT (consumer, partitionkey) DO UPDATE SET consumer = mailbox.consumer;
$$;

-- Moves up to `p_limit` committed events from the outboxes into the log and into the mailboxes of their subscribers;
-- returns how many. `p_consumers` and `p_types` are the subscriptions, one pair each.
--
-- One dispatcher at a time: the transaction lock makes the others wait, and each statement after it sees what its
-- predecessor has committed. Two at once could put an event into a mailbox before an earlier one of the same key whose
-- dispatcher is slower. An event that commits late has simply not been seen yet; no position is ever skipped, because
-- nobody remembers how far he came.
CREATE FUNCTION messaging.dispatch(p_consumers text[], p_types text[], p_limit integer) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    v_dispatched   integer;
    v_consumers    text[];
    v_partitionkeys text[];
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
        RETURNING position, type, partitionkey, octet_length(data::text) AS bytes
    ), delivery AS (
        SELECT subscription.consumer, logged.partitionkey, logged.position, logged.bytes
        FROM logged
        JOIN unnest(p_consumers, p_types) AS subscription (consumer, type) ON subscription.type = logged.type
    )
    SELECT (SELECT count(*) FROM taken), array_agg(consumer), array_agg(partitionkey), array_agg(position),
           array_agg(bytes)
    INTO v_dispatched, v_consumers, v_partitionkeys, v_positions, v_bytes
    FROM delivery;

    IF v_consumers IS NOT NULL THEN
        PERFORM messaging.put_into_mailboxes(v_consumers, v_partitionkeys, v_positions, v_bytes);
    END IF;
    RETURN v_dispatched;
END
$$;

-- Leases up to `p_mailboxes` mailboxes that are due to `p_token`, oldest first, and returns what is in them: at most
-- `p_events` events of each and about `p_bytes` in all (at least one event), mailbox by mailbox and in order. A mailbox
-- whose first event has failed before gives that one alone. `attempts` counts this try.
--
-- What is leased comes back by itself when `p_lease_milliseconds` have passed without a settlement.
--
-- These tables are empty most of the time and large when it matters, and plans are kept for the life of a connection:
-- what the planner took for an empty table must not be scanned when it is no longer one. Hence `enable_seqscan`, here
-- and in the other functions, and the subqueries with OFFSET 0, which are always asked row by row.
CREATE FUNCTION messaging.lease(p_token uuid, p_lease_milliseconds integer, p_mailboxes integer, p_events integer,
                                p_bytes integer)
RETURNS TABLE (consumer text, partitionkey text, attempts integer, "position" bigint)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_now           timestamptz := clock_timestamp();
    v_consumers     text[];
    v_partitionkeys text[];
BEGIN
    SELECT array_agg(due.consumer), array_agg(due.partitionkey)
    INTO v_consumers, v_partitionkeys
    FROM (
        SELECT mailbox.consumer, mailbox.partitionkey
        FROM messaging.mailboxes AS mailbox
        WHERE mailbox.due_at <= v_now
        ORDER BY mailbox.due_at
        LIMIT p_mailboxes
        FOR UPDATE SKIP LOCKED
    ) AS due;

    -- A statement of its own, because it has to see what the last holder of each lock has committed.
    RETURN QUERY
    WITH wanted AS MATERIALIZED (
        SELECT mailbox.consumer, mailbox.partitionkey, mailbox.attempts, delivery.position,
               sum(delivery.bytes) OVER (ORDER BY due.place, delivery.position) - delivery.bytes AS bytes_before
        FROM unnest(v_consumers, v_partitionkeys) WITH ORDINALITY AS due (consumer, partitionkey, place)
        CROSS JOIN LATERAL (
            SELECT mailbox.consumer, mailbox.partitionkey, mailbox.attempts
            FROM messaging.mailboxes AS mailbox
            WHERE mailbox.consumer = due.consumer AND mailbox.partitionkey = due.partitionkey
            OFFSET 0
        ) AS mailbox
        CROSS JOIN LATERAL (
            SELECT delivery.position, delivery.bytes
            FROM messaging.deliveries AS delivery
            WHERE delivery.consumer = due.consumer AND delivery.partitionkey = due.partitionkey
            ORDER BY delivery.position
            LIMIT CASE WHEN mailbox.attempts > 0 THEN 1 ELSE p_events END
        ) AS delivery
    ), leased AS (
        UPDATE messaging.mailboxes AS mailbox
        SET due_at = v_now + p_lease_milliseconds * interval '1 millisecond',
            lease = p_token,
            attempts = mailbox.attempts + 1
        FROM (SELECT DISTINCT wanted.consumer, wanted.partitionkey FROM wanted WHERE bytes_before < p_bytes) AS chosen
        WHERE mailbox.consumer = chosen.consumer AND mailbox.partitionkey = chosen.partitionkey
    )
    SELECT wanted.consumer, wanted.partitionkey, wanted.attempts + 1, wanted.position
    FROM wanted
    WHERE wanted.bytes_before < p_bytes
    ORDER BY 1, 2, 4;
END
$$;

-- The relay's turn begins: dispatches what has been committed and leases what is due, as `dispatch` and `lease` say.
-- No row means that there is nothing to do now.
CREATE FUNCTION messaging.take(p_consumers text[], p_types text[], p_token uuid, p_lease_milliseconds integer,
                               p_mailboxes integer, p_events integer, p_bytes integer)
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
        v_dispatched := messaging.dispatch(p_consumers, p_types, c_dispatch);

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

-- The relay's turn ends: what became of the events that were leased to `p_token`.
--
--   p_results  JSON array of objects, one a mailbox:
--     consumer, partitionkey
--     through             position up to which the events have been taken, inclusive; null: none
--     error               why the next one was not; null: all that were given have been taken
--     delay_milliseconds  with an error: when to try again
--     counts              with an error: whether the try counts
--     dead_letter_id      with an error: sets the next event aside under this id instead of trying again
--
-- A mailbox whose lease has run out and been given to somebody else is passed over: its events will be taken twice,
-- which changes nothing. Returns how many were not.
CREATE FUNCTION messaging.settle(p_token uuid, p_results jsonb) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    v_ours integer;
BEGIN
    SELECT count(*)
    INTO v_ours
    FROM (
        SELECT
        FROM jsonb_to_recordset(p_results) AS result (consumer text, partitionkey text)
        JOIN messaging.mailboxes AS mailbox
            ON mailbox.consumer = result.consumer AND mailbox.partitionkey = result.partitionkey
        WHERE mailbox.lease = p_token
        ORDER BY mailbox.consumer, mailbox.partitionkey
        FOR UPDATE OF mailbox
    ) AS ours;
    IF v_ours = 0 THEN
        RETURN 0;
    END IF;

    -- From here on the mailboxes with this lease are those that are locked. Each statement sees what was put into them
    -- while their locks were waited for.
    DELETE FROM messaging.deliveries AS delivery
    USING jsonb_to_recordset(p_results) AS result (consumer text, partitionkey text, through bigint),
          messaging.mailboxes AS mailbox
    WHERE mailbox.consumer = result.consumer AND mailbox.partitionkey = result.partitionkey
      AND mailbox.lease = p_token
      AND delivery.consumer = result.consumer AND delivery.partitionkey = result.partitionkey
      AND delivery.position <= result.through;

    INSERT INTO messaging.dead_letters (id, consumer, partitionkey, position, attempts, error)
    SELECT result.dead_letter_id, mailbox.consumer, mailbox.partitionkey, head.position,
           CASE WHEN result.through IS NULL THEN mailbox.attempts ELSE 1 END, result.error
    FROM jsonb_to_recordset(p_results)
        AS result (consumer text, partitionkey text, through bigint, error text, dead_letter_id uuid)
    JOIN messaging.mailboxes AS mailbox
        ON mailbox.consumer = result.consumer AND mailbox.partitionkey = result.partitionkey
       AND mailbox.lease = p_token
    CROSS JOIN LATERAL (
        SELECT delivery.position
        FROM messaging.deliveries AS delivery
        WHERE delivery.consumer = mailbox.consumer AND delivery.partitionkey = mailbox.partitionkey
        ORDER BY delivery.position
        LIMIT 1
    ) AS head
    WHERE result.error IS NOT NULL AND result.dead_letter_id IS NOT NULL;

    DELETE FROM messaging.mailboxes AS mailbox
    USING jsonb_to_recordset(p_results) AS result (consumer text, partitionkey text)
    WHERE mailbox.consumer = result.consumer AND mailbox.partitionkey = result.partitionkey
      AND mailbox.lease = p_token
      AND NOT EXISTS (
          SELECT FROM messaging.deliveries AS delivery
          WHERE delivery.consumer = mailbox.consumer AND delivery.partitionkey = mailbox.partitionkey
          OFFSET 0
      );

    UPDATE messaging.mailboxes AS mailbox
    SET lease = NULL,
        attempts = CASE
            WHEN result.error IS NULL THEN 0
            -- The event that failed had its first try behind those that did not.
            WHEN result.through IS NOT NULL THEN CASE WHEN result.counts THEN 1 ELSE 0 END
            WHEN result.counts THEN mailbox.attempts
            ELSE mailbox.attempts - 1
        END,
        due_at = CASE
            WHEN result.error IS NULL THEN clock_timestamp()
            WHEN result.dead_letter_id IS NOT NULL THEN 'infinity'
            ELSE clock_timestamp() + coalesce(result.delay_milliseconds, 0) * interval '1 millisecond'
        END
    FROM jsonb_to_recordset(p_results)
        AS result (consumer text, partitionkey text, through bigint, error text, delay_milliseconds integer,
                   counts boolean, dead_letter_id uuid)
    WHERE mailbox.consumer = result.consumer AND mailbox.partitionkey = result.partitionkey
      AND mailbox.lease = p_token;

    RETURN v_ours;
END
$$;

-- Has an event that was set aside tried again, with all its tries before it; false when there is none of this id.
CREATE FUNCTION messaging.replay_dead_letter(p_id uuid) RETURNS boolean
LANGUAGE sql
AS $$
    WITH replayed AS (
        DELETE FROM messaging.dead_letters WHERE id = p_id RETURNING consumer, partitionkey
    ), resumed AS (
        UPDATE messaging.mailboxes AS mailbox
        SET due_at = clock_timestamp(), attempts = 0, lease = NULL
        FROM replayed
        WHERE mailbox.consumer = replayed.consumer AND mailbox.partitionkey = replayed.partitionkey
    )
    SELECT EXISTS (SELECT FROM replayed);
$$;

-- Puts logged events of these types and times (from inclusive, to exclusive, in microseconds since
-- 1970-01-01T00:00:00Z; NULL: no bound) into the consumer's mailboxes once more, up to `p_limit` of those behind the
-- position `p_after`. To be called again with `last_position` until that is NULL.
--
-- This puts events in front of those that are being delivered at that moment. Whoever delivers them settles "taken up to
-- this position", which would take what was put in front for delivered too, and it would be lost. So a replay takes the
-- lease from whoever has it. His settlement is passed over; when his lease would have run out, and not before because he
-- may still be at it, the mailbox is given out again from its first event on. What he delivered is delivered twice, which
-- changes nothing. His try does not count, because nobody will learn how it ended.
CREATE FUNCTION messaging.replay(p_consumer text, p_types text[], p_from_microseconds bigint, p_to_microseconds bigint,
                                 p_after bigint, p_limit integer, OUT replayed bigint, OUT last_position bigint)
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    v_partitionkeys text[];
    v_positions     bigint[];
    v_bytes         integer[];
BEGIN
    SELECT array_agg(event.partitionkey), array_agg(event.position), array_agg(octet_length(event.data::text))
    INTO v_partitionkeys, v_positions, v_bytes
    FROM (
        SELECT event.position, event.partitionkey, event.data
        FROM messaging.events AS event
        WHERE event.type = ANY (p_types) AND event.position > coalesce(p_after, 0)
          AND (p_from_microseconds IS NULL
               OR event.time >= timestamptz 'epoch' + p_from_microseconds * interval '1 microsecond')
          AND (p_to_microseconds IS NULL
               OR event.time < timestamptz 'epoch' + p_to_microseconds * interval '1 microsecond')
        ORDER BY event.position
        LIMIT p_limit
    ) AS event;

    replayed := coalesce(cardinality(v_positions), 0);
    IF replayed > 0 THEN
        PERFORM messaging.put_into_mailboxes(array_fill(p_consumer, ARRAY[cardinality(v_positions)]),
                                             v_partitionkeys, v_positions, v_bytes);
        -- The mailboxes have been locked by what put the events in, in the order in which everybody locks them.
        UPDATE messaging.mailboxes
        SET lease = NULL, attempts = attempts - 1
        WHERE consumer = p_consumer AND partitionkey = ANY (v_partitionkeys) AND lease IS NOT NULL;
    END IF;
    IF replayed = p_limit THEN
        last_position := v_positions[replayed];
    END IF;
END
$$;

REVOKE ALL ON FUNCTION messaging.put_into_mailboxes, messaging.dispatch, messaging.lease, messaging.take,
    messaging.settle, messaging.replay_dead_letter, messaging.replay FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging.put_into_mailboxes, messaging.dispatch, messaging.lease, messaging.take,
    messaging.settle, messaging.replay_dead_letter, messaging.replay TO tradepost_messaging;

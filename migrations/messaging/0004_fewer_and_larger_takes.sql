-- Fewer takes, each of more: where a thousand kicks a second come, from as many instances as there are, one caller
-- dispatches, one waits to be next, and the others leave it to that one.

-- The relay's turn begins: dispatches what has been committed and leases what is due, as `dispatch` and `lease` say.
-- No row means that there is nothing to do now for this caller: nothing is due, or somebody else is about to take it.
--
-- Whoever comes while somebody waits to be next leaves at once, and misses nothing: the one who waits has not looked yet,
-- so he will see all that was committed before the other came. The waiting room is a lock of the session, because it has
-- to be left before the transaction ends, which is when the next may come in; and it is left however the waiting ends,
-- by a time-out too. (A session that ends leaves it by ending.)
--
-- While events come fast, whoever waits does so a little longer: what costs the most is a take, a delivery and a
-- settlement, and not an event more in each.
CREATE OR REPLACE FUNCTION messaging.take(p_consumers text[], p_types text[], p_token uuid, p_lease_milliseconds integer,
                                          p_mailboxes integer, p_events integer, p_bytes integer,
                                          p_members text[] DEFAULT '{}')
RETURNS TABLE (consumer text, partitionkey text, attempts integer, "position" bigint, id uuid, source text,
               type text, subject text, time_microseconds bigint, sequence bigint, traceparent text, data text)
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    -- Large enough that a turn's fixed costs do not show, small enough that the dispatchers behind do not wait long.
    c_dispatch     CONSTANT integer := 1000;
    -- The bytes of `wait`, shifted.
    c_waiting_room CONSTANT bigint := 7235441202855961449;
    -- Faster than this many events in so long is fast, and then a take waits for so long.
    c_fast         CONSTANT integer := 8;
    c_fast_within  CONSTANT interval := interval '20 milliseconds';
    c_pause        CONSTANT double precision := 0.01;
    v_dispatched   integer;
    v_events       integer;
BEGIN
    IF NOT pg_try_advisory_lock(c_waiting_room) THEN
        RETURN;
    END IF;
    BEGIN
        IF EXISTS (
            SELECT FROM (
                SELECT event.recorded_at FROM messaging.events AS event
                ORDER BY event.position DESC
                OFFSET c_fast - 1 LIMIT 1
            ) AS earlier
            WHERE earlier.recorded_at > clock_timestamp() - c_fast_within
        ) THEN
            PERFORM pg_sleep(c_pause);
        END IF;
        -- The dispatcher's lock, which `dispatch` takes once more.
        PERFORM pg_advisory_xact_lock(7235441202855961448);
        PERFORM pg_advisory_unlock(c_waiting_room);
    EXCEPTION WHEN query_canceled OR OTHERS THEN
        PERFORM pg_advisory_unlock(c_waiting_room);
        RAISE;
    END;

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

-- As before, with its statements planned once a connection and not at each call.
CREATE OR REPLACE FUNCTION messaging.put_into_mailboxes(p_consumers text[], p_partitionkeys text[],
                                                        p_positions bigint[], p_bytes integer[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO messaging.deliveries (consumer, partitionkey, position, bytes)
    SELECT * FROM unnest(p_consumers, p_partitionkeys, p_positions, p_bytes)
    ON CONFLICT DO NOTHING;

    INSERT INTO messaging.mailboxes AS mailbox (consumer, partitionkey)
    SELECT DISTINCT put.consumer COLLATE "C", put.partitionkey COLLATE "C"
    FROM unnest(p_consumers, p_partitionkeys) AS put (consumer, partitionkey)
    ORDER BY 1, 2
    ON CONFLICT (consumer, partitionkey) DO UPDATE SET consumer = mailbox.consumer;
END
$$;

-- The relay's turn ends, as before, with statements that are planned once a connection.
CREATE OR REPLACE FUNCTION messaging.settle(p_token uuid, p_results jsonb) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
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

    -- Found one by one: the planner would rather read all the mailboxes there are.
    DELETE FROM messaging.mailboxes AS mailbox
    USING (
        SELECT ours.place
        FROM jsonb_to_recordset(p_results) AS result (consumer text, partitionkey text)
        CROSS JOIN LATERAL (
            SELECT mailbox.ctid AS place
            FROM messaging.mailboxes AS mailbox
            WHERE mailbox.consumer = result.consumer AND mailbox.partitionkey = result.partitionkey
              AND mailbox.lease = p_token
            OFFSET 0
        ) AS ours
        WHERE NOT EXISTS (
            SELECT FROM messaging.deliveries AS delivery
            WHERE delivery.consumer = result.consumer AND delivery.partitionkey = result.partitionkey
            OFFSET 0
        )
    ) AS empty
    WHERE mailbox.ctid = empty.place;

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

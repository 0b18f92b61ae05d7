-- A replay puts events in front of those that are being delivered at that moment. Whoever delivers them settles "taken
-- up to this position", which would take what was put in front for delivered too, and it would be lost.
--
-- So a replay takes the lease from whoever has it. His settlement is passed over; when his lease would have run out, and
-- not before because he may still be at it, the mailbox is given out again from its first event on. What he delivered is
-- delivered twice, which changes nothing. His try does not count, because nobody will learn how it ended.
CREATE OR REPLACE FUNCTION messaging.replay(
    p_consumer text, p_types text[], p_from_microseconds bigint, p_to_microseconds bigint,
    p_after bigint, p_limit integer, OUT replayed bigint, OUT last_position bigint)
LANGUAGE plpgsql
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

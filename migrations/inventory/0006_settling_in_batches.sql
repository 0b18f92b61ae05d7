-- Reservations are committed and released by their orders, many at once, or run out. The locks are taken as in
-- 0004_reserving_in_batches.sql.

-- Commits (`p_states[n]` = 'committed') or releases ('released') what is held for orders. An order may stand in it
-- several times; what stands first is done first.
--
--   p_order_ids  the orders; `p_subjects[n]` is the n-th's TypeID
--   p_lines      of each that is released: what is to be back on hand if it has left already, or NULL for everything;
--                as `inventory.restock` has it
--   p_cause_ids  the events because of which
--   p_event_ids  ids for the events that tell of it, with `p_traceparents`
--   p_at         now, in microseconds since 1970-01-01T00:00:00Z
--
-- Returns a row for each, in no order. `outcome` is
--   done       what was held is committed or released, by this call or before; or nothing was held yet and it was to be
--              released, and from now on nothing will be
--   restocked  it was to be released and was committed before: what had left is back, by this call or before
--   unknown    it was to be committed, and nothing was ever decided for the order; nothing was written
--   another    is the state that the reservation has, from which there is no way to the one that is wanted; nothing
--              was written
--
-- What is overdue but not expired yet is still held, and can be committed.
CREATE FUNCTION inventory.settle_reservations(
    p_order_ids    uuid[],
    p_subjects     text[],
    p_states       text[],
    p_lines        jsonb[],
    p_cause_ids    uuid[],
    p_event_ids    uuid[],
    p_traceparents text[],
    p_at           bigint
) RETURNS TABLE (number integer, outcome text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_at     CONSTANT timestamptz := timestamptz 'epoch' + p_at * interval '1 microsecond';
    -- The n-th settlement is the v_places[n]-th of its order.
    v_places integer[];
    v_held   integer[];
    v_back   integer[];
    -- The orders that have a reservation, each locked.
    v_known  uuid[];
BEGIN
    IF cardinality(p_order_ids) NOT BETWEEN 1 AND 1000
        OR cardinality(p_subjects) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_lines) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_cause_ids) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_event_ids) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_traceparents) IS DISTINCT FROM cardinality(p_order_ids)
        OR (SELECT count(*) FROM unnest(p_states) AS state WHERE state IN ('committed', 'released'))
           <> cardinality(p_order_ids)
    THEN
        RAISE invalid_parameter_value
            USING MESSAGE = 'a batch has 1 to 1000 settlements, each of which commits or releases';
    END IF;

    SELECT array_agg(asked.place ORDER BY asked.number) INTO v_places
    FROM (
        SELECT asked.number, row_number() OVER (PARTITION BY asked.order_id ORDER BY asked.number)::integer AS place
        FROM unnest(p_order_ids) WITH ORDINALITY AS asked (order_id, number)
    ) AS asked;

    -- Whoever reserves for an order that has ended finds this. Nobody was promised anything, so nobody is told.
    INSERT INTO inventory.reservations (order_id, subject, state, expires_at, decided_at, ended_at, events)
    SELECT DISTINCT ON (asked.order_id) asked.order_id, asked.subject, 'released', v_at, v_at, v_at, 0
    FROM unnest(p_order_ids, p_subjects, p_states) AS asked (order_id, subject, state)
    WHERE asked.state = 'released'
    ORDER BY asked.order_id
    ON CONFLICT (order_id) DO NOTHING;

    -- One that comes to be after this is not locked, and its stock would be locked out of order: it is unknown here.
    SELECT array_agg(locked.order_id)
    INTO v_known
    FROM (
        SELECT reservation.order_id
        FROM inventory.reservations AS reservation
        WHERE reservation.order_id = ANY (p_order_ids)
        ORDER BY reservation.order_id
        FOR NO KEY UPDATE
    ) AS locked;
    PERFORM inventory.lock_stock_of(ARRAY(
        SELECT asked.order_id
        FROM unnest(p_order_ids, p_states) AS asked (order_id, state)
        JOIN inventory.reservations AS reservation USING (order_id)
        WHERE asked.order_id = ANY (v_known)
          AND (reservation.state = 'held' OR reservation.state = 'committed' AND asked.state = 'released')
    ));

    FOR v_round IN 1..(SELECT max(place) FROM unnest(v_places) AS place) LOOP
        RETURN QUERY
        SELECT asked.number::integer, CASE
                   WHEN reservation.state IS NULL THEN 'unknown'
                   WHEN reservation.state IN ('held', asked.state) THEN 'done'
                   WHEN reservation.state = 'committed' THEN 'restocked'
                   ELSE reservation.state
               END
        FROM unnest(p_order_ids, p_states, v_places) WITH ORDINALITY AS asked (order_id, state, place, number)
        LEFT JOIN inventory.reservations AS reservation
            ON reservation.order_id = asked.order_id AND asked.order_id = ANY (v_known)
        WHERE asked.place = v_round;

        SELECT array_agg(asked.number) FILTER (WHERE reservation.state = 'held'),
               array_agg(asked.number) FILTER (WHERE reservation.state = 'committed' AND asked.state = 'released')
        INTO v_held, v_back
        FROM unnest(p_order_ids, p_states, v_places) WITH ORDINALITY AS asked (order_id, state, place, number)
        JOIN inventory.reservations AS reservation USING (order_id)
        WHERE asked.place = v_round AND asked.order_id = ANY (v_known);
        IF v_held IS NOT NULL THEN
            PERFORM inventory.end_reservations(
                array_agg(p_order_ids[held.number]), array_agg(p_states[held.number]),
                array_agg(p_event_ids[held.number]), array_agg(p_traceparents[held.number]), v_at
            )
            FROM unnest(v_held) AS held (number);
        END IF;
        IF v_back IS NOT NULL THEN
            PERFORM inventory.restock(
                array_agg(p_order_ids[back.number]), array_agg(p_lines[back.number]),
                array_agg(p_cause_ids[back.number]), array_agg(p_event_ids[back.number]),
                array_agg(p_traceparents[back.number]), v_at
            )
            FROM unnest(v_back) AS back (number);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION inventory.settle_reservations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.settle_reservations TO tradepost_inventory;

-- Expires the oldest of the reservations that are overdue at `p_at`: at most as many as there are `p_event_ids`.
-- Returns how many. Those that another transaction is ending at this moment are passed over, so any number of
-- callers share the work.
CREATE FUNCTION inventory.expire_reservations(p_at bigint, p_event_ids uuid[], p_traceparent text) RETURNS bigint
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    v_at        CONSTANT timestamptz := timestamptz 'epoch' + p_at * interval '1 microsecond';
    v_order_ids uuid[];
    v_count     integer;
BEGIN
    SELECT array_agg(due.order_id) INTO v_order_ids
    FROM (
        SELECT reservation.order_id
        FROM inventory.reservations AS reservation
        WHERE reservation.state = 'held' AND reservation.expires_at <= v_at
        ORDER BY reservation.expires_at, reservation.order_id
        LIMIT cardinality(p_event_ids)
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS due;
    IF v_order_ids IS NULL THEN
        RETURN 0;
    END IF;
    v_count := cardinality(v_order_ids);
    PERFORM inventory.lock_stock_of(v_order_ids);
    PERFORM inventory.end_reservations(
        v_order_ids, array_fill('expired'::text, ARRAY[v_count]), p_event_ids[:v_count],
        array_fill(p_traceparent, ARRAY[v_count]), v_at
    );
    RETURN v_count;
END
$$;

REVOKE ALL ON FUNCTION inventory.expire_reservations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.expire_reservations TO tradepost_inventory;

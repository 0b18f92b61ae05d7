-- Stock is promised to orders, all that an order wants or nothing; promises are kept, taken back, or run out.
--
-- Everything here locks in one order: first the reservation, then the rows of stock by SKU. So nobody waits for
-- another in a circle, whatever the orders want. Each step relies on seeing what committed before it began: READ
-- COMMITTED, the default.

-- What there is too little of, as the event tells it; NULL when there is enough of everything.
--
-- This function and those below keep one plan for every call, because planning their statements anew takes longer than
-- running them; and a plan that was made while the tables were empty must not scan them when they no longer are.
CREATE FUNCTION inventory.short_lines(p_skus text[], p_quantities bigint[]) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    RETURN (
        SELECT jsonb_agg(
            jsonb_build_object(
                'sku', wanted.sku, 'wanted', wanted.quantity,
                'available', coalesce(stock.on_hand - stock.reserved, 0)
            ) ORDER BY wanted.sku COLLATE "C"
        )
        FROM unnest(p_skus, p_quantities) AS wanted (sku, quantity)
        LEFT JOIN inventory.stock ON stock.sku = wanted.sku
        WHERE wanted.quantity > coalesce(stock.on_hand - stock.reserved, 0)
    );
END
$$;

REVOKE ALL ON FUNCTION inventory.short_lines FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.short_lines TO tradepost_inventory;

-- Promises the demand of an order, or rejects it.
--
--   p_subject      the order as other contexts know it: its TypeID
--   p_skus         1 to 1,000 SKUs, each once; of `p_skus[n]` `p_quantities[n]` pieces, 1 or more, are wanted
--   p_low_event_ids  one id for each SKU, for the event that stock has become low
--   p_event_id     the id of the event that tells the decision
--   p_at, p_expires_at  now and then, in microseconds since 1970-01-01T00:00:00Z
--
-- Returns exactly one row. `outcome` is
--   reserved  all of it is promised until `expires_at`, at least
--   rejected  nothing is; `short` is a JSON array of {sku, wanted, available}, in the order of SKUs
-- An order's decision is made once: a second call gets the first one's, whatever has become of the reservation.
--
-- A SKU without a row counts as 0 pieces. What is overdue counts as promised until `expire_reservations` has seen to
-- it: to free it here would mean locking the stock of strangers' other SKUs out of order, and since that function
-- runs at every tick it would gain seconds in which an order is rejected that could have waited.
CREATE FUNCTION inventory.reserve_stock(
    p_order_id      uuid,
    p_subject       text,
    p_skus          text[],
    p_quantities    bigint[],
    p_low_event_ids uuid[],
    p_event_id      uuid,
    p_at            bigint,
    p_expires_at    bigint,
    p_traceparent   text,
    OUT outcome     text,
    OUT short       jsonb,
    OUT expires_at  bigint
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_at         CONSTANT timestamptz := timestamptz 'epoch' + p_at * interval '1 microsecond';
    v_expires_at CONSTANT timestamptz := timestamptz 'epoch' + p_expires_at * interval '1 microsecond';
    v_short      jsonb;
    -- What the event tells if it comes to that.
    v_reserved   jsonb;
BEGIN
    IF cardinality(p_skus) NOT BETWEEN 1 AND 1000
        OR cardinality(p_quantities) IS DISTINCT FROM cardinality(p_skus)
        OR cardinality(p_low_event_ids) IS DISTINCT FROM cardinality(p_skus)
    THEN
        RAISE invalid_parameter_value
            USING MESSAGE = 'a demand has 1 to 1000 SKUs, each with a quantity and an event id';
    END IF;

    -- A look without a lock. What was too little at one moment of this call is reason enough to reject, so buyers
    -- of what is sold out do not queue for its row.
    v_short := inventory.short_lines(p_skus, p_quantities);

    -- The claim: a second call for the order waits here for the first one's end.
    INSERT INTO inventory.reservations AS reservation
        (order_id, subject, state, short, expires_at, decided_at)
    VALUES
        (p_order_id, p_subject, CASE WHEN v_short IS NULL THEN 'held' ELSE 'rejected' END, v_short,
         v_expires_at, v_at)
    ON CONFLICT (order_id) DO NOTHING;
    IF NOT FOUND THEN
        SELECT CASE WHEN decided.short IS NULL THEN 'reserved' ELSE 'rejected' END, decided.short,
               (extract(epoch FROM decided.expires_at) * 1000000)::bigint
        INTO STRICT outcome, short, expires_at
        FROM inventory.reservations AS decided
        WHERE decided.order_id = p_order_id;
        RETURN;
    END IF;
    INSERT INTO inventory.reservation_lines (order_id, sku, quantity)
    SELECT p_order_id, wanted.sku, wanted.quantity
    FROM unnest(p_skus, p_quantities) AS wanted (sku, quantity);

    IF v_short IS NULL THEN
        v_reserved := jsonb_build_object(
            'order_id', p_subject,
            'lines', (
                SELECT jsonb_agg(
                    jsonb_build_object('sku', wanted.sku, 'quantity', wanted.quantity)
                    ORDER BY wanted.sku COLLATE "C"
                )
                FROM unnest(p_skus, p_quantities) AS wanted (sku, quantity)
            ),
            'expires_at', to_char(v_expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        );
    END IF;

    -- From here to the commit others wait for the rows, so all that could be made without them has been made.
    WHILE v_short IS NULL LOOP
        -- A single SKU needs no look before the leap: its update checks and takes at once.
        IF cardinality(p_skus) > 1 THEN
            PERFORM FROM inventory.stock WHERE stock.sku = ANY (p_skus) ORDER BY stock.sku FOR NO KEY UPDATE;
            v_short := inventory.short_lines(p_skus, p_quantities);
            EXIT WHEN v_short IS NOT NULL;
        END IF;

        WITH moved AS (
            UPDATE inventory.stock
            SET reserved = stock.reserved + wanted.quantity,
                movements = stock.movements + 1,
                events = stock.events + inventory.becomes_low(
                    stock.on_hand - stock.reserved, stock.on_hand - stock.reserved - wanted.quantity, stock.low_at
                )::integer
            FROM unnest(p_skus, p_quantities, p_low_event_ids) AS wanted (sku, quantity, low_event_id)
            WHERE stock.sku = wanted.sku AND stock.on_hand - stock.reserved >= wanted.quantity
            RETURNING stock.sku, stock.on_hand, stock.reserved, stock.on_hand - stock.reserved AS available,
                      stock.low_at, stock.movements, stock.events, wanted.quantity, wanted.low_event_id
        ), recorded AS (
            INSERT INTO inventory.movements
                (sku, number, kind, on_hand_delta, reserved_delta, order_id, occurred_at)
            SELECT moved.sku, moved.movements, 'reserved', 0, moved.quantity, p_order_id, v_at
            FROM moved
        )
        INSERT INTO inventory.outbox
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
        SELECT moved.low_event_id, '/inventory', 'tradepost.inventory.stock-low.v1', moved.sku, v_at, moved.sku,
               moved.events, p_traceparent,
               jsonb_build_object(
                   'sku', moved.sku, 'on_hand', moved.on_hand, 'reserved', moved.reserved,
                   'available', moved.available, 'low_at', moved.low_at
               )
        FROM moved
        WHERE inventory.becomes_low(moved.available + moved.quantity, moved.available, moved.low_at)
        UNION ALL
        SELECT p_event_id, '/inventory', 'tradepost.inventory.stock-reserved.v1', p_subject, v_at, p_subject,
               1, p_traceparent, v_reserved
        WHERE EXISTS (SELECT FROM moved);
        IF FOUND THEN
            outcome := 'reserved';
            expires_at := p_expires_at;
            RETURN;
        END IF;
        -- Others were faster. Should there be enough again by now, it is tried again.
        v_short := inventory.short_lines(p_skus, p_quantities);
    END LOOP;

    -- What was claimed as held becomes what it is. Nobody has seen it yet.
    UPDATE inventory.reservations AS reservation
    SET state = 'rejected', short = v_short
    WHERE reservation.order_id = p_order_id AND reservation.state = 'held';
    INSERT INTO inventory.outbox
        (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    VALUES
        (p_event_id, '/inventory', 'tradepost.inventory.stock-rejected.v1', p_subject, v_at, p_subject, 1,
         p_traceparent, jsonb_build_object('order_id', p_subject, 'short', v_short));
    outcome := 'rejected';
    short := v_short;
END
$$;

REVOKE ALL ON FUNCTION inventory.reserve_stock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.reserve_stock TO tradepost_inventory;

-- Ends reservations that are held and that the caller has locked: their pieces leave the stock (`committed`) or can be
-- promised to others (`released`, `expired`). `p_event_ids[n]` is the id of the event that tells of `p_order_ids[n]`.
CREATE FUNCTION inventory.end_reservations(
    p_order_ids   uuid[],
    p_event_ids   uuid[],
    p_state       text,
    p_at          timestamptz,
    p_traceparent text
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM FROM inventory.stock
    WHERE stock.sku = ANY (ARRAY(
        SELECT line.sku FROM inventory.reservation_lines AS line WHERE line.order_id = ANY (p_order_ids)
    ))
    ORDER BY stock.sku
    FOR NO KEY UPDATE;

    WITH line AS MATERIALIZED (
        SELECT line.order_id, line.sku, line.quantity,
               row_number() OVER (PARTITION BY line.sku ORDER BY line.order_id) AS ordinal
        FROM inventory.reservation_lines AS line
        WHERE line.order_id = ANY (p_order_ids)
    ), moved AS (
        UPDATE inventory.stock
        SET on_hand = stock.on_hand - CASE p_state WHEN 'committed' THEN total.quantity ELSE 0 END,
            reserved = stock.reserved - total.quantity,
            movements = stock.movements + total.lines
        FROM (
            SELECT line.sku, sum(line.quantity)::bigint AS quantity, count(*) AS lines FROM line GROUP BY line.sku
        ) AS total
        WHERE stock.sku = total.sku
        RETURNING stock.sku, stock.movements - total.lines AS movements_before
    ), recorded AS (
        INSERT INTO inventory.movements
            (sku, number, kind, on_hand_delta, reserved_delta, order_id, occurred_at)
        SELECT line.sku, moved.movements_before + line.ordinal, p_state,
               CASE p_state WHEN 'committed' THEN -line.quantity ELSE 0 END, -line.quantity, line.order_id, p_at
        FROM line
        JOIN moved USING (sku)
    ), ended AS (
        UPDATE inventory.reservations AS reservation
        SET state = p_state, ended_at = p_at, events = reservation.events + 1
        FROM unnest(p_order_ids, p_event_ids) AS ending (order_id, event_id)
        WHERE reservation.order_id = ending.order_id
        RETURNING reservation.order_id, reservation.subject, reservation.events, ending.event_id
    )
    INSERT INTO inventory.outbox
        (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    SELECT ended.event_id, '/inventory', 'tradepost.inventory.reservation-' || p_state || '.v1', ended.subject, p_at,
           ended.subject, ended.events, p_traceparent,
           jsonb_build_object('order_id', ended.subject, 'lines', (
               SELECT jsonb_agg(jsonb_build_object('sku', line.sku, 'quantity', line.quantity) ORDER BY line.sku)
               FROM line
               WHERE line.order_id = ended.order_id
           ))
    FROM ended;
END
$$;

REVOKE ALL ON FUNCTION inventory.end_reservations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.end_reservations TO tradepost_inventory;

-- Commits (`p_state` = 'committed') or releases ('released') what is held for an order.
--
-- Returns the state that the reservation now has: `p_state` when that was done now or before; another one when it
-- cannot be done any more, and nothing was written; NULL when the order has no reservation.
--
-- What is overdue but not expired yet is still held, and can be committed.
CREATE FUNCTION inventory.settle_reservation(
    p_order_id    uuid,
    p_state       text,
    p_event_id    uuid,
    p_at          bigint,
    p_traceparent text,
    OUT state     text
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    IF p_state IS NULL OR p_state NOT IN ('committed', 'released') THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a reservation is settled by committing or releasing it';
    END IF;
    SELECT reservation.state INTO state
    FROM inventory.reservations AS reservation
    WHERE reservation.order_id = p_order_id
    FOR NO KEY UPDATE;
    IF state = 'held' THEN
        PERFORM inventory.end_reservations(
            ARRAY[p_order_id], ARRAY[p_event_id], p_state,
            timestamptz 'epoch' + p_at * interval '1 microsecond', p_traceparent
        );
        state := p_state;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION inventory.settle_reservation FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.settle_reservation TO tradepost_inventory;

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
    PERFORM inventory.end_reservations(
        v_order_ids, p_event_ids[:cardinality(v_order_ids)], 'expired', v_at, p_traceparent
    );
    RETURN cardinality(v_order_ids);
END
$$;

REVOKE ALL ON FUNCTION inventory.expire_reservations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.expire_reservations TO tradepost_inventory;

-- What the end of reservations does to the stock, many at once; and what had left for an order that was cancelled
-- afterwards is put back on hand.

DROP FUNCTION inventory.settle_reservation, inventory.expire_reservations, inventory.end_reservations;

-- How many of the pieces that left the stock for the order are back.
ALTER TABLE inventory.reservation_lines
    ADD COLUMN restocked bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT reservation_lines_restocked_what_left CHECK (restocked BETWEEN 0 AND quantity);

-- Of a line that and nothing else ever changes.
GRANT UPDATE (restocked) ON inventory.reservation_lines TO tradepost_inventory;

ALTER TABLE inventory.movements
    DROP CONSTRAINT movements_deltas_of_kind,
    ADD CONSTRAINT movements_deltas_of_kind CHECK (CASE kind
        WHEN 'adjusted' THEN on_hand_delta <> 0 AND reserved_delta = 0
        WHEN 'reserved' THEN on_hand_delta = 0 AND reserved_delta > 0
        WHEN 'committed' THEN on_hand_delta = reserved_delta AND reserved_delta < 0
        WHEN 'released' THEN on_hand_delta = 0 AND reserved_delta < 0
        WHEN 'expired' THEN on_hand_delta = 0 AND reserved_delta < 0
        WHEN 'restocked' THEN on_hand_delta > 0 AND reserved_delta = 0
        ELSE false
    END);

-- Locks the stock of all that these orders wanted.
CREATE FUNCTION inventory.lock_stock_of(p_order_ids uuid[]) RETURNS void
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
END
$$;

REVOKE ALL ON FUNCTION inventory.lock_stock_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.lock_stock_of TO tradepost_inventory;

-- Ends reservations that are held and that the caller has locked with their stock: their pieces leave the stock
-- (`p_states[n]` = 'committed') or can be promised to others ('released', 'expired'). `p_event_ids[n]` is the id of the
-- event that tells of `p_order_ids[n]`.
CREATE FUNCTION inventory.end_reservations(
    p_order_ids    uuid[],
    p_states       text[],
    p_event_ids    uuid[],
    p_traceparents text[],
    p_at           timestamptz
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    WITH line AS MATERIALIZED (
        SELECT line.order_id, line.sku, line.quantity, ending.state,
               CASE ending.state WHEN 'committed' THEN line.quantity ELSE 0 END AS gone,
               row_number() OVER (PARTITION BY line.sku ORDER BY line.order_id) AS place
        FROM unnest(p_order_ids, p_states) AS ending (order_id, state)
        JOIN inventory.reservation_lines AS line USING (order_id)
    ), moved AS (
        UPDATE inventory.stock
        SET on_hand = stock.on_hand - total.gone,
            reserved = stock.reserved - total.quantity,
            movements = stock.movements + total.lines
        FROM (
            SELECT line.sku, sum(line.quantity)::bigint AS quantity, sum(line.gone)::bigint AS gone, count(*) AS lines
            FROM line
            GROUP BY line.sku
        ) AS total
        WHERE stock.sku = total.sku
        RETURNING stock.sku, stock.movements - total.lines AS movements_before
    ), recorded AS (
        INSERT INTO inventory.movements
            (sku, number, kind, on_hand_delta, reserved_delta, order_id, occurred_at)
        SELECT line.sku, moved.movements_before + line.place, line.state, -line.gone, -line.quantity, line.order_id,
               p_at
        FROM line
        JOIN moved USING (sku)
    ), ended AS (
        UPDATE inventory.reservations AS reservation
        SET state = ending.state, ended_at = p_at, events = reservation.events + 1
        FROM unnest(p_order_ids, p_states, p_event_ids, p_traceparents)
            AS ending (order_id, state, event_id, traceparent)
        WHERE reservation.order_id = ending.order_id
        RETURNING reservation.order_id, reservation.subject, reservation.events, ending.state, ending.event_id,
                  ending.traceparent
    ), told AS (
        SELECT line.order_id, jsonb_agg(
            jsonb_build_object('sku', line.sku, 'quantity', line.quantity) ORDER BY line.sku
        ) AS lines
        FROM line
        GROUP BY line.order_id
    )
    INSERT INTO inventory.outbox
        (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    SELECT ended.event_id, '/inventory', 'tradepost.inventory.reservation-' || ended.state || '.v1', ended.subject,
           p_at, ended.subject, ended.events, ended.traceparent,
           jsonb_build_object('order_id', ended.subject, 'lines', told.lines)
    FROM ended
    JOIN told USING (order_id);
END
$$;

REVOKE ALL ON FUNCTION inventory.end_reservations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.end_reservations TO tradepost_inventory;

-- Puts back on hand what has left for orders whose reservations are committed and that the caller has locked with their
-- stock, each order once: of `p_order_ids[n]` the lines `p_lines[n]`, a JSON array of {sku, quantity}, or everything when
-- that is NULL; never more than has left and is not back yet. `p_cause_ids[n]` is the event because of which, and an
-- event puts back once. `p_event_ids[n]` is the id of the event that tells of it.
CREATE FUNCTION inventory.restock(
    p_order_ids    uuid[],
    p_lines        jsonb[],
    p_cause_ids    uuid[],
    p_event_ids    uuid[],
    p_traceparents text[],
    p_at           timestamptz
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    v_fresh uuid[];
BEGIN
    WITH fresh AS (
        INSERT INTO inventory.inbox (consumer, event_id)
        SELECT DISTINCT 'inventory-settlement', cause_id FROM unnest(p_cause_ids) AS cause_id ORDER BY cause_id
        ON CONFLICT (consumer, event_id) DO NOTHING
        RETURNING event_id
    )
    SELECT array_agg(fresh.event_id) INTO v_fresh FROM fresh;

    WITH back AS MATERIALIZED (
        SELECT line.order_id, line.sku, back.quantity,
               row_number() OVER (PARTITION BY line.sku ORDER BY line.order_id) AS place
        FROM unnest(p_order_ids, p_lines, p_cause_ids) AS ending (order_id, lines, cause_id)
        JOIN inventory.reservation_lines AS line USING (order_id)
        CROSS JOIN LATERAL (
            SELECT least(
                line.quantity - line.restocked,
                CASE
                    WHEN ending.lines IS NULL THEN line.quantity
                    ELSE (
                        SELECT sum((wanted ->> 'quantity')::bigint)
                        FROM jsonb_array_elements(ending.lines) AS wanted
                        WHERE wanted ->> 'sku' = line.sku
                    )
                END
            )::bigint AS quantity
            -- Without this, lines that nobody names would be back as a whole: the least of nothing and something.
            WHERE ending.lines IS NULL OR EXISTS (
                SELECT FROM jsonb_array_elements(ending.lines) AS wanted WHERE wanted ->> 'sku' = line.sku
            )
        ) AS back
        WHERE ending.cause_id = ANY (v_fresh) AND back.quantity > 0
    ), marked AS (
        UPDATE inventory.reservation_lines AS line
        SET restocked = line.restocked + back.quantity
        FROM back
        WHERE line.order_id = back.order_id AND line.sku = back.sku
    ), moved AS (
        UPDATE inventory.stock
        SET on_hand = stock.on_hand + total.quantity,
            movements = stock.movements + total.lines
        FROM (
            SELECT back.sku, sum(back.quantity)::bigint AS quantity, count(*) AS lines FROM back GROUP BY back.sku
        ) AS total
        WHERE stock.sku = total.sku
        RETURNING stock.sku, stock.movements - total.lines AS movements_before
    ), recorded AS (
        INSERT INTO inventory.movements
            (sku, number, kind, on_hand_delta, reserved_delta, order_id, occurred_at)
        SELECT back.sku, moved.movements_before + back.place, 'restocked', back.quantity, 0, back.order_id, p_at
        FROM back
        JOIN moved USING (sku)
    ), told AS (
        SELECT back.order_id, jsonb_agg(
            jsonb_build_object('sku', back.sku, 'quantity', back.quantity) ORDER BY back.sku
        ) AS lines
        FROM back
        GROUP BY back.order_id
    ), counted AS (
        UPDATE inventory.reservations AS reservation
        SET events = reservation.events + 1
        FROM told
        JOIN unnest(p_order_ids, p_event_ids, p_traceparents)
            AS ending (order_id, event_id, traceparent) USING (order_id)
        WHERE reservation.order_id = told.order_id
        RETURNING reservation.subject, reservation.events, told.lines, ending.event_id, ending.traceparent
    )
    INSERT INTO inventory.outbox
        (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    SELECT counted.event_id, '/inventory', 'tradepost.inventory.stock-restocked.v1', counted.subject, p_at,
           counted.subject, counted.events, counted.traceparent,
           jsonb_build_object('order_id', counted.subject, 'lines', counted.lines)
    FROM counted;
END
$$;

REVOKE ALL ON FUNCTION inventory.restock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.restock TO tradepost_inventory;

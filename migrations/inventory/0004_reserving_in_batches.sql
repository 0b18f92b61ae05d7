-- Stock is reserved for many orders at once. A batch takes its locks once, so a SKU that everybody wants sells as fast as
-- batches commit and not as fast as orders do.
--
-- Whatever reserves or settles locks in one order: first rows of reservations, new ones before those that are there and
-- each by order id; then rows of stock by SKU, all that the batch may need at once. So nobody waits for another in a
-- circle. Each step relies on seeing what committed before it began: READ COMMITTED, the default.

DROP FUNCTION inventory.reserve_stock, inventory.short_lines;

-- Promises the demands of orders, each of them whole or not at all.
--
--   p_order_ids     the orders; `p_subjects[n]` is how other contexts know the n-th: its TypeID
--   p_event_ids     ids of the events that tell the decisions, with `p_traceparents`
--   p_expires_at    until when each is promised, in microseconds since 1970-01-01T00:00:00Z
--   p_numbers       whose each line is: `p_numbers[m]` is an index of `p_order_ids`. Of `p_skus[m]`, each once in an
--                   order, `p_quantities[m]` pieces are wanted, 1 or more
--   p_low_event_ids one id for each line, for the event that stock has become low
--   p_at            now, in microseconds since 1970-01-01T00:00:00Z
--
-- Returns a row for each order, in their order. `outcome` is
--   reserved  all of it is promised until `expires_at`, at least
--   rejected  nothing is; `short` is a JSON array of {sku, wanted, available}, in the order of SKUs
--   ended     nothing is, and nothing is told: the order had ended before it was asked for
-- An order's decision is made once: a second call gets the first one's, whatever has become of the reservation. Of what
-- is not enough for all, those that come first in the batch get theirs.
--
-- A SKU without a row counts as 0 pieces. What is overdue counts as promised until `expire_reservations` has seen to
-- it: to free it here would mean locking the stock of strangers' other SKUs out of order, and since that function
-- runs at every tick it would gain seconds in which an order is rejected that could have waited.
--
-- It keeps one plan for every call, because planning anew takes longer than running; and a plan that was made while the
-- tables were empty must not scan them when they no longer are. So do the functions below.
CREATE FUNCTION inventory.reserve_stock(
    p_order_ids     uuid[],
    p_subjects      text[],
    p_event_ids     uuid[],
    p_expires_at    bigint[],
    p_traceparents  text[],
    p_numbers       integer[],
    p_skus          text[],
    p_quantities    bigint[],
    p_low_event_ids uuid[],
    p_at            bigint
) RETURNS TABLE (outcome text, short jsonb, expires_at bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_at        CONSTANT timestamptz := timestamptz 'epoch' + p_at * interval '1 microsecond';
    -- What there is too little of for each order, and what is told of it if it is reserved.
    v_short     jsonb[];
    v_told      jsonb[];
    -- Indices of `p_order_ids`: what this call decides.
    v_held      integer[];
    v_rejected  integer[];
    v_late      integer[] := '{}';
    v_number    integer;
    -- What those that are held want together, a SKU each.
    v_skus      text[];
    v_totals    numeric[];
    v_counts    bigint[];
    v_low_ids   uuid[];
    v_traces    text[];
    v_locked    boolean := false;
    v_available jsonb;
    v_wanted    jsonb;
    v_lacking   jsonb;
BEGIN
    IF cardinality(p_order_ids) NOT BETWEEN 1 AND 1000
        OR cardinality(p_subjects) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_event_ids) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_expires_at) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_traceparents) IS DISTINCT FROM cardinality(p_order_ids)
        OR cardinality(p_skus) IS DISTINCT FROM cardinality(p_numbers)
        OR cardinality(p_quantities) IS DISTINCT FROM cardinality(p_numbers)
        OR cardinality(p_low_event_ids) IS DISTINCT FROM cardinality(p_numbers)
        OR (SELECT count(DISTINCT number) FROM unnest(p_numbers) AS number
            WHERE number BETWEEN 1 AND cardinality(p_order_ids)) <> cardinality(p_order_ids)
    THEN
        RAISE invalid_parameter_value
            USING MESSAGE = 'a batch has 1 to 1000 orders with an event id each, and each of them lines';
    END IF;

    -- A look without a lock. What was too little at one moment of this call is reason enough to reject, so buyers
    -- of what is sold out do not queue for its row.
    SELECT array_agg(look.short ORDER BY asked.number) INTO v_short
    FROM generate_subscripts(p_order_ids, 1) AS asked (number)
    LEFT JOIN (
        SELECT line.number, jsonb_agg(
            jsonb_build_object(
                'sku', line.sku, 'wanted', line.quantity, 'available', coalesce(stock.on_hand - stock.reserved, 0)
            ) ORDER BY line.sku COLLATE "C"
        ) AS short
        FROM unnest(p_numbers, p_skus, p_quantities) AS line (number, sku, quantity)
        LEFT JOIN inventory.stock ON stock.sku = line.sku
        WHERE line.quantity > coalesce(stock.on_hand - stock.reserved, 0)
        GROUP BY line.number
    ) AS look USING (number);

    -- The claim: a second call for an order waits here for the first one's end.
    WITH claimed AS (
        INSERT INTO inventory.reservations (order_id, subject, state, short, expires_at, decided_at)
        SELECT asked.order_id, asked.subject, CASE WHEN asked.short IS NULL THEN 'held' ELSE 'rejected' END,
               asked.short, timestamptz 'epoch' + asked.expires_at * interval '1 microsecond', v_at
        FROM (
            SELECT DISTINCT ON (order_id) order_id, subject, expires_at, short
            FROM unnest(p_order_ids, p_subjects, p_expires_at, v_short) WITH ORDINALITY
                AS asked (order_id, subject, expires_at, short, number)
            ORDER BY order_id, number
        ) AS asked
        ORDER BY asked.order_id
        ON CONFLICT (order_id) DO NOTHING
        RETURNING order_id, short
    ), decided AS (
        SELECT array_position(p_order_ids, claimed.order_id) AS number, claimed.short FROM claimed
    )
    SELECT coalesce(array_agg(decided.number ORDER BY decided.number) FILTER (WHERE decided.short IS NULL), '{}'),
           coalesce(array_agg(decided.number) FILTER (WHERE decided.short IS NOT NULL), '{}')
    INTO v_held, v_rejected
    FROM decided;
    INSERT INTO inventory.reservation_lines (order_id, sku, quantity)
    SELECT p_order_ids[line.number], line.sku, line.quantity
    FROM unnest(p_numbers, p_skus, p_quantities) AS line (number, sku, quantity)
    WHERE line.number = ANY (v_held || v_rejected);

    -- From the first lock to the commit others wait for the rows, so all that can be made without them is made here.
    IF cardinality(v_held) > 0 THEN
        SELECT array_agg(told.data ORDER BY asked.number) INTO v_told
        FROM generate_subscripts(p_order_ids, 1) AS asked (number)
        LEFT JOIN (
            SELECT line.number, jsonb_build_object(
                'order_id', p_subjects[line.number],
                'lines', jsonb_agg(
                    jsonb_build_object('sku', line.sku, 'quantity', line.quantity) ORDER BY line.sku COLLATE "C"
                ),
                'expires_at', to_char(
                    (timestamptz 'epoch' + p_expires_at[line.number] * interval '1 microsecond') AT TIME ZONE 'UTC',
                    'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                )
            ) AS data
            FROM unnest(p_numbers, p_skus, p_quantities) AS line (number, sku, quantity)
            WHERE line.number = ANY (v_held)
            GROUP BY line.number
        ) AS told USING (number);
    END IF;

    WHILE cardinality(v_held) > 0 LOOP
        SELECT array_agg(total.sku ORDER BY total.sku), array_agg(total.quantity ORDER BY total.sku),
               array_agg(total.lines ORDER BY total.sku), array_agg(total.low_event_id ORDER BY total.sku),
               array_agg(total.traceparent ORDER BY total.sku)
        INTO v_skus, v_totals, v_counts, v_low_ids, v_traces
        FROM (
            SELECT line.sku COLLATE "C" AS sku, sum(line.quantity) AS quantity, count(*) AS lines,
                   (array_agg(line.low_event_id ORDER BY line.number))[1] AS low_event_id,
                   (array_agg(p_traceparents[line.number] ORDER BY line.number))[1] AS traceparent
            FROM unnest(p_numbers, p_skus, p_quantities, p_low_event_ids)
                AS line (number, sku, quantity, low_event_id)
            WHERE line.number = ANY (v_held)
            GROUP BY line.sku COLLATE "C"
        ) AS total;

        -- A single SKU needs no look before the leap: its update checks and takes at once.
        IF cardinality(v_skus) > 1 AND NOT v_locked THEN
            PERFORM FROM inventory.stock WHERE stock.sku = ANY (v_skus) ORDER BY stock.sku FOR NO KEY UPDATE;
            v_locked := true;
        END IF;

        IF NOT v_locked OR NOT EXISTS (
            SELECT FROM unnest(v_skus, v_totals) AS total (sku, quantity)
            JOIN inventory.stock ON stock.sku = total.sku
            WHERE stock.on_hand - stock.reserved < total.quantity
        ) THEN
            WITH line AS MATERIALIZED (
                SELECT line.number, line.sku, line.quantity,
                       row_number() OVER (PARTITION BY line.sku ORDER BY line.number) AS place
                FROM unnest(p_numbers, p_skus, p_quantities) AS line (number, sku, quantity)
                WHERE line.number = ANY (v_held)
            ), moved AS (
                UPDATE inventory.stock
                SET reserved = stock.reserved + total.quantity,
                    movements = stock.movements + total.lines,
                    events = stock.events + inventory.becomes_low(
                        stock.on_hand - stock.reserved,
                        (stock.on_hand - stock.reserved - total.quantity)::bigint, stock.low_at
                    )::integer
                FROM unnest(v_skus, v_totals, v_counts, v_low_ids, v_traces)
                    AS total (sku, quantity, lines, low_event_id, traceparent)
                WHERE stock.sku = total.sku AND stock.on_hand - stock.reserved >= total.quantity
                RETURNING stock.sku, stock.on_hand, stock.reserved, stock.on_hand - stock.reserved AS available,
                          stock.low_at, stock.movements - total.lines AS movements_before, stock.events,
                          total.quantity::bigint AS quantity, total.low_event_id, total.traceparent
            ), recorded AS (
                INSERT INTO inventory.movements
                    (sku, number, kind, on_hand_delta, reserved_delta, order_id, occurred_at)
                SELECT line.sku, moved.movements_before + line.place, 'reserved', 0, line.quantity,
                       p_order_ids[line.number], v_at
                FROM line
                JOIN moved ON moved.sku = line.sku
            )
            INSERT INTO inventory.outbox
                (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
            SELECT moved.low_event_id, '/inventory', 'tradepost.inventory.stock-low.v1', moved.sku, v_at, moved.sku,
                   moved.events, moved.traceparent,
                   jsonb_build_object(
                       'sku', moved.sku, 'on_hand', moved.on_hand, 'reserved', moved.reserved,
                       'available', moved.available, 'low_at', moved.low_at
                   )
            FROM moved
            WHERE inventory.becomes_low(moved.available + moved.quantity, moved.available, moved.low_at)
            UNION ALL
            SELECT p_event_ids[held.number], '/inventory', 'tradepost.inventory.stock-reserved.v1',
                   p_subjects[held.number], v_at, p_subjects[held.number], 1, p_traceparents[held.number],
                   v_told[held.number]
            FROM unnest(v_held) AS held (number)
            WHERE EXISTS (SELECT FROM moved);
            EXIT WHEN FOUND;
            -- There is not enough of the single SKU.
            PERFORM FROM inventory.stock WHERE stock.sku = ANY (v_skus) ORDER BY stock.sku FOR NO KEY UPDATE;
            v_locked := true;
        END IF;

        -- There is not enough for all, and nobody else takes any: first come, first served.
        SELECT jsonb_object_agg(stock.sku, stock.on_hand - stock.reserved) INTO v_available
        FROM inventory.stock
        WHERE stock.sku = ANY (v_skus);
        FOREACH v_number IN ARRAY v_held LOOP
            SELECT jsonb_agg(
                       jsonb_build_object(
                           'sku', line.sku, 'wanted', line.quantity,
                           'available', (v_available ->> line.sku)::bigint
                       ) ORDER BY line.sku COLLATE "C"
                   ) FILTER (WHERE line.quantity > (v_available ->> line.sku)::bigint),
                   jsonb_object_agg(line.sku, (v_available ->> line.sku)::bigint - line.quantity)
            INTO v_lacking, v_wanted
            FROM unnest(p_numbers, p_skus, p_quantities) AS line (number, sku, quantity)
            WHERE line.number = v_number;
            IF v_lacking IS NULL THEN
                v_available := v_available || v_wanted;
            ELSE
                v_short[v_number] := v_lacking;
                v_late := v_late || v_number;
            END IF;
        END LOOP;
        SELECT coalesce(array_agg(held.number ORDER BY held.number), '{}') INTO v_held
        FROM unnest(v_held) AS held (number)
        WHERE held.number <> ALL (v_late);
    END LOOP;

    IF cardinality(v_late) > 0 THEN
        -- What was claimed as held becomes what it is. Nobody has seen it yet.
        UPDATE inventory.reservations AS reservation
        SET state = 'rejected', short = v_short[late.number]
        FROM unnest(v_late) AS late (number)
        WHERE reservation.order_id = p_order_ids[late.number] AND reservation.state = 'held';
    END IF;
    IF cardinality(v_rejected || v_late) > 0 THEN
        INSERT INTO inventory.outbox
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
        SELECT p_event_ids[rejected.number], '/inventory', 'tradepost.inventory.stock-rejected.v1',
               p_subjects[rejected.number], v_at, p_subjects[rejected.number], 1, p_traceparents[rejected.number],
               jsonb_build_object('order_id', p_subjects[rejected.number], 'short', v_short[rejected.number])
        FROM unnest(v_rejected || v_late) AS rejected (number);
    END IF;

    RETURN QUERY
    SELECT CASE
               WHEN decided.events = 0 THEN 'ended'
               WHEN decided.short IS NULL THEN 'reserved'
               ELSE 'rejected'
           END,
           decided.short, (extract(epoch FROM decided.expires_at) * 1000000)::bigint
    FROM unnest(p_order_ids) WITH ORDINALITY AS asked (order_id, number)
    JOIN inventory.reservations AS decided USING (order_id)
    ORDER BY asked.number;
END
$$;

REVOKE ALL ON FUNCTION inventory.reserve_stock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.reserve_stock TO tradepost_inventory;

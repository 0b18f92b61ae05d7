-- Stock rows come to be, and somebody counts, receives or loses pieces.

-- Whether stock becomes low by a step of what is available. A step from low to lower is no news.
CREATE FUNCTION inventory.becomes_low(p_before bigint, p_after bigint, p_low_at bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN p_before > p_low_at AND p_after <= p_low_at;

REVOKE ALL ON FUNCTION inventory.becomes_low FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.becomes_low TO tradepost_inventory;

-- Makes a row without stock for each SKU that has none, on behalf of the consumer `inventory-stock-openings`:
-- `p_skus[n]` is the product of the event `p_event_ids[n]`. Events that were applied before change nothing, and
-- neither does a SKU that is there.
--
-- It keeps one plan for every call, because planning anew takes longer than running; and a plan that was made while the
-- table was empty must not scan it when it no longer is. So do the functions below.
--
-- Both inserts are sorted, so that two deliveries of the same events never wait for each other in a circle.
CREATE FUNCTION inventory.open_stock(p_event_ids uuid[], p_skus text[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    WITH fresh AS (
        INSERT INTO inventory.inbox (consumer, event_id)
        SELECT DISTINCT 'inventory-stock-openings', event_id
        FROM unnest(p_event_ids) AS event_id
        ORDER BY event_id
        ON CONFLICT (consumer, event_id) DO NOTHING
        RETURNING event_id
    )
    INSERT INTO inventory.stock (sku)
    SELECT DISTINCT opened.sku COLLATE "C" AS sku
    FROM fresh
    JOIN unnest(p_event_ids, p_skus) AS opened (event_id, sku) USING (event_id)
    ORDER BY sku
    ON CONFLICT (sku) DO NOTHING;
END
$$;

REVOKE ALL ON FUNCTION inventory.open_stock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.open_stock TO tradepost_inventory;

-- Changes the stock on hand of `p_sku` by `p_delta`, which is not 0.
--
--   p_event_id      the id of the event that tells of it; `p_low_event_id` of the one that stock has become low
--   p_at            when, in microseconds since 1970-01-01T00:00:00Z
--   p_answer        under which key to keep the level; a NULL key keeps none. Its body is made here.
--
-- Returns exactly one row. `outcome` is
--   adjusted      written; `on_hand` and `reserved` are the new level
--   replayed      the key was used before with this fingerprint: `body` is the level of that time, as JSON
--   key_reused    the key was used before with another fingerprint
--   not_found     there is no such SKU
--   insufficient  less would be there than is promised; `on_hand` and `reserved` are the level
--   overflow      more would be there than can be counted; the same
-- and unless it is `adjusted` nothing was written.
--
-- The row is locked before the key is claimed, because the answer to keep tells the new level. Twins bring the same
-- SKU, so the second finds the first one's answer as soon as it has the row.
CREATE FUNCTION inventory.adjust_stock(
    p_sku          text,
    p_delta        bigint,
    p_reason       text,
    p_actor        text,
    p_event_id     uuid,
    p_low_event_id uuid,
    p_at           bigint,
    p_traceparent  text,
    p_answer       idempotency.kept_answer,
    OUT outcome    text,
    OUT on_hand    bigint,
    OUT reserved   bigint,
    OUT status     integer,
    OUT location   text,
    OUT body       bytea
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_at      CONSTANT timestamptz := timestamptz 'epoch' + p_at * interval '1 microsecond';
    v_low_at  bigint;
    v_refused text;
    -- Wide enough for every sum of two bigints.
    v_on_hand numeric;
    v_low     boolean;
BEGIN
    IF p_delta IS NULL OR p_delta = 0 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'an adjustment changes something';
    END IF;

    SELECT stock.on_hand, stock.reserved, stock.low_at, stock.on_hand::numeric + p_delta
    INTO on_hand, reserved, v_low_at, v_on_hand
    FROM inventory.stock
    WHERE stock.sku = p_sku
    FOR NO KEY UPDATE;
    v_refused := CASE
        WHEN NOT FOUND THEN 'not_found'
        WHEN v_on_hand > 9007199254740991 THEN 'overflow'
        WHEN v_on_hand < reserved THEN 'insufficient'
    END;

    IF p_answer.key IS NOT NULL THEN
        -- Also when it is refused now: the first attempt may not have been.
        p_answer.body := convert_to(
            jsonb_build_object('on_hand', v_on_hand, 'reserved', reserved)::text, 'UTF8'
        );
        SELECT claim.outcome, claim.status, claim.location, claim.body
        INTO outcome, status, location, body
        FROM inventory.claim_idempotency_key(p_answer) AS claim;
        IF outcome IS NOT NULL THEN
            RETURN;
        END IF;
        IF v_refused IS NOT NULL THEN
            PERFORM inventory.release_idempotency_key(p_answer);
        END IF;
    END IF;
    IF v_refused IS NOT NULL THEN
        outcome := v_refused;
        RETURN;
    END IF;

    -- Nobody changes what was read: the row is locked.
    v_low := inventory.becomes_low(on_hand - reserved, (v_on_hand - reserved)::bigint, v_low_at);
    on_hand := v_on_hand;
    WITH moved AS (
        UPDATE inventory.stock
        SET on_hand = stock.on_hand + p_delta,
            movements = stock.movements + 1,
            events = stock.events + 1 + v_low::integer
        WHERE stock.sku = p_sku
        RETURNING stock.movements, stock.events
    ), recorded AS (
        INSERT INTO inventory.movements
            (sku, number, kind, on_hand_delta, reserved_delta, reason, actor, occurred_at)
        SELECT p_sku, moved.movements, 'adjusted', p_delta, 0, p_reason, p_actor, v_at
        FROM moved
    )
    INSERT INTO inventory.outbox
        (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    SELECT p_event_id, '/inventory', 'tradepost.inventory.stock-adjusted.v1', p_sku, v_at, p_sku,
           moved.events - v_low::integer, p_traceparent,
           jsonb_build_object(
               'sku', p_sku, 'delta', p_delta, 'on_hand', on_hand, 'reserved', reserved,
               'available', on_hand - reserved, 'reason', p_reason, 'actor', p_actor
           )
    FROM moved
    UNION ALL
    SELECT p_low_event_id, '/inventory', 'tradepost.inventory.stock-low.v1', p_sku, v_at, p_sku,
           moved.events, p_traceparent,
           jsonb_build_object(
               'sku', p_sku, 'on_hand', on_hand, 'reserved', reserved,
               'available', on_hand - reserved, 'low_at', v_low_at
           )
    FROM moved
    WHERE v_low;
    outcome := 'adjusted';
END
$$;

REVOKE ALL ON FUNCTION inventory.adjust_stock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION inventory.adjust_stock TO tradepost_inventory;

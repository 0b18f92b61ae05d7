-- The head of every stream: what an order is now, so that lists and deadlines need not fold all streams. It is written
-- by the statement that appends, and can be made again from the stream at any time.

ALTER TABLE ordering.order_events
    -- The event of another context (or the deadline) that this one answers to; NULL for what somebody asked for.
    ADD COLUMN caused_by uuid;

CREATE TABLE ordering.orders (
    order_id     uuid        NOT NULL,
    -- NULL for a guest's.
    customer     uuid,
    status       text        COLLATE "C" NOT NULL,
    -- How many events the stream has.
    version      bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    -- Since when it has had its status. The deadlines are counted from here.
    status_since timestamptz NOT NULL,
    -- What clients see of it. Of the type json, which keeps the bytes: a list sends them as they are.
    view         json        NOT NULL,

    CONSTRAINT orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT orders_version_positive CHECK (version >= 1),
    CONSTRAINT orders_status_known CHECK (
        status IN ('pending', 'placed', 'on_hold', 'completed', 'cancelled', 'rejected', 'expired')
    ),
    CONSTRAINT orders_view_object CHECK (json_typeof(view) = 'object')
);

COMMENT ON TABLE ordering.orders IS 'The heads of the streams of order_events.';

-- Lists are sorted by id, which is by age; without a filter the primary key serves.
CREATE INDEX orders_status_idx ON ordering.orders (status, order_id);
CREATE INDEX orders_customer_idx ON ordering.orders (customer, order_id) WHERE customer IS NOT NULL;
-- For the deadlines, which only orders have that have not ended.
CREATE INDEX orders_unended_idx ON ordering.orders (status, status_since)
    WHERE status IN ('pending', 'placed', 'on_hold');

GRANT SELECT, INSERT, UPDATE ON ordering.orders TO tradepost_ordering;

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_ordering_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
    GRANT tradepost_ordering_reader TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

GRANT USAGE ON SCHEMA ordering TO tradepost_ordering_reader;
GRANT SELECT ON ordering.orders TO tradepost_ordering_reader;

-- Heads for the orders that are there. All that can have happened to one is that it was placed, in the first shape of
-- that event, by a guest.
INSERT INTO ordering.orders (order_id, status, version, created_at, status_since, view)
SELECT placed.order_id, 'pending', placed.version, placed.occurred_at, placed.occurred_at,
       json_build_object(
           'id', 'order_' || suffix.text,
           'status', 'pending',
           'reason', NULL,
           'lines', lines.view,
           'total', placed.data -> 'total',
           'payment', json_build_object(
               'id', 'payment_' || suffix.text,
               'status', 'initiated',
               'decline_code', NULL,
               'refunded', json_build_object('amount', 0, 'currency', placed.data -> 'currency')
           ),
           'email', placed.data -> 'email',
           'shipping_address', placed.data -> 'shipping_address',
           'fulfilments', json_build_array(),
           'returns', json_build_array(),
           'version', placed.version,
           'created_at', placed.data -> 'created_at',
           'updated_at', placed.data -> 'created_at'
       )
FROM ordering.order_events AS placed,
     -- The UUID in Crockford's base 32, as TypeIDs have it: two zero bits and the 128, five at a time.
     LATERAL (
         SELECT string_agg(
                    substr(
                        '0123456789abcdefghjkmnpqrstvwxyz',
                        1 + substring(
                            B'00' || ('x' || replace(placed.order_id::text, '-', ''))::bit(128)
                            FROM digit * 5 + 1 FOR 5
                        )::bit(5)::integer,
                        1
                    ),
                    '' ORDER BY digit
                ) AS text
         FROM generate_series(0, 25) AS digit
     ) AS suffix,
     LATERAL (
         SELECT json_agg(
                    json_build_object(
                        'sku', line.data -> 'sku',
                        'name', line.data -> 'name',
                        'quantity', line.data -> 'quantity',
                        'unit_price', line.data -> 'unit_price',
                        'total', line.data -> 'total',
                        'open', line.data -> 'quantity',
                        'cancelled', 0,
                        'fulfilled', 0,
                        'returned', 0
                    ) ORDER BY line.ordinal
                ) AS view
         FROM jsonb_array_elements(placed.data -> 'lines') WITH ORDINALITY AS line (data, ordinal)
     ) AS lines
WHERE placed.version = 1 AND placed.type = 'tradepost.ordering.order-placed.v1';

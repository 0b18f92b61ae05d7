-- What is in stock: the inventory context's schema, its roles, the levels, the movements and the reservations.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_inventory NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- For whoever only looks: may see levels, nothing else.
DO $$
BEGIN
    CREATE ROLE tradepost_inventory_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with `options=-c role=…`, which
-- only a member may do.
DO $$
BEGIN
    GRANT tradepost_inventory TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_inventory_reader TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA inventory;
GRANT USAGE ON SCHEMA inventory TO tradepost_inventory, tradepost_inventory_reader;

-- One row per SKU. Every command that changes several locks them in the order of `sku`, which collation C makes
-- the same for everybody, so none waits for another in a circle.
CREATE TABLE inventory.stock (
    sku       text   COLLATE "C" NOT NULL,
    on_hand   bigint NOT NULL DEFAULT 0,
    reserved  bigint NOT NULL DEFAULT 0,
    -- Stock is low when this many pieces or fewer are available.
    low_at    bigint NOT NULL DEFAULT 5,
    -- The number of the latest movement, and the `sequence` of the latest event under the SKU. Counting here and
    -- not by a sequence keeps both free of gaps: whoever counts holds the row.
    movements bigint NOT NULL DEFAULT 0,
    events    bigint NOT NULL DEFAULT 0,

    CONSTRAINT stock_pkey PRIMARY KEY (sku),
    -- The subject of an event has at most 255 bytes; the rules crate's limit is tighter.
    CONSTRAINT stock_sku_length CHECK (octet_length(sku) BETWEEN 1 AND 255),
    -- The last line, for a command that forgot to look: nothing is sold that is not there.
    CONSTRAINT stock_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT stock_on_hand_covers_reserved CHECK (on_hand >= reserved),
    -- 2^53 - 1: the greatest whole number that every reader of JSON gets right.
    CONSTRAINT stock_on_hand_countable CHECK (on_hand <= 9007199254740991),
    CONSTRAINT stock_low_at_not_negative CHECK (low_at >= 0)
) WITH (
    -- Room on the page for the next versions of its rows, so that changing one touches no index.
    fillfactor = 70
);

COMMENT ON TABLE inventory.stock IS 'How much of each SKU is there, and how much of that is promised.';

GRANT SELECT, INSERT, UPDATE ON inventory.stock TO tradepost_inventory;
GRANT SELECT ON inventory.stock TO tradepost_inventory_reader;

-- What made each level what it is: the sums of the deltas are the level. Never updated or deleted, and the role has
-- no right to.
CREATE TABLE inventory.movements (
    sku            text        COLLATE "C" NOT NULL,
    -- From 1 without gaps.
    number         bigint      NOT NULL,
    kind           text        NOT NULL,
    on_hand_delta  bigint      NOT NULL,
    reserved_delta bigint      NOT NULL,
    -- Why and by whom, of an adjustment; for which order, of everything else.
    reason         text,
    actor          text,
    order_id       uuid,
    -- The writer's clock; `recorded_at` is the database's.
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT movements_pkey PRIMARY KEY (sku, number),
    CONSTRAINT movements_number_positive CHECK (number >= 1),
    CONSTRAINT movements_deltas_of_kind CHECK (CASE kind
        WHEN 'adjusted' THEN on_hand_delta <> 0 AND reserved_delta = 0
        WHEN 'reserved' THEN on_hand_delta = 0 AND reserved_delta > 0
        WHEN 'committed' THEN on_hand_delta = reserved_delta AND reserved_delta < 0
        WHEN 'released' THEN on_hand_delta = 0 AND reserved_delta < 0
        WHEN 'expired' THEN on_hand_delta = 0 AND reserved_delta < 0
        ELSE false
    END),
    CONSTRAINT movements_cause_of_kind CHECK (
        (kind = 'adjusted') = (reason IS NOT NULL)
        AND (kind = 'adjusted') = (actor IS NOT NULL)
        AND (kind = 'adjusted') = (order_id IS NULL)
    ),
    CONSTRAINT movements_reason_length CHECK (char_length(reason) BETWEEN 1 AND 1000),
    CONSTRAINT movements_actor_length CHECK (char_length(actor) BETWEEN 1 AND 255)
);

COMMENT ON TABLE inventory.movements IS 'Append-only log of what changed each level, and why.';

GRANT SELECT, INSERT ON inventory.movements TO tradepost_inventory;

-- One decision per order: its demand is held or was rejected, and what became of it.
CREATE TABLE inventory.reservations (
    order_id   uuid        NOT NULL,
    -- The order as other contexts know it: its TypeID.
    subject    text        COLLATE "C" NOT NULL,
    state      text        NOT NULL,
    -- Of a rejected one: what there was too little of, as the event tells it.
    short      jsonb,
    expires_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    ended_at   timestamptz,
    -- The `sequence` of the latest event under the order.
    events     bigint      NOT NULL DEFAULT 1,

    CONSTRAINT reservations_pkey PRIMARY KEY (order_id),
    CONSTRAINT reservations_subject_length CHECK (octet_length(subject) BETWEEN 1 AND 255),
    CONSTRAINT reservations_state_known
        CHECK (state IN ('rejected', 'held', 'committed', 'released', 'expired')),
    CONSTRAINT reservations_short_when_rejected CHECK ((state = 'rejected') = (short IS NOT NULL)),
    CONSTRAINT reservations_ended CHECK ((state IN ('committed', 'released', 'expired')) = (ended_at IS NOT NULL))
);

-- What is overdue, oldest first. Only what is held can be.
CREATE INDEX reservations_held_idx ON inventory.reservations (expires_at, order_id) WHERE state = 'held';

COMMENT ON TABLE inventory.reservations IS 'What became of each order''s demand.';

GRANT SELECT, INSERT, UPDATE ON inventory.reservations TO tradepost_inventory;

CREATE TABLE inventory.reservation_lines (
    order_id uuid   NOT NULL,
    sku      text   COLLATE "C" NOT NULL,
    quantity bigint NOT NULL,

    CONSTRAINT reservation_lines_pkey PRIMARY KEY (order_id, sku),
    CONSTRAINT reservation_lines_order_id_fkey
        FOREIGN KEY (order_id) REFERENCES inventory.reservations (order_id),
    CONSTRAINT reservation_lines_quantity_positive CHECK (quantity >= 1)
);

COMMENT ON TABLE inventory.reservation_lines IS 'What each order wanted, each SKU once.';

GRANT SELECT, INSERT ON inventory.reservation_lines TO tradepost_inventory;

SELECT messaging.create_outbox('inventory');
SELECT messaging.create_inbox('inventory');
SELECT idempotency.create_table('inventory'), idempotency.create_functions('inventory');

-- The truth about orders: the ordering context's schema, its role, the event streams, the outbox and the answers
-- kept under idempotency keys.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_ordering NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with
-- `options=-c role=tradepost_ordering`, which only a member may do.
DO $$
BEGIN
    GRANT tradepost_ordering TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA ordering;
GRANT USAGE ON SCHEMA ordering TO tradepost_ordering;

-- One stream an order. State is the fold of the stream, so nothing here is ever updated or deleted, and the role
-- has no right to.
CREATE TABLE ordering.order_events (
    order_id    uuid        NOT NULL,
    -- From 1 without gaps; the CloudEvents `sequence`.
    version     bigint      NOT NULL,
    -- The CloudEvents `id`.
    event_id    uuid        NOT NULL,
    type        text        NOT NULL,
    data        jsonb       NOT NULL,
    -- Who caused it: `anonymous`, `admin` or a TypeID.
    actor       text        NOT NULL,
    traceparent text,
    -- The writer's clock; `recorded_at` is the database's.
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    -- The unique (stream, version) is what turns a lost race into a version conflict.
    CONSTRAINT order_events_pkey PRIMARY KEY (order_id, version),
    CONSTRAINT order_events_event_id_key UNIQUE (event_id),
    CONSTRAINT order_events_version_positive CHECK (version >= 1),
    CONSTRAINT order_events_type_length CHECK (char_length(type) BETWEEN 1 AND 255),
    CONSTRAINT order_events_data_object CHECK (jsonb_typeof(data) = 'object'),
    CONSTRAINT order_events_actor_length CHECK (char_length(actor) BETWEEN 1 AND 255),
    CONSTRAINT order_events_traceparent_length CHECK (char_length(traceparent) BETWEEN 1 AND 255)
);

COMMENT ON TABLE ordering.order_events IS 'Append-only streams of events, one stream an order.';

GRANT SELECT, INSERT ON ordering.order_events TO tradepost_ordering;

-- Events on their way out of the context, as CloudEvents 1.0 with the partitioning, sequence and distributed
-- tracing extensions. No second index: `id` is unique already by order_events, and what the relay needs to find
-- its rows comes with the relay.
CREATE TABLE ordering.outbox (
    -- Order of insertion, not of commit: a reader must not take the highest seen as a watermark.
    position     bigint      GENERATED ALWAYS AS IDENTITY,
    id           uuid        NOT NULL,
    source       text        NOT NULL,
    type         text        NOT NULL,
    subject      text        NOT NULL,
    time         timestamptz NOT NULL,
    partitionkey text        NOT NULL,
    sequence     bigint      NOT NULL,
    traceparent  text,
    data         jsonb       NOT NULL,

    CONSTRAINT outbox_pkey PRIMARY KEY (position)
);

COMMENT ON TABLE ordering.outbox IS 'CloudEvents that have not been delivered yet.';

GRANT INSERT ON ordering.outbox TO tradepost_ordering;

-- The answers to keep, each written by the statement whose effect it reports.
CREATE TABLE ordering.idempotency_keys (
    principal   text        COLLATE "C" NOT NULL,
    method      text        COLLATE "C" NOT NULL,
    path        text        COLLATE "C" NOT NULL,
    key         text        COLLATE "C" NOT NULL,
    -- SHA-256 of the canonical request body.
    fingerprint bytea       NOT NULL,
    status      smallint    NOT NULL,
    location    text,
    body        bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- From then on the key counts as unused, whether or not the row is still there.
    expires_at  timestamptz NOT NULL,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal, method, path, key),
    -- Together at most 1,551 bytes: a b-tree entry may have 2,704.
    CONSTRAINT idempotency_keys_principal_length CHECK (octet_length(principal) BETWEEN 1 AND 256),
    CONSTRAINT idempotency_keys_method_length CHECK (octet_length(method) BETWEEN 1 AND 16),
    CONSTRAINT idempotency_keys_path_length CHECK (octet_length(path) BETWEEN 1 AND 1024),
    CONSTRAINT idempotency_keys_key_length CHECK (octet_length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_status_range CHECK (status BETWEEN 200 AND 599)
);

COMMENT ON TABLE ordering.idempotency_keys IS 'Answers kept under idempotency keys until they expire.';

-- UPDATE takes over an expired key; DELETE gives a claim back after a version conflict.
GRANT SELECT, INSERT, UPDATE, DELETE ON ordering.idempotency_keys TO tradepost_ordering;

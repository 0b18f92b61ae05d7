-- The truth about payments: the payment context's schema, its role, the event streams, where each payment stands, the
-- outbox and the answers kept under idempotency keys.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_payment NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with
-- `options=-c role=tradepost_payment`, which only a member may do.
DO $$
BEGIN
    GRANT tradepost_payment TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA payment;
GRANT USAGE ON SCHEMA payment TO tradepost_payment;

-- One stream a payment. State is the fold of the stream, so nothing here is ever updated or deleted, and the role
-- has no right to.
CREATE TABLE payment.payment_events (
    -- The UUID of the payment and of its order.
    payment_id  uuid        NOT NULL,
    -- From 1 without gaps; the CloudEvents `sequence`.
    version     bigint      NOT NULL,
    -- The CloudEvents `id`.
    event_id    uuid        NOT NULL,
    type        text        NOT NULL,
    -- What the event adds. It may hold what could be charged; what leaves the context is another form of it.
    data        jsonb       NOT NULL,
    -- Who caused it: `anonymous`, `admin`, a TypeID, or the component that did.
    actor       text        NOT NULL,
    traceparent text,
    -- The writer's clock; `recorded_at` is the database's.
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT payment_events_pkey PRIMARY KEY (payment_id, version),
    CONSTRAINT payment_events_event_id_key UNIQUE (event_id),
    CONSTRAINT payment_events_version_positive CHECK (version >= 1),
    CONSTRAINT payment_events_type_length CHECK (char_length(type) BETWEEN 1 AND 255),
    CONSTRAINT payment_events_data_object CHECK (jsonb_typeof(data) = 'object'),
    CONSTRAINT payment_events_actor_length CHECK (char_length(actor) BETWEEN 1 AND 255),
    CONSTRAINT payment_events_traceparent_length CHECK (char_length(traceparent) BETWEEN 1 AND 255)
);

COMMENT ON TABLE payment.payment_events IS 'Append-only streams of events, one stream a payment.';

GRANT SELECT, INSERT ON payment.payment_events TO tradepost_payment;

-- Where each payment stands after its last event: one row a stream. Whoever appends takes the row first, so appends to one
-- payment queue here, and those to different payments never meet.
CREATE TABLE payment.payments (
    payment_id    uuid        NOT NULL,
    -- How many events the stream has.
    version       bigint      NOT NULL,
    status        text        COLLATE "C" NOT NULL,
    created_at    timestamptz NOT NULL,
    -- From when on somebody has to see to it again: a row that the tick finds, not a timer. NULL when nothing is left
    -- to do.
    due_at        timestamptz,
    -- How often it was taken for that reason without anything having been appended since.
    tries         integer     NOT NULL DEFAULT 0,
    -- SHA-256 of the e-mail address and of the payment method: which payments are one customer's, and not whose.
    email_digest  bytea,
    method_digest bytea,
    -- The payment as clients see it.
    view          jsonb       NOT NULL,

    CONSTRAINT payments_pkey PRIMARY KEY (payment_id),
    CONSTRAINT payments_version_positive CHECK (version >= 1),
    CONSTRAINT payments_status_known CHECK (status IN ('initiated', 'pending', 'succeeded', 'failed', 'unknown')),
    CONSTRAINT payments_email_digest_length CHECK (octet_length(email_digest) = 32),
    CONSTRAINT payments_method_digest_length CHECK (octet_length(method_digest) = 32),
    CONSTRAINT payments_view_object CHECK (jsonb_typeof(view) = 'object')
);

CREATE INDEX payments_due_idx ON payment.payments (due_at, payment_id) WHERE due_at IS NOT NULL;
CREATE INDEX payments_email_idx ON payment.payments (email_digest, created_at) WHERE email_digest IS NOT NULL;
CREATE INDEX payments_method_idx ON payment.payments (method_digest, created_at) WHERE method_digest IS NOT NULL;

COMMENT ON TABLE payment.payments IS 'Where each payment stands after the last event of its stream.';

GRANT SELECT, INSERT, UPDATE ON payment.payments TO tradepost_payment;

SELECT messaging.create_outbox('payment');
SELECT idempotency.create_table('payment');
SELECT idempotency.create_functions('payment');

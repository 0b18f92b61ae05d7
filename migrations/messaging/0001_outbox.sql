-- Events on their way: the messaging context's schema and role, and the one definition of the outbox and the inbox
-- that every context has in its own schema.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_messaging NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with
-- `options=-c role=tradepost_messaging`, which only a member may do.
DO $$
BEGIN
    GRANT tradepost_messaging TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA messaging;
GRANT USAGE ON SCHEMA messaging TO tradepost_messaging;

-- One sequence for all outboxes, so that a position names one event.
CREATE SEQUENCE messaging.outbox_position;

-- Every context's outbox is a partition of this table that stands in the context's own schema: a context writes its
-- own partition and no other, and cannot put events under another's name; the relay reads them all as one.
--
-- The rows are CloudEvents 1.0 with the partitioning, sequence and distributed tracing extensions, not dispatched
-- yet. `position` is the order of insertion, not of commit: a reader must not take the highest seen as a watermark.
CREATE TABLE messaging.outbox (
    position     bigint      NOT NULL DEFAULT nextval('messaging.outbox_position'),
    id           uuid        NOT NULL,
    source       text        COLLATE "C" NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    subject      text        COLLATE "C" NOT NULL,
    time         timestamptz NOT NULL,
    partitionkey text        COLLATE "C" NOT NULL,
    sequence     bigint      NOT NULL,
    traceparent  text,
    data         jsonb       NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT outbox_type_length CHECK (octet_length(type) BETWEEN 1 AND 255),
    CONSTRAINT outbox_subject_length CHECK (octet_length(subject) BETWEEN 1 AND 255),
    CONSTRAINT outbox_partitionkey_length CHECK (octet_length(partitionkey) BETWEEN 1 AND 255),
    CONSTRAINT outbox_sequence_positive CHECK (sequence >= 1),
    CONSTRAINT outbox_traceparent_length CHECK (octet_length(traceparent) BETWEEN 1 AND 255),
    CONSTRAINT outbox_data_object CHECK (jsonb_typeof(data) = 'object')
) PARTITION BY LIST (source);

-- Not unique, which would need the source in it; the sequence sees to that.
CREATE INDEX outbox_position_idx ON messaging.outbox (position);

COMMENT ON TABLE messaging.outbox IS 'CloudEvents of all contexts that have not been dispatched yet.';

GRANT SELECT, DELETE ON messaging.outbox TO tradepost_messaging;

-- Creates `<context>.outbox`, whose events have the source `/<context>`, and lets the context's role write to it.
CREATE FUNCTION messaging.create_outbox(p_context text) RETURNS void
LANGUAGE plpgsql
AS $create_outbox$
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$I.outbox PARTITION OF messaging.outbox FOR VALUES IN (%3$L);
        GRANT INSERT ON %1$I.outbox TO %2$I;
        GRANT USAGE ON SEQUENCE messaging.outbox_position TO %2$I;
    $sql$, p_context, 'tradepost_' || p_context, '/' || p_context);
END
$create_outbox$;

-- Creates `<context>.inbox`: the ids of the events that each of the context's consumers has applied, remembered by
-- the statement that applied them, so that a redelivery changes nothing.
CREATE FUNCTION messaging.create_inbox(p_context text) RETURNS void
LANGUAGE plpgsql
AS $create_inbox$
BEGIN
    EXECUTE format($sql$
        CREATE TABLE %1$I.inbox (
            -- The consumer's component id.
            consumer   text        COLLATE "C" NOT NULL,
            event_id   uuid        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),

            CONSTRAINT inbox_pkey PRIMARY KEY (consumer, event_id),
            CONSTRAINT inbox_consumer_length CHECK (octet_length(consumer) BETWEEN 1 AND 255)
        );
        COMMENT ON TABLE %1$I.inbox IS 'Events that the consumers of this context have applied.';
        GRANT SELECT, INSERT ON %1$I.inbox TO %2$I;
    $sql$, p_context, 'tradepost_' || p_context);
END
$create_inbox$;

REVOKE ALL ON FUNCTION messaging.create_outbox, messaging.create_inbox FROM PUBLIC;

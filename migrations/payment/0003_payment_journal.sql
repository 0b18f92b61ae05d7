-- The statements of the port `payment-journal`: appending, loading, and taking what is due.
--
-- The functions keep one plan for every call, because planning their statements anew takes longer than running them; and
-- a plan that was made while the tables were empty must not scan them when they no longer are.

-- Appends to many streams, each once. Each entry that finds its stream at the version that it expects is written whole;
-- one that does not is not written at all, and keeps no other back.
--
--   p_entries  JSON array of 1 to 1,000 objects
--     payment_id        each at most once
--     subject           the order as other contexts know it: its TypeID
--     expected_version  how many events the stream has; 0: none yet
--     actor, traceparent
--     due_at            microseconds since 1970-01-01T00:00:00Z, or null
--     email_digest, method_digest   32 bytes in hexadecimal, or null; read when the stream begins
--     events            1 to 100 objects {id, type, data, published, occurred_at, transfers}: `data` is for the stream,
--                       `published` for the outbox, and its member `payment` is the payment after the event;
--                       `transfers` has objects {id, debit, credit, amount, currency}
--
-- Returns a row for each entry, in order: `outcome` is `appended`, and `version` the stream's new one, or
-- `version_conflict`. A malformed call raises 22023 (or what the constraint raises), and nothing is written.
--
-- How it stays all or nothing for each entry: whoever may write a stream's next event is decided at the stream's row in
-- payment.payments, which is made or locked first; what is locked at another version than expected drops out before
-- anything is written. The rows are taken in the order of ids, so that nobody waits for another in a circle: first those
-- that are made, then those that are there. (A row that another call is making cannot be among those that this one
-- locks, because this one cannot see it yet.)
--
-- Each step relies on seeing what committed before it began: READ COMMITTED, the default. Under a stricter level
-- the waits end in 40001 instead, and still nothing is half written.
CREATE FUNCTION payment.append_all(p_entries jsonb)
RETURNS TABLE (ordinal bigint, outcome text, version bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    IF p_entries IS NULL OR jsonb_typeof(p_entries) <> 'array' OR jsonb_array_length(p_entries) NOT BETWEEN 1 AND 1000
    THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the entries must be a JSON array of 1 to 1000';
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_to_recordset(p_entries) AS entry (expected_version bigint, events jsonb)
        WHERE entry.expected_version IS NULL OR entry.expected_version < 0
           OR entry.events IS NULL OR jsonb_typeof(entry.events) <> 'array'
           OR jsonb_array_length(entry.events) NOT BETWEEN 1 AND 100
    ) THEN
        RAISE invalid_parameter_value
            USING MESSAGE = 'an entry has an expected version of 0 or more and 1 to 100 events';
    END IF;

    RETURN QUERY
    WITH entry AS MATERIALIZED (
        SELECT listed.ordinal, listed.payment_id, listed.subject, listed.expected_version, listed.actor,
               listed.traceparent, timestamptz 'epoch' + listed.due_at * interval '1 microsecond' AS due_at,
               decode(listed.email_digest, 'hex') AS email_digest,
               decode(listed.method_digest, 'hex') AS method_digest, listed.events,
               listed.expected_version + jsonb_array_length(listed.events) AS version,
               listed.events -> -1 #> '{published,payment}' AS view
        FROM ROWS FROM (
            jsonb_to_recordset(p_entries) AS (
                payment_id uuid, subject text, expected_version bigint, actor text, traceparent text, due_at bigint,
                email_digest text, method_digest text, events jsonb
            )
        ) WITH ORDINALITY AS listed (
            payment_id, subject, expected_version, actor, traceparent, due_at, email_digest, method_digest, events,
            ordinal
        )
    ), started AS (
        INSERT INTO payment.payments AS made
            (payment_id, version, status, created_at, due_at, email_digest, method_digest, view)
        SELECT entry.payment_id, entry.version, entry.view ->> 'status',
               timestamptz 'epoch' + (entry.events #>> '{0,occurred_at}')::bigint * interval '1 microsecond',
               entry.due_at, entry.email_digest, entry.method_digest, entry.view
        FROM entry
        WHERE entry.expected_version = 0
        ORDER BY entry.payment_id
        ON CONFLICT (payment_id) DO NOTHING
        RETURNING made.payment_id
    ), held AS MATERIALIZED (
        SELECT payment.payment_id
        FROM entry
        JOIN payment.payments AS payment ON payment.payment_id = entry.payment_id
        WHERE entry.expected_version > 0 AND payment.version = entry.expected_version
          -- What is made is made before anything is locked.
          AND (SELECT count(*) FROM started) >= 0
        ORDER BY payment.payment_id
        FOR NO KEY UPDATE OF payment
    ), moved AS (
        UPDATE payment.payments AS payment
        SET version = entry.version, status = entry.view ->> 'status', due_at = entry.due_at, tries = 0,
            view = entry.view
        FROM held
        JOIN entry ON entry.payment_id = held.payment_id
        WHERE payment.payment_id = held.payment_id
        RETURNING payment.payment_id
    ), written AS MATERIALIZED (
        SELECT started.payment_id FROM started
        UNION ALL
        SELECT moved.payment_id FROM moved
    ), event AS MATERIALIZED (
        SELECT entry.payment_id, entry.subject, entry.actor, entry.traceparent,
               entry.expected_version + listed.number AS version, listed.id, listed.type, listed.data,
               listed.published, timestamptz 'epoch' + listed.occurred_at * interval '1 microsecond' AS occurred_at,
               listed.transfers
        FROM written
        JOIN entry ON entry.payment_id = written.payment_id
        CROSS JOIN LATERAL ROWS FROM (
            jsonb_to_recordset(entry.events) AS (
                id uuid, type text, data jsonb, published jsonb, occurred_at bigint, transfers jsonb
            )
        ) WITH ORDINALITY AS listed (id, type, data, published, occurred_at, transfers, number)
    ), recorded AS (
        INSERT INTO payment.payment_events
            (payment_id, version, event_id, type, data, actor, traceparent, occurred_at)
        SELECT event.payment_id, event.version, event.id, event.type, event.data, event.actor, event.traceparent,
               event.occurred_at
        FROM event
    ), posted AS (
        INSERT INTO payment.ledger_transfers
            (id, payment_id, event_id, debit, credit, currency, amount, occurred_at)
        SELECT transfer.id, event.payment_id, event.id, transfer.debit, transfer.credit, transfer.currency,
               transfer.amount, event.occurred_at
        FROM event
        CROSS JOIN LATERAL jsonb_to_recordset(event.transfers) AS transfer (
            id uuid, debit text, credit text, currency text, amount bigint
        )
    ), told AS (
        INSERT INTO payment.outbox
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
        SELECT event.id, '/payment', event.type, event.subject, event.occurred_at, event.subject, event.version,
               event.traceparent, event.published
        FROM event
        ORDER BY event.payment_id, event.version
    )
    SELECT entry.ordinal,
           CASE WHEN written.payment_id IS NULL THEN 'version_conflict' ELSE 'appended' END,
           CASE WHEN written.payment_id IS NULL THEN NULL ELSE entry.version END
    FROM entry
    LEFT JOIN written ON written.payment_id = entry.payment_id
    ORDER BY entry.ordinal;
END
$$;

REVOKE ALL ON FUNCTION payment.append_all FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payment.append_all TO tradepost_payment;

-- Appends to one stream and keeps an answer under an idempotency key.
--
--   p_entry   one entry of append_all
--   p_answer  the answer to keep; a NULL key keeps none
--
-- Returns exactly one row. `outcome` is
--   appended          all of it was written; `version` is the stream's new version
--   replayed          the key was used before with this fingerprint: `status`, `location` and `body` are that answer
--   key_reused        the key was used before with another fingerprint
--   version_conflict  the stream is not at the version that was expected
-- and unless it is `appended` nothing was written.
CREATE FUNCTION payment.append_one(
    p_entry      jsonb,
    p_answer     idempotency.kept_answer,
    OUT outcome  text,
    OUT version  bigint,
    OUT status   integer,
    OUT location text,
    OUT body     bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM payment.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT appended.outcome, appended.version
    INTO STRICT outcome, version
    FROM payment.append_all(jsonb_build_array(p_entry)) AS appended;
    IF outcome = 'version_conflict' AND p_answer.key IS NOT NULL THEN
        PERFORM payment.release_idempotency_key(p_answer);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION payment.append_one FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payment.append_one TO tradepost_payment;

-- The streams of these payments, a row for each that exists: `events` is a JSON array in the order of versions.
-- `recent_email` and `recent_method` say how many payments with the same digest were requested in the hour before; they
-- are NULL unless asked for. Nobody counts further than 100: of a token that everybody uses there are thousands.
CREATE FUNCTION payment.load_all(p_payment_ids uuid[], p_with_recent boolean)
RETURNS TABLE (payment_id uuid, events jsonb, recent_email bigint, recent_method bigint)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT payment.payment_id,
           (
               SELECT jsonb_agg(
                   jsonb_build_object(
                       'id', event.event_id, 'type', event.type, 'data', event.data,
                       'occurred_at', (extract(epoch FROM event.occurred_at) * 1000000)::bigint,
                       'version', event.version, 'actor', event.actor, 'traceparent', event.traceparent
                   ) ORDER BY event.version
               )
               FROM payment.payment_events AS event
               WHERE event.payment_id = payment.payment_id
           ),
           CASE WHEN p_with_recent THEN (
               SELECT count(*)
               FROM (
                   SELECT FROM payment.payments AS other
                   WHERE other.email_digest = payment.email_digest AND other.created_at < payment.created_at
                     AND other.created_at >= payment.created_at - interval '1 hour'
                   LIMIT 100
               ) AS recent
           ) END,
           CASE WHEN p_with_recent THEN (
               SELECT count(*)
               FROM (
                   SELECT FROM payment.payments AS other
                   WHERE other.method_digest = payment.method_digest AND other.created_at < payment.created_at
                     AND other.created_at >= payment.created_at - interval '1 hour'
                   LIMIT 100
               ) AS recent
           ) END
    FROM payment.payments AS payment
    WHERE payment.payment_id = ANY (p_payment_ids);
END
$$;

REVOKE ALL ON FUNCTION payment.load_all FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payment.load_all TO tradepost_payment;

-- Takes the payments that have been due longest at `p_at`, at most `p_limit`, and returns their streams as load_all does.
-- Each is due again 15 seconds later unless something is appended before; from the second time on after twice as long,
-- up to a quarter of an hour. Those that another transaction has at this moment are passed over, so any number of
-- callers share the work.
CREATE FUNCTION payment.take_due(p_at bigint, p_limit integer)
RETURNS TABLE (payment_id uuid, events jsonb, recent_email bigint, recent_method bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_at          CONSTANT timestamptz := timestamptz 'epoch' + p_at * interval '1 microsecond';
    v_payment_ids uuid[];
BEGIN
    WITH due AS MATERIALIZED (
        SELECT payment.payment_id
        FROM payment.payments AS payment
        WHERE payment.due_at <= v_at
        ORDER BY payment.due_at, payment.payment_id
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE payment.payments AS payment
        -- 2^6 times 15 seconds are 16 minutes.
        SET due_at = v_at + least(interval '15 seconds' * 2 ^ least(payment.tries, 6), interval '15 minutes'),
            tries = payment.tries + 1
        FROM due
        WHERE payment.payment_id = due.payment_id
        RETURNING payment.payment_id
    )
    SELECT array_agg(taken.payment_id) INTO v_payment_ids FROM taken;
    IF v_payment_ids IS NOT NULL THEN
        RETURN QUERY SELECT * FROM payment.load_all(v_payment_ids, false);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION payment.take_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION payment.take_due TO tradepost_payment;

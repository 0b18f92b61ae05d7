-- What is to be delivered again may be asked for under an idempotency key: whoever has lost the answer asks again and
-- gets it, and nothing is delivered once more.

SELECT idempotency.create_table('messaging');
SELECT idempotency.create_functions('messaging');
SELECT idempotency.create_expiry('messaging');

-- One step of a replay, as messaging.replay makes it, and under a key once: `outcome` is `stepped`, or `replayed`
-- or `key_reused` as of messaging.claim_idempotency_key. What is kept in place of a body is the JSON object
-- {events, next}, which only the step can tell.
CREATE FUNCTION messaging.replay_under_key(
    p_consumer          text,
    p_types             text[],
    p_from_microseconds bigint,
    p_to_microseconds   bigint,
    p_after             bigint,
    p_limit             integer,
    p_member            text,
    p_answer            idempotency.kept_answer,
    OUT outcome         text,
    OUT events          bigint,
    OUT last_position   bigint,
    OUT status          integer,
    OUT location        text,
    OUT body            bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM messaging.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT step.replayed, step.last_position
    INTO events, last_position
    FROM messaging.replay(p_consumer, p_types, p_from_microseconds, p_to_microseconds, p_after, p_limit, p_member) AS step;
    UPDATE messaging.idempotency_keys AS kept
    SET body = convert_to(jsonb_build_object('events', events, 'next', last_position)::text, 'UTF8')
    WHERE kept.principal = p_answer.principal AND kept.method = p_answer.method
      AND kept.path = p_answer.path AND kept.key = p_answer.key;
    outcome := 'stepped';
END
$$;

-- Has an event that was set aside tried again, as messaging.replay_dead_letter does, and under a key once: `outcome` is
-- `resumed`; `not_found` when there is no letter of this id; `replayed` or `key_reused` as of
-- messaging.claim_idempotency_key.
CREATE FUNCTION messaging.replay_dead_letter_under_key(
    p_id         uuid,
    p_answer     idempotency.kept_answer,
    OUT outcome  text,
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
    FROM messaging.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    IF messaging.replay_dead_letter(p_id) THEN
        outcome := 'resumed';
    ELSE
        PERFORM messaging.release_idempotency_key(p_answer);
        outcome := 'not_found';
    END IF;
END
$$;

REVOKE ALL ON FUNCTION messaging.replay_under_key, messaging.replay_dead_letter_under_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messaging.replay_under_key, messaging.replay_dead_letter_under_key TO tradepost_messaging;

-- Tokens that are good once: by which somebody who has forgotten his password sets another one, and by which he shows that
-- mail reaches him. The token itself goes to notification in the same statement and stands nowhere else.

CREATE TABLE identity.one_time_tokens (
    -- SHA-256 of the token. It has 256 random bits, so there is nothing to guess and nothing to salt.
    digest     bytea       NOT NULL,
    user_id    uuid        NOT NULL,
    purpose    text        COLLATE "C" NOT NULL,
    -- The address that it was sent to: it is good for as long as that is the user's.
    email_key  text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,

    CONSTRAINT one_time_tokens_pkey PRIMARY KEY (digest),
    -- The last one that was sent is the one that is good.
    CONSTRAINT one_time_tokens_purpose_key UNIQUE (user_id, purpose),
    CONSTRAINT one_time_tokens_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id),
    CONSTRAINT one_time_tokens_digest_length CHECK (octet_length(digest) = 32),
    CONSTRAINT one_time_tokens_purposes CHECK (purpose IN ('password-reset', 'email-verification'))
);
COMMENT ON TABLE identity.one_time_tokens IS 'Tokens that are good once, by their digests.';

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.one_time_tokens TO tradepost_identity;

-- Sends a token to the user with this address (`p_email_key`) or with this id, whichever is given.
--
--   p_token    JSON object {purpose, token, digest, message_id, expires_at}; digest in hexadecimal, expires_at in
--              microseconds since 1970-01-01T00:00:00Z, as is p_now
--
-- Returns `sent`; `absent`, when there is no such user; `verified`, when the address is known to reach him and that is
-- the purpose; or `too_soon`, when one was sent less than a minute ago: nobody's mailbox is to be filled by strangers.
CREATE FUNCTION identity.send_token(p_user_id uuid, p_email_key text, p_token jsonb, p_now bigint) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    v_now     timestamptz := identity.moment(p_now);
    v_expires timestamptz := identity.moment((p_token ->> 'expires_at')::bigint);
    v_person  identity.users;
BEGIN
    -- Held, so that who is erased at this moment gets no message that nobody forgets.
    SELECT person.* INTO v_person
    FROM identity.users AS person
    WHERE person.erased_at IS NULL AND (person.id = p_user_id OR person.email_key = p_email_key)
    FOR SHARE;
    IF v_person.id IS NULL THEN
        RETURN 'absent';
    END IF;
    IF p_token ->> 'purpose' = 'email-verification' AND v_person.verified_at IS NOT NULL THEN
        RETURN 'verified';
    END IF;
    INSERT INTO identity.one_time_tokens AS there (digest, user_id, purpose, email_key, created_at, expires_at)
    VALUES (decode(p_token ->> 'digest', 'hex'), v_person.id, p_token ->> 'purpose', v_person.email_key, v_now, v_expires)
    ON CONFLICT ON CONSTRAINT one_time_tokens_purpose_key DO UPDATE
    SET digest = excluded.digest,
        email_key = excluded.email_key,
        created_at = excluded.created_at,
        expires_at = excluded.expires_at
    WHERE there.created_at <= v_now - interval '1 minute' OR there.email_key <> excluded.email_key;
    IF NOT FOUND THEN
        RETURN 'too_soon';
    END IF;
    PERFORM notification.leave_message(
        (p_token ->> 'message_id')::uuid, identity.user_id_of(v_person.id), v_person.email, p_token ->> 'purpose',
        jsonb_build_object(
            'name', v_person.name,
            'token', p_token ->> 'token',
            'expires_at', to_char(v_expires AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        ));
    RETURN 'sent';
END
$$;

-- Whose token this is; NULL when it is nobody's, was used, has expired, or was sent to an address that is his no more.
CREATE FUNCTION identity.bearer_of_token(p_digest bytea, p_purpose text, p_now bigint) RETURNS uuid
LANGUAGE sql
STABLE
AS $$
    SELECT person.id
    FROM identity.one_time_tokens AS token
    JOIN identity.users AS person ON person.id = token.user_id AND person.email_key = token.email_key
    WHERE token.digest = p_digest AND token.purpose = p_purpose AND token.expires_at > identity.moment(p_now)
      AND person.erased_at IS NULL
$$;

-- Sets the password of whoever has this token, uses it up, and ends all of his sessions.
--
--   p_answer    under which key it is kept that this was done; a NULL key keeps nothing. What is kept in place of a body is
--               the hash, by which the same password is known when the request comes again; it goes when the user does
--
-- Returns exactly one row. `outcome` is `done`, `ended` being the sessions; `unknown_token`; `replayed` or `key_reused` as
-- of identity.claim_idempotency_key.
CREATE FUNCTION identity.reset_password(
    p_digest      bytea,
    p_phc         text,
    p_now         bigint,
    p_event_id    uuid,
    p_traceparent text,
    p_answer      idempotency.kept_answer,
    OUT outcome   text,
    OUT ended     uuid[],
    OUT status    integer,
    OUT location  text,
    OUT body      bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_user_id uuid := identity.bearer_of_token(p_digest, 'password-reset', p_now);
BEGIN
    p_answer.location := '/users/' || identity.user_id_of(v_user_id);
    p_answer.body := convert_to(p_phc, 'UTF8');
    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM identity.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    -- Of twins one deletes it, and the other one waits and finds it gone.
    DELETE FROM identity.one_time_tokens AS token WHERE token.digest = p_digest AND token.user_id = v_user_id;
    IF NOT FOUND THEN
        PERFORM identity.release_idempotency_key(p_answer);
        outcome := 'unknown_token';
        RETURN;
    END IF;
    ended := identity.change_password(v_user_id, NULL, p_phc, NULL, p_now, p_event_id, p_traceparent);
    outcome := 'done';
END
$$;

-- Writes a user whose address has been verified by this token, as identity.write_user does, and uses the token up. One
-- more outcome is `unknown_token`.
CREATE FUNCTION identity.verify_address(
    p_digest           bytea,
    p_user             jsonb,
    p_subject          text,
    p_expected_version bigint,
    p_events           jsonb,
    p_traceparent      text,
    p_now              bigint,
    p_answer           idempotency.kept_answer,
    OUT outcome        text,
    OUT status         integer,
    OUT location       text,
    OUT body           bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    IF identity.bearer_of_token(p_digest, 'email-verification', p_now) IS DISTINCT FROM (p_user ->> 'id')::uuid THEN
        outcome := 'unknown_token';
        RETURN;
    END IF;
    SELECT written.outcome, written.status, written.location, written.body
    INTO outcome, status, location, body
    FROM identity.write_user(p_user, p_subject, p_expected_version, p_events, p_traceparent, p_answer) AS written;
    IF outcome = 'written' THEN
        DELETE FROM identity.one_time_tokens AS token WHERE token.digest = p_digest;
    END IF;
END
$$;

-- Nothing that was sent to an address that is somebody's no more is good. By a trigger, so that neither an edit nor an
-- erasure can forget it.
CREATE FUNCTION identity.forget_tokens() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM identity.one_time_tokens AS token WHERE token.user_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_tokens_forgotten AFTER UPDATE OF email_key ON identity.users
    FOR EACH ROW
    WHEN (OLD.email_key IS DISTINCT FROM NEW.email_key)
    EXECUTE FUNCTION identity.forget_tokens();

REVOKE ALL ON FUNCTION identity.send_token, identity.bearer_of_token, identity.reset_password, identity.verify_address,
    identity.forget_tokens FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.send_token, identity.bearer_of_token, identity.reset_password,
    identity.verify_address TO tradepost_identity;

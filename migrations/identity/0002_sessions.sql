-- Who has logged in: passwords' hashes, the sessions that begin with a log-in and live by refresh tokens, the keys that
-- access tokens are signed with, and how often somebody may try.
--
-- Times are arguments, in microseconds since 1970-01-01T00:00:00Z, of callers whose clock is the one that tokens are made
-- by. The functions run with their caller's rights.

CREATE FUNCTION identity.moment(p_micros bigint) RETURNS timestamptz
LANGUAGE sql
IMMUTABLE
AS $$ SELECT timestamptz 'epoch' + p_micros * interval '1 microsecond' $$;

CREATE TABLE identity.credentials (
    user_id    uuid        NOT NULL,
    -- Argon2id, with its parameters and its salt, as a PHC string.
    phc        text        COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL,

    CONSTRAINT credentials_pkey PRIMARY KEY (user_id),
    CONSTRAINT credentials_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id),
    CONSTRAINT credentials_phc_hashed CHECK (phc LIKE '$argon2id$%' AND octet_length(phc) <= 300)
);
COMMENT ON TABLE identity.credentials IS 'The hashes of passwords, for users who have one.';

CREATE TABLE identity.signing_keys (
    -- The `kid` of what it signs: the thumbprint of the public key (RFC 7638).
    id         text        COLLATE "C" NOT NULL,
    -- The Ed25519 seed; forgotten as soon as the next key signs.
    seed       bytea,
    public_key bytea       NOT NULL,
    signs_from timestamptz NOT NULL,

    CONSTRAINT signing_keys_pkey PRIMARY KEY (id),
    CONSTRAINT signing_keys_signs_from_key UNIQUE (signs_from),
    CONSTRAINT signing_keys_seed_length CHECK (octet_length(seed) = 32),
    CONSTRAINT signing_keys_public_key_length CHECK (octet_length(public_key) = 32)
);
COMMENT ON TABLE identity.signing_keys IS 'What access tokens are signed with, and what is still needed to verify them.';

CREATE TABLE identity.sessions (
    -- The `sid` of its access tokens.
    id         uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    -- From then on nothing of it is good, however often it was refreshed.
    expires_at timestamptz NOT NULL,
    -- When it was logged out, or revoked because a refresh token came twice.
    ended_at   timestamptz,

    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id)
);
CREATE INDEX sessions_user_idx ON identity.sessions (user_id);
CREATE INDEX sessions_expires_idx ON identity.sessions (expires_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_idx ON identity.sessions (ended_at);
COMMENT ON TABLE identity.sessions IS 'What begins with a log-in and lives by refresh tokens, each of which is good once.';

CREATE TABLE identity.refresh_tokens (
    -- SHA-256 of the token, which nobody but its bearer has. It has 256 random bits, so there is nothing to guess.
    digest      bytea       NOT NULL,
    session_id  uuid        NOT NULL,
    issued_at   timestamptz NOT NULL,
    -- The one that it was exchanged for. It stays until the session expires, so that its coming again is noticed.
    replaced_by bytea,

    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (digest),
    CONSTRAINT refresh_tokens_session_fkey FOREIGN KEY (session_id) REFERENCES identity.sessions (id) ON DELETE CASCADE,
    CONSTRAINT refresh_tokens_digest_length CHECK (octet_length(digest) = 32)
);
CREATE INDEX refresh_tokens_session_idx ON identity.refresh_tokens (session_id);
COMMENT ON TABLE identity.refresh_tokens IS 'Refresh tokens, hashed, those that were used included.';

CREATE TABLE identity.login_throttle (
    -- SHA-256 of what is counted: an account and an address, an account, or an address. What people type as an account
    -- is now and then their password.
    key     bytea       NOT NULL,
    -- When the bucket would be full again if nobody came (the generic cell rate algorithm's theoretical arrival time).
    full_at timestamptz NOT NULL,

    CONSTRAINT login_throttle_pkey PRIMARY KEY (key)
);
CREATE INDEX login_throttle_full_idx ON identity.login_throttle (full_at);
COMMENT ON TABLE identity.login_throttle IS 'How often log-ins were tried of late.';

CREATE TABLE identity.known_addresses (
    user_id uuid        NOT NULL,
    address text        COLLATE "C" NOT NULL,
    seen_at timestamptz NOT NULL,

    CONSTRAINT known_addresses_pkey PRIMARY KEY (user_id, address),
    CONSTRAINT known_addresses_user_fkey FOREIGN KEY (user_id) REFERENCES identity.users (id),
    CONSTRAINT known_addresses_address_length CHECK (octet_length(address) BETWEEN 1 AND 64)
);
CREATE INDEX known_addresses_seen_idx ON identity.known_addresses (seen_at);
COMMENT ON TABLE identity.known_addresses IS 'From where each user has logged in of late.';

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.credentials TO tradepost_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.signing_keys TO tradepost_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.sessions TO tradepost_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.refresh_tokens TO tradepost_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.login_throttle TO tradepost_identity;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.known_addresses TO tradepost_identity;
-- Whoever holds a row against its change, which a log-in does with its user, needs this.
GRANT UPDATE ON identity.users TO tradepost_identity;

-- Keeps the hash of a new user's password; nothing when there is none, or one is kept already.
CREATE FUNCTION identity.keep_password(p_user_id uuid, p_phc text, p_now bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_phc IS NOT NULL THEN
        INSERT INTO identity.credentials (user_id, phc, changed_at)
        VALUES (p_user_id, p_phc, identity.moment(p_now))
        ON CONFLICT DO NOTHING;
    END IF;
END
$$;

-- The seed of the key that signs now; NULL when none does yet.
CREATE FUNCTION identity.signing_seed(p_now bigint) RETURNS bytea
LANGUAGE plpgsql
STABLE
AS $$
BEGIN
    RETURN (
        SELECT key.seed
        FROM identity.signing_keys AS key
        WHERE key.signs_from <= identity.moment(p_now) AND key.seed IS NOT NULL
        ORDER BY key.signs_from DESC
        LIMIT 1
    );
END
$$;

-- Makes a key when there is none, which signs at once; one more when the newest has signed for `p_key_seconds` but for
-- ten minutes, which signs after those, when everybody has seen it published; and forgets what is not needed any more.
-- `p_id`, `p_seed` and `p_public_key` are of the key to make. Returns what is to be published, newest first.
--
-- A key is published until what it signed last has expired: 15 minutes after the next one signs, and a minute for whoever
-- had asked for the old key just before.
CREATE FUNCTION identity.rotate_signing_keys(
    p_now         bigint,
    p_key_seconds bigint,
    p_id          text,
    p_seed        bytea,
    p_public_key  bytea
)
RETURNS TABLE (public_key bytea)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    c_lead   constant interval := interval '10 minutes';
    c_needed constant interval := interval '16 minutes';
    v_now    timestamptz := identity.moment(p_now);
    v_due    timestamptz := v_now + c_lead - p_key_seconds * interval '1 second';
    v_newest timestamptz := (SELECT max(key.signs_from) FROM identity.signing_keys AS key);
BEGIN
    IF v_newest IS NULL OR v_newest <= v_due THEN
        -- One at a time: of several that find a key missing one makes it.
        LOCK TABLE identity.signing_keys IN SHARE ROW EXCLUSIVE MODE;
        v_newest := (SELECT max(key.signs_from) FROM identity.signing_keys AS key);
        IF v_newest IS NULL OR v_newest <= v_due THEN
            INSERT INTO identity.signing_keys (id, seed, public_key, signs_from)
            VALUES (p_id, p_seed, p_public_key, CASE WHEN v_newest IS NULL THEN v_now ELSE v_now + c_lead END);
        END IF;
    END IF;

    DELETE FROM identity.signing_keys AS key
    WHERE EXISTS (
        SELECT FROM identity.signing_keys AS next
        WHERE next.signs_from > key.signs_from AND next.signs_from + c_needed <= v_now
    );
    UPDATE identity.signing_keys AS key
    SET seed = NULL
    WHERE key.seed IS NOT NULL AND EXISTS (
        SELECT FROM identity.signing_keys AS next
        WHERE next.signs_from > key.signs_from AND next.signs_from <= v_now
    );

    RETURN QUERY SELECT key.public_key FROM identity.signing_keys AS key ORDER BY key.signs_from DESC;
END
$$;

-- The buckets from which a try takes one each, in the order in which they are locked: so many at once (`depth`), and one
-- more each `step`.
--
-- Of an account as a whole tries from addresses that it was used from are not counted, so that no stranger can make its
-- owner wait. He can have everybody else wait who says that he is the owner, and no longer than half a minute at a time.
CREATE FUNCTION identity.login_buckets(p_email_key text, p_address text, p_is_known boolean)
RETURNS TABLE (rank integer, key bytea, depth integer, step interval)
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT 1, sha256(convert_to('both' || E'\n' || p_email_key || E'\n' || p_address, 'UTF8')), 10, interval '60 s'
    UNION ALL
    SELECT 2, sha256(convert_to('account' || E'\n' || p_email_key, 'UTF8')), 20, interval '30 s'
    WHERE NOT p_is_known
    UNION ALL
    SELECT 3, sha256(convert_to('address' || E'\n' || p_address, 'UTF8')), 50, interval '6 s'
$$;

-- How long until each of the buckets has something left; NULL or nothing above zero: they have.
CREATE FUNCTION identity.login_wait(p_email_key text, p_address text, p_is_known boolean, p_now timestamptz)
RETURNS interval
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN (
        SELECT max(there.full_at - (bucket.depth - 1) * bucket.step - p_now)
        FROM identity.login_buckets(p_email_key, p_address, p_is_known) AS bucket
        JOIN identity.login_throttle AS there ON there.key = bucket.key
    );
END
$$;

-- A log-in is tried: it is counted as a failure until `start_session` says otherwise, so that of any number that come at
-- once not one too many gets through.
--
--   p_email_key  the form of the address under which it counts as the same one, registered or not
--   p_address    from where it is tried
--
-- Returns exactly one row. `retry_after` is NULL, or after how many seconds there may be another try: nothing was
-- counted then. `user_id`, `scopes` and `phc` are of the account if there is one that has a password, `seed` of the key
-- that signs if there is one.
CREATE FUNCTION identity.try_login(
    p_email_key     text,
    p_address       text,
    p_now           bigint,
    OUT retry_after integer,
    OUT user_id     uuid,
    OUT scopes      text,
    OUT phc         text,
    OUT seed        bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_now   timestamptz := identity.moment(p_now);
    v_known boolean;
    v_wait  interval;
BEGIN
    SELECT EXISTS (
        SELECT
        FROM identity.users AS person
        JOIN identity.known_addresses AS known ON known.user_id = person.id
        WHERE person.email_key = p_email_key AND known.address = p_address
    ) INTO v_known;

    -- A flood is turned away without a lock: buckets fill up by themselves, and whoever gives something back has come
    -- through himself.
    v_wait := identity.login_wait(p_email_key, p_address, v_known, v_now);
    IF v_wait IS NULL OR v_wait <= interval '0' THEN
        INSERT INTO identity.login_throttle (key, full_at)
        SELECT bucket.key, v_now
        FROM identity.login_buckets(p_email_key, p_address, v_known) AS bucket
        ORDER BY bucket.rank
        ON CONFLICT DO NOTHING;
        PERFORM
        FROM identity.login_buckets(p_email_key, p_address, v_known) AS bucket
        JOIN identity.login_throttle AS there ON there.key = bucket.key
        ORDER BY bucket.rank
        FOR UPDATE OF there;
        v_wait := identity.login_wait(p_email_key, p_address, v_known, v_now);
    END IF;
    IF v_wait > interval '0' THEN
        retry_after := greatest(1, ceil(extract(epoch FROM v_wait)))::integer;
        RETURN;
    END IF;

    -- Not an update alone: what is full may have been thrown away just before it was locked.
    INSERT INTO identity.login_throttle AS there (key, full_at)
    SELECT bucket.key, v_now + bucket.step
    FROM identity.login_buckets(p_email_key, p_address, v_known) AS bucket
    ORDER BY bucket.rank
    ON CONFLICT ON CONSTRAINT login_throttle_pkey DO UPDATE
    SET full_at = greatest(there.full_at, v_now) + (excluded.full_at - v_now);

    SELECT person.id, person.scopes, credential.phc
    INTO user_id, scopes, phc
    FROM identity.users AS person
    JOIN identity.credentials AS credential ON credential.user_id = person.id
    WHERE person.email_key = p_email_key;
    seed := identity.signing_seed(p_now);
END
$$;

-- A session begins for whoever has shown the password of which `p_phc` is the hash. What the try took is given back, and
-- the address is known from now on.
--
--   p_session    JSON object {id, user_id, scopes, phc, digest, expires_at}: the session's id, what `try_login` said of
--                the account, the first refresh token's SHA-256 in hexadecimal, and until when the session can live
--
-- Returns exactly one row. `outcome` is `started`, also when it was before, by a call with the same id; `created_at` says
-- when, in microseconds since 1970-01-01T00:00:00Z. It is `changed` when the user's password, address or scopes are not what
-- they were, and nothing was written.
CREATE FUNCTION identity.start_session(
    p_session      jsonb,
    p_email_key    text,
    p_address      text,
    p_now          bigint,
    OUT outcome    text,
    OUT created_at bigint
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_id       uuid := (p_session ->> 'id')::uuid;
    v_user_id  uuid := (p_session ->> 'user_id')::uuid;
    v_now      timestamptz := identity.moment(p_now);
    v_is_known boolean;
BEGIN
    -- Held, so that a change of the password either waits for this and ends it, or is seen here.
    PERFORM
    FROM identity.users AS person
    JOIN identity.credentials AS credential ON credential.user_id = person.id
    WHERE person.id = v_user_id AND person.email_key = p_email_key AND person.scopes = p_session ->> 'scopes'
      AND credential.phc = p_session ->> 'phc'
    FOR SHARE;
    IF NOT FOUND THEN
        outcome := 'changed';
        RETURN;
    END IF;

    outcome := 'started';
    created_at := p_now;
    INSERT INTO identity.sessions (id, user_id, created_at, expires_at)
    VALUES (v_id, v_user_id, v_now, identity.moment((p_session ->> 'expires_at')::bigint))
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT (extract(epoch FROM session.created_at) * 1000000)::bigint INTO created_at
        FROM identity.sessions AS session
        WHERE session.id = v_id;
        RETURN;
    END IF;
    INSERT INTO identity.refresh_tokens (digest, session_id, issued_at)
    VALUES (decode(p_session ->> 'digest', 'hex'), v_id, v_now);

    INSERT INTO identity.known_addresses AS known (user_id, address, seen_at)
    VALUES (v_user_id, p_address, v_now)
    ON CONFLICT ON CONSTRAINT known_addresses_pkey DO NOTHING;
    v_is_known := NOT FOUND;
    IF v_is_known THEN
        -- Once a day is enough to tell what is in use from what is not.
        UPDATE identity.known_addresses AS known
        SET seen_at = v_now
        WHERE known.user_id = v_user_id AND known.address = p_address AND known.seen_at < v_now - interval '1 day';
    END IF;

    PERFORM
    FROM identity.login_buckets(p_email_key, p_address, v_is_known) AS bucket
    JOIN identity.login_throttle AS there ON there.key = bucket.key
    ORDER BY bucket.rank
    FOR UPDATE OF there;
    UPDATE identity.login_throttle AS there
    -- Of the account and the address together all is given back: it is the owner who sits there.
    SET full_at = CASE bucket.rank WHEN 1 THEN v_now ELSE there.full_at - bucket.step END
    FROM identity.login_buckets(p_email_key, p_address, v_is_known) AS bucket
    WHERE there.key = bucket.key;
END
$$;

-- Tells that sessions have ended, under the id of the first of them: a session ends once, so that stream has one event.
CREATE FUNCTION identity.tell_ended(p_sessions uuid[], p_event_id uuid, p_at timestamptz, p_traceparent text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO identity.outbox (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    VALUES (p_event_id, '/identity', 'tradepost.identity.sessions-ended.v1', p_sessions[1]::text, p_at,
            p_sessions[1]::text, 1, p_traceparent, jsonb_build_object('sids', to_jsonb(p_sessions)));
END
$$;

-- Exchanges a refresh token for another one, both as SHA-256.
--
-- Returns exactly one row. `outcome` is
--   refreshed  the new one is good now and the old one is not, by this call or an earlier run of it; the other columns
--              tell whose session it is, what he may do, and the seed of the key that signs
--   unknown    there is no such token, nobody has used it for two weeks, or its session has ended or expired; `session_id`
--              is of one that has ended
--   reused     it was exchanged before. Somebody else has it, or the one that it was exchanged for: the session,
--              `session_id`, has ended by this, and it was told
CREATE FUNCTION identity.refresh_session(
    p_digest       bytea,
    p_new_digest   bytea,
    p_now          bigint,
    p_event_id     uuid,
    p_traceparent  text,
    OUT outcome    text,
    OUT session_id uuid,
    OUT user_id    uuid,
    OUT scopes     text,
    OUT seed       bytea,
    OUT issued_at  bigint,
    OUT again      boolean
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    -- A token that lies about for so long was given up without a log-out.
    c_idle      constant interval := interval '14 days';
    v_now       timestamptz := identity.moment(p_now);
    v_session   identity.sessions;
    v_new       bytea;
    v_issued_at timestamptz;
BEGIN
    outcome := 'unknown';
    -- One at a time for each session: of twins one gets the new token, and the other one shows an old one.
    SELECT session.*
    INTO v_session
    FROM identity.refresh_tokens AS token
    JOIN identity.sessions AS session ON session.id = token.session_id
    WHERE token.digest = p_digest
    FOR UPDATE OF session;
    IF v_session.id IS NULL OR v_session.expires_at <= v_now THEN
        RETURN;
    END IF;
    IF v_session.ended_at IS NOT NULL THEN
        session_id := v_session.id;
        RETURN;
    END IF;

    SELECT token.replaced_by, token.issued_at
    INTO v_new, v_issued_at
    FROM identity.refresh_tokens AS token
    WHERE token.digest = p_digest;
    -- The same exchange may come again, for whoever has not heard of the first, until what it gave is used.
    IF v_new <> p_new_digest OR EXISTS (
        SELECT FROM identity.refresh_tokens AS token WHERE token.digest = v_new AND token.replaced_by IS NOT NULL
    ) THEN
        UPDATE identity.sessions AS session SET ended_at = v_now WHERE session.id = v_session.id;
        PERFORM identity.tell_ended(ARRAY[v_session.id], p_event_id, v_now, p_traceparent);
        outcome := 'reused';
        session_id := v_session.id;
        RETURN;
    END IF;
    IF v_new IS NULL AND v_issued_at + c_idle <= v_now THEN
        RETURN;
    END IF;
    -- Who is erased has no address.
    SELECT person.id, person.scopes
    INTO user_id, scopes
    FROM identity.users AS person
    WHERE person.id = v_session.user_id AND person.email_key IS NOT NULL;
    IF user_id IS NULL THEN
        RETURN;
    END IF;

    IF v_new IS NULL THEN
        INSERT INTO identity.refresh_tokens (digest, session_id, issued_at)
        VALUES (p_new_digest, v_session.id, v_now);
        UPDATE identity.refresh_tokens AS token SET replaced_by = p_new_digest WHERE token.digest = p_digest;
    END IF;
    SELECT (extract(epoch FROM token.issued_at) * 1000000)::bigint INTO issued_at
    FROM identity.refresh_tokens AS token
    WHERE token.digest = p_new_digest;
    again := v_new IS NOT NULL;
    outcome := 'refreshed';
    session_id := v_session.id;
    seed := identity.signing_seed(p_now);
END
$$;

-- Ends a session of this user. True when it has ended, by this call or before; false when he has no such session.
CREATE FUNCTION identity.end_session(
    p_session_id  uuid,
    p_user_id     uuid,
    p_now         bigint,
    p_event_id    uuid,
    p_traceparent text
)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE identity.sessions AS session
    SET ended_at = identity.moment(p_now)
    WHERE session.id = p_session_id AND session.user_id = p_user_id AND session.ended_at IS NULL;
    IF FOUND THEN
        PERFORM identity.tell_ended(ARRAY[p_session_id], p_event_id, identity.moment(p_now), p_traceparent);
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM identity.sessions AS session WHERE session.id = p_session_id AND session.user_id = p_user_id
    );
END
$$;

-- Ends all sessions of this user but one, if any is named; those that it has ended.
CREATE FUNCTION identity.end_sessions_of(
    p_user_id     uuid,
    p_but         uuid,
    p_now         bigint,
    p_event_id    uuid,
    p_traceparent text
)
RETURNS uuid[]
LANGUAGE plpgsql
AS $$
DECLARE
    v_ended uuid[];
BEGIN
    WITH ended AS (
        UPDATE identity.sessions AS session
        SET ended_at = identity.moment(p_now)
        WHERE session.user_id = p_user_id AND session.id IS DISTINCT FROM p_but AND session.ended_at IS NULL
          AND session.expires_at > identity.moment(p_now)
        RETURNING session.id
    )
    SELECT array_agg(ended.id ORDER BY ended.id) INTO v_ended FROM ended;
    IF v_ended IS NOT NULL THEN
        PERFORM identity.tell_ended(v_ended, p_event_id, identity.moment(p_now), p_traceparent);
    END IF;
    RETURN coalesce(v_ended, '{}');
END
$$;

-- Sets another password in the place of the one of which `p_phc` is the hash (NULL: of whatever there is, for whoever has
-- shown otherwise who he is), and ends all sessions of the user but one, if any is named. NULL when the password was
-- another; else the sessions that have ended.
CREATE FUNCTION identity.change_password(
    p_user_id     uuid,
    p_phc         text,
    p_new_phc     text,
    p_but         uuid,
    p_now         bigint,
    p_event_id    uuid,
    p_traceparent text
)
RETURNS uuid[]
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_phc IS NULL THEN
        INSERT INTO identity.credentials AS credential (user_id, phc, changed_at)
        VALUES (p_user_id, p_new_phc, identity.moment(p_now))
        ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, changed_at = excluded.changed_at;
    ELSE
        UPDATE identity.credentials AS credential
        SET phc = p_new_phc, changed_at = identity.moment(p_now)
        WHERE credential.user_id = p_user_id AND credential.phc IN (p_phc, p_new_phc);
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    RETURN identity.end_sessions_of(p_user_id, p_but, p_now, p_event_id, p_traceparent);
END
$$;

-- Up to so many sessions that ended an hour ago or longer: no access token of theirs is good any more, so that the gateway
-- need not be told that they have.
CREATE FUNCTION identity.long_ended_sessions(p_now bigint, p_limit integer) RETURNS SETOF text
LANGUAGE sql STABLE
AS $$
    SELECT session.id::text FROM identity.sessions AS session
    WHERE session.ended_at <= identity.moment(p_now) - interval '1 hour' ORDER BY session.ended_at LIMIT p_limit
$$;

-- Throws away those of these sessions that have ended, with their refresh tokens.
CREATE FUNCTION identity.forget_sessions(p_ids jsonb) RETURNS void
LANGUAGE sql
AS $$
    DELETE FROM identity.sessions AS session
    WHERE session.ended_at IS NOT NULL
      AND session.id IN (SELECT id::uuid FROM jsonb_array_elements_text(p_ids) AS id)
$$;

-- Who is erased has no password, is known nowhere, and is logged in no more. By a trigger, so that no way to erase
-- somebody can forget it.
CREATE FUNCTION identity.forget_credentials() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM identity.credentials AS credential WHERE credential.user_id = NEW.id;
    DELETE FROM identity.known_addresses AS known WHERE known.user_id = NEW.id;
    PERFORM identity.end_sessions_of(
        NEW.id, NULL, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, gen_random_uuid(), NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER users_forgotten AFTER UPDATE OF email_key ON identity.users
    FOR EACH ROW
    WHEN (OLD.email_key IS NOT NULL AND NEW.email_key IS NULL)
    EXECUTE FUNCTION identity.forget_credentials();

-- Throws away what means nothing any more: sessions that have expired, buckets that are full, and addresses that nobody
-- has logged in from for 90 days; at most `p_limit` of each. Returns how many of all.
CREATE FUNCTION identity.expire_sessions(p_now bigint, p_limit integer) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    v_now     timestamptz := identity.moment(p_now);
    v_count   bigint;
    v_expired bigint;
BEGIN
    DELETE FROM identity.sessions AS session
    WHERE session.id IN (
        SELECT old.id FROM identity.sessions AS old
        WHERE old.expires_at <= v_now AND old.ended_at IS NULL
        ORDER BY old.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS v_expired = ROW_COUNT;
    DELETE FROM identity.login_throttle AS there
    WHERE there.key IN (
        SELECT old.key FROM identity.login_throttle AS old
        WHERE old.full_at <= v_now ORDER BY old.full_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS v_count = ROW_COUNT;
    v_expired := v_expired + v_count;
    DELETE FROM identity.known_addresses AS known
    WHERE (known.user_id, known.address) IN (
        SELECT old.user_id, old.address FROM identity.known_addresses AS old
        WHERE old.seen_at <= v_now - interval '90 days' ORDER BY old.seen_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_expired + v_count;
END
$$;

REVOKE ALL ON FUNCTION identity.moment, identity.keep_password, identity.signing_seed, identity.rotate_signing_keys,
    identity.login_buckets, identity.login_wait, identity.try_login, identity.start_session, identity.tell_ended,
    identity.refresh_session, identity.end_session, identity.end_sessions_of, identity.change_password,
    identity.forget_credentials, identity.long_ended_sessions, identity.forget_sessions, identity.expire_sessions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.moment, identity.keep_password, identity.signing_seed, identity.rotate_signing_keys,
    identity.login_buckets, identity.login_wait, identity.try_login, identity.start_session, identity.tell_ended,
    identity.refresh_session, identity.end_session, identity.end_sessions_of, identity.change_password,
    identity.long_ended_sessions, identity.forget_sessions, identity.expire_sessions TO tradepost_identity;

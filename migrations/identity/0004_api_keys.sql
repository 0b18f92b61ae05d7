-- API keys: who made which, what each may do, and that it is revoked. What a key is stands nowhere, only its digest.

CREATE TABLE identity.api_keys (
    id         uuid        NOT NULL,
    -- The key as other contexts know it: its TypeID.
    subject    text        COLLATE "C" NOT NULL,
    name       text        NOT NULL,
    -- SHA-256 of the whole key. A key has 256 random bits, so that there is nothing to guess and nothing to salt.
    digest     bytea       NOT NULL,
    -- What it may do, as OAuth 2.0 spells it (RFC 6749, section 3.3).
    scopes     text        COLLATE "C" NOT NULL,
    -- The user whose key it is: he must not have less than it has, and it ends with him. NULL: the operator's.
    owner      uuid,
    -- Who made it, as idempotency keys name him.
    created_by text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,

    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_digest_key UNIQUE (digest),
    CONSTRAINT api_keys_owner_fkey FOREIGN KEY (owner) REFERENCES identity.users (id),
    CONSTRAINT api_keys_subject_length CHECK (octet_length(subject) BETWEEN 1 AND 255),
    CONSTRAINT api_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 500),
    CONSTRAINT api_keys_digest_length CHECK (octet_length(digest) = 32),
    CONSTRAINT api_keys_scopes_length CHECK (octet_length(scopes) <= 1000),
    CONSTRAINT api_keys_created_by_length CHECK (octet_length(created_by) BETWEEN 1 AND 256)
);

COMMENT ON TABLE identity.api_keys IS 'API keys, by their digests.';

-- Lists are newest first, and ids sort by age.
CREATE INDEX api_keys_listed_idx ON identity.api_keys (id) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_owner_idx ON identity.api_keys (owner) WHERE revoked_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON identity.api_keys TO tradepost_identity;
GRANT SELECT ON identity.api_keys TO tradepost_identity_reader;

-- What is told of a key: that it was made, or that it was revoked. It is everything that it takes to admit it.
CREATE FUNCTION identity.tell_of_api_key(
    p_key         identity.api_keys,
    p_event_id    uuid,
    p_occurred_at timestamptz,
    p_traceparent text
)
RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO identity.outbox (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    VALUES (
        p_event_id, '/identity', 'tradepost.identity.api-key-changed.v1', p_key.subject, p_occurred_at, p_key.subject,
        CASE WHEN p_key.revoked_at IS NULL THEN 1 ELSE 2 END, p_traceparent,
        jsonb_build_object(
            'id', p_key.subject,
            'digest', encode(p_key.digest, 'hex'),
            'scopes', to_jsonb(string_to_array(p_key.scopes, ' ')),
            'revoked', p_key.revoked_at IS NOT NULL
        )
    )
$$;

-- Makes a key.
--
--   p_key       JSON object {id, subject, name, digest, scopes, owner, created_by, created_at}; digest in hexadecimal,
--               created_at in microseconds since 1970-01-01T00:00:00Z
--   p_answer    the answer to keep; a NULL key keeps none
--
-- Returns exactly one row. `outcome` is `created`, also when it was by an earlier run of the same call; `not_owned` when
-- the owner is not there, is erased or has less than the key should have; `replayed` or `key_reused` as with
-- identity.write_user.
CREATE FUNCTION identity.create_api_key(
    p_key         jsonb,
    p_event_id    uuid,
    p_traceparent text,
    p_answer      idempotency.kept_answer,
    OUT outcome   text,
    OUT status    integer,
    OUT location  text,
    OUT body      bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_created_at timestamptz := identity.time_of((p_key ->> 'created_at')::bigint);
    v_owner      uuid := (p_key ->> 'owner')::uuid;
    v_key        identity.api_keys;
BEGIN
    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM identity.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    -- Locked, so that what is taken from the owner at the same moment is taken from this key too.
    IF v_owner IS NOT NULL THEN
        PERFORM FROM identity.users AS person
        WHERE person.id = v_owner AND person.erased_at IS NULL
          AND string_to_array(p_key ->> 'scopes', ' ') <@ string_to_array(person.scopes, ' ')
        FOR SHARE;
        IF NOT FOUND THEN
            IF p_answer.key IS NOT NULL THEN
                PERFORM identity.release_idempotency_key(p_answer);
            END IF;
            outcome := 'not_owned';
            RETURN;
        END IF;
    END IF;

    INSERT INTO identity.api_keys (id, subject, name, digest, scopes, owner, created_by, created_at)
    VALUES ((p_key ->> 'id')::uuid, p_key ->> 'subject', p_key ->> 'name', decode(p_key ->> 'digest', 'hex'),
            p_key ->> 'scopes', v_owner, p_key ->> 'created_by', v_created_at)
    ON CONFLICT (id) DO NOTHING
    RETURNING * INTO v_key;
    IF FOUND THEN
        PERFORM identity.tell_of_api_key(v_key, p_event_id, v_created_at, p_traceparent);
    END IF;
    outcome := 'created';
END
$$;

-- Revokes a key: its row, or none when there is no such key or it was revoked before.
CREATE FUNCTION identity.revoke_api_key(
    p_id          uuid,
    p_event_id    uuid,
    p_occurred_at bigint,
    p_traceparent text
)
RETURNS TABLE (digest bytea, scopes text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_key identity.api_keys;
BEGIN
    UPDATE identity.api_keys AS key
    SET revoked_at = identity.time_of(p_occurred_at)
    WHERE key.id = p_id AND key.revoked_at IS NULL
    RETURNING * INTO v_key;
    IF FOUND THEN
        PERFORM identity.tell_of_api_key(v_key, p_event_id, v_key.revoked_at, p_traceparent);
        RETURN QUERY SELECT v_key.digest, v_key.scopes;
    END IF;
END
$$;

-- Revokes the keys of a user that may more than `p_scopes`, or all of them when it is NULL.
CREATE FUNCTION identity.revoke_api_keys_of(p_owner uuid, p_scopes text, p_traceparent text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_key identity.api_keys;
BEGIN
    FOR v_key IN
        UPDATE identity.api_keys AS key
        SET revoked_at = clock_timestamp()
        WHERE key.owner = p_owner AND key.revoked_at IS NULL
          AND (p_scopes IS NULL OR NOT string_to_array(key.scopes, ' ') <@ string_to_array(p_scopes, ' '))
        RETURNING *
    LOOP
        PERFORM identity.tell_of_api_key(
            v_key,
            identity.fresh_uuid(),
            v_key.revoked_at, p_traceparent);
    END LOOP;
END
$$;

-- Keys that are not revoked, newest first, at most `p_limit` of them: those that follow `p_after`, or that precede
-- `p_before`, nearest first.
CREATE FUNCTION identity.list_api_keys(p_after uuid, p_before uuid, p_limit integer)
RETURNS TABLE (id uuid, name text, scopes text, created_by text, created_at bigint)
LANGUAGE plpgsql
STABLE
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY EXECUTE
        'SELECT key.id, key.name, key.scopes, key.created_by, (extract(epoch FROM key.created_at) * 1000000)::bigint
         FROM identity.api_keys AS key
         WHERE key.revoked_at IS NULL'
        || CASE WHEN p_after IS NOT NULL THEN ' AND key.id < $1' ELSE '' END
        || CASE WHEN p_before IS NOT NULL THEN ' AND key.id > $2' ELSE '' END
        || CASE WHEN p_before IS NULL THEN ' ORDER BY key.id DESC' ELSE ' ORDER BY key.id' END
        || ' LIMIT $3'
        USING p_after, p_before, p_limit;
END
$$;

REVOKE ALL ON FUNCTION identity.tell_of_api_key, identity.create_api_key, identity.revoke_api_key,
    identity.revoke_api_keys_of, identity.list_api_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.tell_of_api_key, identity.create_api_key, identity.revoke_api_key,
    identity.revoke_api_keys_of TO tradepost_identity;
GRANT EXECUTE ON FUNCTION identity.list_api_keys TO tradepost_identity_reader;

-- Who is registered: the identity context's schema, its role, and the table of users.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_identity NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with
-- `options=-c role=tradepost_identity`, which only a member may do.
DO $$
BEGIN
    GRANT tradepost_identity TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO tradepost_identity;

CREATE TABLE identity.users (
    id         uuid        NOT NULL,
    name       text        NOT NULL,
    email      text        NOT NULL,
    -- The form of the address under which it counts as the same one. The rules crate folds it; here bytes count.
    email_key  text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,

    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key_key UNIQUE (email_key),
    -- The rules crate's limits are tighter. These are the last line, for a writer that forgot to ask it.
    CONSTRAINT users_name_length CHECK (char_length(name) BETWEEN 1 AND 500),
    CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 500),
    CONSTRAINT users_email_key_length CHECK (octet_length(email_key) BETWEEN 3 AND 2000),
    CONSTRAINT users_version_positive CHECK (version >= 1)
);

COMMENT ON TABLE identity.users IS 'Registered users, one per e-mail key.';

-- Registering and finding are all there is; a migration that adds editing or erasing adds its grant.
GRANT SELECT, INSERT ON identity.users TO tradepost_identity;

-- A role that may log in through its members and do nothing at all: readiness asks the database `SELECT 1` as it.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_platform NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with
-- `options=-c role=tradepost_platform`, which only a member may do.
DO $$
BEGIN
    GRANT tradepost_platform TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

-- Whoever logs in by a password or an address hears of it when either is another one: a thief who has changed it cannot keep
-- that from the owner (OWASP ASVS 5.0, requirement 6.3.7). Only where mail is known to reach him: whoever registers with a
-- stranger's address could fill that one's mailbox otherwise. By triggers, so that no way to change either can forget it.

-- What is said of a password goes where the user is reached now.
CREATE FUNCTION identity.notify_of_password() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM notification.leave_message(
        identity.fresh_uuid(), identity.user_id_of(person.id), person.email, 'password-changed',
        jsonb_build_object('name', person.name))
    FROM identity.users AS person
    WHERE person.id = NEW.user_id AND person.verified_at IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER credentials_notified AFTER UPDATE OF phc ON identity.credentials
    FOR EACH ROW
    WHEN (OLD.phc IS DISTINCT FROM NEW.phc)
    EXECUTE FUNCTION identity.notify_of_password();

-- What is said of an address goes where the user was reached until now, and does not tell where he is reached from now on.
CREATE FUNCTION identity.notify_of_address() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM notification.leave_message(
        identity.fresh_uuid(), identity.user_id_of(OLD.id), OLD.email, 'email-changed',
        jsonb_build_object('name', NEW.name));
    RETURN NULL;
END
$$;
CREATE TRIGGER users_notified AFTER UPDATE OF email_key ON identity.users
    FOR EACH ROW
    WHEN (OLD.email_key <> NEW.email_key AND OLD.verified_at IS NOT NULL)
    EXECUTE FUNCTION identity.notify_of_address();

REVOKE ALL ON FUNCTION identity.notify_of_password, identity.notify_of_address FROM PUBLIC;

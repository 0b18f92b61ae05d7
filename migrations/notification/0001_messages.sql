-- What is to be sent to people: the notification context's schema and role, and the messages that other contexts leave
-- with it in the statements that give rise to them.

DO $$
BEGIN
    CREATE ROLE tradepost_notification NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_notification TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA notification;
GRANT USAGE ON SCHEMA notification TO tradepost_notification;

-- Not events: the log is read by staff and kept for ever, and what is in a message may be good for once and for one
-- pair of eyes, such as the token by which a forgotten password is set anew.
CREATE TABLE notification.messages (
    id         uuid        NOT NULL,
    -- Who it is about, as other contexts know it, such as a user's TypeID. By this it is forgotten with him.
    subject    text        COLLATE "C" NOT NULL,
    -- Where it goes: an e-mail address.
    recipient  text        NOT NULL,
    template   text        COLLATE "C" NOT NULL,
    -- What the template is filled in with.
    parameters jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at    timestamptz,

    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_subject_length CHECK (octet_length(subject) BETWEEN 1 AND 255),
    CONSTRAINT messages_recipient_length CHECK (char_length(recipient) BETWEEN 3 AND 500),
    CONSTRAINT messages_template_length CHECK (octet_length(template) BETWEEN 1 AND 255),
    CONSTRAINT messages_parameters_object CHECK (jsonb_typeof(parameters) = 'object')
);
CREATE INDEX messages_subject_idx ON notification.messages (subject);

COMMENT ON TABLE notification.messages IS 'What is to be sent to people, and what was.';

GRANT SELECT, INSERT, UPDATE, DELETE ON notification.messages TO tradepost_notification;

-- Leaves a message. Whoever may call this can leave messages, and can neither read nor change any.
CREATE FUNCTION notification.leave_message(
    p_id         uuid,
    p_subject    text,
    p_recipient  text,
    p_template   text,
    p_parameters jsonb
)
RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO notification.messages (id, subject, recipient, template, parameters)
    VALUES (p_id, p_subject, p_recipient, p_template, p_parameters)
$$;

-- Forgets all messages about somebody, sent or not.
CREATE FUNCTION notification.forget_messages(p_subject text) RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM notification.messages AS message WHERE message.subject = p_subject
$$;

-- They run with the rights of this context's role, which must have been able to create them.
GRANT CREATE ON SCHEMA notification TO tradepost_notification;
ALTER FUNCTION notification.leave_message OWNER TO tradepost_notification;
ALTER FUNCTION notification.forget_messages OWNER TO tradepost_notification;
REVOKE CREATE ON SCHEMA notification FROM tradepost_notification;

REVOKE ALL ON FUNCTION notification.leave_message, notification.forget_messages FROM PUBLIC;
GRANT USAGE ON SCHEMA notification TO tradepost_identity;
GRANT EXECUTE ON FUNCTION notification.leave_message, notification.forget_messages TO tradepost_identity;

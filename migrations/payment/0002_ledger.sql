-- The ledger: what money moved, from which account to which. Double entry, one row a movement, so that there is nothing
-- that could be out of balance; append-only; and in step with the streams of events, whoever writes to either.

CREATE TABLE payment.ledger_transfers (
    id          uuid        NOT NULL,
    payment_id  uuid        NOT NULL,
    -- The event that tells of it.
    event_id    uuid        NOT NULL,
    -- The account that receives.
    debit       text        COLLATE "C" NOT NULL,
    -- The account that gives.
    credit      text        COLLATE "C" NOT NULL,
    currency    text        COLLATE "C" NOT NULL,
    -- In minor units.
    amount      bigint      NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT ledger_transfers_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_transfers_event_fkey FOREIGN KEY (event_id) REFERENCES payment.payment_events (event_id),
    -- An event moves money between two accounts once.
    CONSTRAINT ledger_transfers_once UNIQUE (event_id, debit, credit),
    CONSTRAINT ledger_transfers_two_accounts CHECK (debit <> credit),
    CONSTRAINT ledger_transfers_amount_positive CHECK (amount > 0),
    CONSTRAINT ledger_transfers_debit_form CHECK (debit ~ '^[a-z0-9_]{1,64}$'),
    CONSTRAINT ledger_transfers_credit_form CHECK (credit ~ '^[a-z0-9_]{1,64}$'),
    CONSTRAINT ledger_transfers_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

CREATE INDEX ledger_transfers_payment_idx ON payment.ledger_transfers (payment_id);

COMMENT ON TABLE payment.ledger_transfers IS 'Append-only: amounts that moved from one account to another.';

GRANT SELECT, INSERT ON payment.ledger_transfers TO tradepost_payment;

-- What is written stays, also for whoever has more rights than the context's role.
CREATE FUNCTION payment.refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE object_not_in_prerequisite_state
        USING MESSAGE = 'the ledger is append-only: post the opposite transfer instead';
END
$$;

CREATE TRIGGER ledger_transfers_stay
    BEFORE UPDATE OR DELETE ON payment.ledger_transfers
    FOR EACH ROW EXECUTE FUNCTION payment.refuse_change();
CREATE TRIGGER ledger_transfers_stay_all
    BEFORE TRUNCATE ON payment.ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION payment.refuse_change();
-- ALWAYS: for sessions that call themselves replicas too.
ALTER TABLE payment.ledger_transfers ENABLE ALWAYS TRIGGER ledger_transfers_stay;
ALTER TABLE payment.ledger_transfers ENABLE ALWAYS TRIGGER ledger_transfers_stay_all;

-- An event that says that money moved is written together with the transfer of exactly that, or not at all. It is a
-- trigger on the stream and not a rule of the function that appends, so no other way in can leave the ledger behind.
-- It runs after the whole statement.
CREATE FUNCTION payment.require_transfer() RETURNS trigger
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    v_amount   CONSTANT bigint := (NEW.data #>> '{amount,amount}')::bigint;
    v_currency CONSTANT text := NEW.data #>> '{amount,currency}';
BEGIN
    IF v_amount <> coalesce((
        SELECT sum(transfer.amount)
        FROM payment.ledger_transfers AS transfer
        WHERE transfer.event_id = NEW.event_id AND transfer.currency = v_currency
          AND 'provider' IN (transfer.debit, transfer.credit)
    ), 0) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = 'event ' || NEW.event_id || ' moves money that the ledger does not have',
                  CONSTRAINT = 'payment_events_posted';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER payment_events_posted
    AFTER INSERT ON payment.payment_events
    FOR EACH ROW
    WHEN (NEW.type IN ('tradepost.payment.payment-captured.v1', 'tradepost.payment.payment-refunded.v1'))
    EXECUTE FUNCTION payment.require_transfer();
ALTER TABLE payment.payment_events ENABLE ALWAYS TRIGGER payment_events_posted;

REVOKE ALL ON FUNCTION payment.refuse_change, payment.require_transfer FROM PUBLIC;

-- What is in every account, derived and never stored: what it received less what it gave.
CREATE VIEW payment.ledger_balances AS
SELECT moved.account, moved.currency, sum(moved.amount) AS balance
FROM (
    SELECT debit AS account, currency, amount FROM payment.ledger_transfers
    UNION ALL
    SELECT credit, currency, -amount FROM payment.ledger_transfers
) AS moved
GROUP BY moved.account, moved.currency;

-- Whoever shows the ledger may read it and nothing else.
DO $$
BEGIN
    CREATE ROLE tradepost_ledger_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
    GRANT tradepost_ledger_reader TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

GRANT USAGE ON SCHEMA payment TO tradepost_ledger_reader;
GRANT SELECT ON payment.ledger_transfers, payment.ledger_balances TO tradepost_ledger_reader;

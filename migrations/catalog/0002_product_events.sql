-- Products tell what happens to them: the catalog's outbox and idempotency keys, archiving, and the two functions by
-- which products are written.

SELECT messaging.create_outbox('catalog');
SELECT idempotency.create_table('catalog');
SELECT idempotency.create_functions('catalog');

-- An archived product stays as a row, because its SKU stays taken.
ALTER TABLE catalog.products ADD COLUMN archived_at timestamptz;

CREATE OR REPLACE VIEW catalog.price_list WITH (security_barrier) AS
SELECT sku, name, price_amount AS unit_amount, price_currency AS currency
FROM catalog.products
WHERE active AND archived_at IS NULL;

-- A product as the functions below take it, from a JSON object with these members.
CREATE TYPE catalog.product_fields AS (
    id             uuid,
    sku            text,
    name           text,
    description    text,
    price_amount   bigint,
    price_currency text,
    categories     text[],
    attributes     jsonb,
    active         boolean,
    -- Microseconds since 1970-01-01T00:00:00Z.
    created_at     bigint
);

GRANT UPDATE ON catalog.products TO tradepost_catalog;

-- Writes a product and what happened to it.
--
--   p_product           JSON object, see catalog.product_fields: the product after its events
--   p_subject           the product as other contexts know it: its TypeID
--   p_expected_version  how many events it has had so far; 0 creates it
--   p_archived          whether it is archived by this
--   p_events            JSON array of at most 100 objects {id, type, data, occurred_at}; data is an object,
--                       occurred_at is in microseconds since 1970-01-01T00:00:00Z. A creation has at least one; an
--                       edit that changes nothing has none, and is written for the answer that is kept
--   p_answer            the answer to keep; a NULL key keeps none
--
-- Returns exactly one row. `outcome` is
--   written           all of it was written, or had been, in the case of a creation that is repeated with its id
--   sku_taken         another product, perhaps an archived one, has the SKU
--   version_conflict  the product is not at `p_expected_version`, is archived, or is not there
--   replayed          the key was used before with this fingerprint: `status`, `location` and `body` are that answer
--   key_reused        the key was used before with another fingerprint
-- and unless it is `written` nothing was written.
--
-- The row's lock orders the writers of one product: whoever waited for it finds another version and changes nothing.
-- That, and not a constraint on the outbox, is what leaves no gap in the sequence.
CREATE FUNCTION catalog.write_product(
    p_product          jsonb,
    p_subject          text,
    p_expected_version bigint,
    p_archived         boolean,
    p_events           jsonb,
    p_traceparent      text,
    p_answer           idempotency.kept_answer,
    OUT outcome        text,
    OUT status         integer,
    OUT location       text,
    OUT body           bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    v_product catalog.product_fields := jsonb_populate_record(NULL::catalog.product_fields, p_product);
    v_events  integer := jsonb_array_length(p_events);
BEGIN
    IF p_expected_version IS NULL OR v_events IS NULL
       OR v_events > 100 OR (v_events = 0 AND p_expected_version = 0) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a product is written with a version and at most 100 events';
    END IF;

    SELECT claim.outcome, claim.status, claim.location, claim.body
    INTO outcome, status, location, body
    FROM catalog.claim_idempotency_key(p_answer) AS claim;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;

    IF p_expected_version = 0 THEN
        INSERT INTO catalog.products
            (id, sku, name, description, price_amount, price_currency, categories, attributes, active, created_at,
             version)
        VALUES
            (v_product.id, v_product.sku, v_product.name, v_product.description, v_product.price_amount,
             v_product.price_currency, v_product.categories, v_product.attributes, v_product.active,
             timestamptz 'epoch' + v_product.created_at * interval '1 microsecond', v_events)
        ON CONFLICT DO NOTHING;
    ELSE
        UPDATE catalog.products AS product
        SET name = v_product.name,
            description = v_product.description,
            price_amount = v_product.price_amount,
            price_currency = v_product.price_currency,
            categories = v_product.categories,
            attributes = v_product.attributes,
            active = v_product.active,
            version = p_expected_version + v_events,
            archived_at = CASE WHEN p_archived THEN clock_timestamp() END
        WHERE product.id = v_product.id AND product.version = p_expected_version AND product.archived_at IS NULL;
    END IF;

    IF FOUND THEN
        INSERT INTO catalog.outbox
            (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
        SELECT event.id, '/catalog', event.type, p_subject,
               timestamptz 'epoch' + event.occurred_at * interval '1 microsecond', p_subject,
               p_expected_version + event.ordinal, p_traceparent, event.data
        FROM ROWS FROM (
            jsonb_to_recordset(p_events) AS (id uuid, type text, data jsonb, occurred_at bigint)
        ) WITH ORDINALITY AS event (id, type, data, occurred_at, ordinal)
        ORDER BY event.ordinal;
        outcome := 'written';
        RETURN;
    END IF;

    -- Ids are fresh, so a new product whose id is there is this one, written by the call's first run.
    IF p_expected_version = 0 AND EXISTS (
        SELECT FROM catalog.products AS product WHERE product.id = v_product.id AND product.sku = v_product.sku
    ) THEN
        outcome := 'written';
        RETURN;
    END IF;

    IF p_answer.key IS NOT NULL THEN
        PERFORM catalog.release_idempotency_key(p_answer);
    END IF;
    outcome := CASE p_expected_version WHEN 0 THEN 'sku_taken' ELSE 'version_conflict' END;
END
$$;

-- Creates many products at once, each or not.
--
--   p_additions  JSON array of at most 1,000 objects {product, subject, event}; event is {id, type, data, occurred_at}
--
-- Returns one row for each, in their order. `outcome` is
--   created    it was written now, or by an earlier run of the same call
--   unchanged  the product with this SKU, whose id is `id`, says the same already
--   sku_taken  another product, perhaps an archived one, has the SKU and says something else
CREATE FUNCTION catalog.add_products(p_additions jsonb, p_traceparent text)
RETURNS TABLE (outcome text, id uuid)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
BEGIN
    IF p_additions IS NULL OR jsonb_array_length(p_additions) > 1000 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'at most 1000 products are added at once';
    END IF;

    WITH incoming AS MATERIALIZED (
        SELECT product.*, addition.subject, addition.ordinal, addition.event
        FROM ROWS FROM (
            jsonb_to_recordset(p_additions) AS (product jsonb, subject text, event jsonb)
        ) WITH ORDINALITY AS addition (product_json, subject, event, ordinal),
        jsonb_populate_record(NULL::catalog.product_fields, addition.product_json) AS product
    ), added AS (
        INSERT INTO catalog.products
            (id, sku, name, description, price_amount, price_currency, categories, attributes, active, created_at)
        SELECT incoming.id, incoming.sku, incoming.name, incoming.description, incoming.price_amount,
               incoming.price_currency, incoming.categories, incoming.attributes, incoming.active,
               timestamptz 'epoch' + incoming.created_at * interval '1 microsecond'
        FROM incoming
        -- In one order for all callers: two that add the same SKUs wait for each other one way only.
        ORDER BY incoming.sku COLLATE "C", incoming.ordinal
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    INSERT INTO catalog.outbox
        (id, source, type, subject, time, partitionkey, sequence, traceparent, data)
    SELECT event.id, '/catalog', event.type, incoming.subject,
           timestamptz 'epoch' + event.occurred_at * interval '1 microsecond', incoming.subject, 1, p_traceparent,
           event.data
    FROM added
    JOIN incoming ON incoming.id = added.id,
         jsonb_to_record(incoming.event) AS event (id uuid, type text, data jsonb, occurred_at bigint)
    ORDER BY incoming.ordinal;

    -- A statement of its own, which sees what others committed while the first one waited for them.
    RETURN QUERY
    SELECT CASE
               WHEN there.id = product.id THEN 'created'
               WHEN there.archived_at IS NULL
                    AND (there.name, there.description, there.price_amount, there.price_currency, there.categories,
                         there.attributes, there.active)
                        IS NOT DISTINCT FROM
                        (product.name, product.description, product.price_amount, product.price_currency,
                         product.categories, product.attributes, product.active)
               THEN 'unchanged'
               ELSE 'sku_taken'
           END,
           there.id
    FROM ROWS FROM (
        jsonb_to_recordset(p_additions) AS (product jsonb, subject text, event jsonb)
    ) WITH ORDINALITY AS addition (product_json, subject, event, ordinal),
    jsonb_populate_record(NULL::catalog.product_fields, addition.product_json) AS product
    LEFT JOIN catalog.products AS there ON there.sku = product.sku
    ORDER BY addition.ordinal;
END
$$;

REVOKE ALL ON FUNCTION catalog.write_product, catalog.add_products FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.write_product, catalog.add_products TO tradepost_catalog;

-- What was put on sale before products told of it is told now. The events' ids are the products' own, which are
-- UUIDv7 as well, so that telling it is the same however often this migration is tried.
CREATE FUNCTION catalog.product_id_of(p_uuid uuid) RETURNS text
LANGUAGE sql
AS $$
    -- TypeID: 130 bits, of which the first two are zero, in Crockford's base 32.
    SELECT 'product_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz',
               substring(B'00' || ('x' || replace(p_uuid::text, '-', ''))::bit(128) FROM 5 * place + 1 FOR 5)
                   ::bit(5)::integer + 1, 1),
        '' ORDER BY place)
    FROM generate_series(0, 25) AS place
$$;

INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
SELECT id, '/catalog', 'tradepost.catalog.product-created.v1', catalog.product_id_of(id), created_at,
       catalog.product_id_of(id), 1,
       jsonb_build_object(
           'id', catalog.product_id_of(id),
           'sku', sku,
           'name', name,
           'description', description,
           'price', jsonb_build_object('amount', price_amount, 'currency', price_currency),
           'categories', categories,
           'attributes', attributes,
           'active', active,
           'created_at', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'version', 1
       )
FROM catalog.products
ORDER BY id;
UPDATE catalog.products SET version = 1 WHERE version <> 1;

DROP FUNCTION catalog.product_id_of;

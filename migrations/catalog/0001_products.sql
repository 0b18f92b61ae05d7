-- What is on sale: the catalog context's schema, its roles, the table of products and the price list.

-- Roles belong to the whole server while this file runs once per database, perhaps in several databases at the
-- same moment. Whoever loses that race finds the role made (duplicate_object) or waits for the winner's commit
-- on the catalog's index (unique_violation); both mean that the role is there.
DO $$
BEGIN
    CREATE ROLE tradepost_catalog NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- For other contexts: may see prices, nothing else.
DO $$
BEGIN
    CREATE ROLE tradepost_catalog_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

-- The login that migrates is the one that adapters use by default: they connect with `options=-c role=…`, which
-- only a member may do.
DO $$
BEGIN
    GRANT tradepost_catalog TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_catalog_reader TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;

CREATE SCHEMA catalog;
GRANT USAGE ON SCHEMA catalog TO tradepost_catalog, tradepost_catalog_reader;

CREATE TABLE catalog.products (
    id             uuid        NOT NULL,
    sku            text        COLLATE "C" NOT NULL,
    name           text        NOT NULL,
    description    text,
    -- In the currency's minor unit.
    price_amount   bigint      NOT NULL,
    -- ISO 4217. Text and not char(3): a blank-padded type has its own wire type and its own comparison.
    price_currency text        NOT NULL,
    categories     text[]      NOT NULL DEFAULT '{}',
    attributes     jsonb       NOT NULL DEFAULT '{}',
    active         boolean     NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL,
    version        bigint      NOT NULL DEFAULT 1,

    CONSTRAINT products_pkey PRIMARY KEY (id),
    CONSTRAINT products_sku_key UNIQUE (sku),
    -- The rules crate's limits are tighter. These are the last line, for a writer that forgot to ask it.
    CONSTRAINT products_sku_length CHECK (octet_length(sku) BETWEEN 1 AND 500),
    CONSTRAINT products_name_length CHECK (char_length(name) BETWEEN 1 AND 1000),
    CONSTRAINT products_description_length CHECK (char_length(description) <= 100000),
    CONSTRAINT products_price_not_negative CHECK (price_amount >= 0),
    CONSTRAINT products_currency_form CHECK (price_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT products_categories_count CHECK (cardinality(categories) <= 1000),
    CONSTRAINT products_attributes_object CHECK (jsonb_typeof(attributes) = 'object'),
    CONSTRAINT products_version_positive CHECK (version >= 1)
);

COMMENT ON TABLE catalog.products IS 'Products, one per SKU.';

-- Creating and finding are all there is; a migration that adds editing adds its grant.
GRANT SELECT, INSERT ON catalog.products TO tradepost_catalog;

-- All that other contexts may know. A view runs with its owner's rights, so its readers need none on the table.
-- security_barrier: without it a reader's own function in a WHERE clause could be run on inactive products too.
CREATE VIEW catalog.price_list WITH (security_barrier) AS
SELECT sku, name, price_amount AS unit_amount, price_currency AS currency
FROM catalog.products
WHERE active;

COMMENT ON VIEW catalog.price_list IS 'Name and price of every product that can be ordered.';

GRANT SELECT ON catalog.price_list TO tradepost_catalog_reader;

-- Finding products: the words that they are found by, the indexes that lists and searches use, and the two functions
-- that read by them, for a role that can do nothing but read.

DO $$
BEGIN
    CREATE ROLE tradepost_catalog_search NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    GRANT tradepost_catalog_search TO CURRENT_USER;
EXCEPTION
    WHEN unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA catalog TO tradepost_catalog_search;
GRANT SELECT ON catalog.products TO tradepost_catalog_search;

-- English word stems, so that "teapots" finds a teapot, and no stop words: a product may be called "It" or "The Who",
-- and what a common word costs is bounded below in another way. Words of other languages are found as they are.
CREATE TEXT SEARCH DICTIONARY catalog.english_stem_of_every_word (
    TEMPLATE = pg_catalog.snowball,
    Language = english
);
CREATE TEXT SEARCH CONFIGURATION catalog.product_words (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION catalog.product_words
    ALTER MAPPING REPLACE pg_catalog.english_stem WITH catalog.english_stem_of_every_word;

-- The categories as one text. array_to_string is not declared immutable because of element types whose output depends
-- on settings; text is not one of them, so here it may be used for a generated column.
CREATE FUNCTION catalog.text_of_categories(p_categories text[]) RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$ SELECT array_to_string(p_categories, ' ') $$;
REVOKE ALL ON FUNCTION catalog.text_of_categories FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.text_of_categories TO tradepost_catalog;

ALTER TABLE catalog.products ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('catalog.product_words', name), 'A')
    || setweight(to_tsvector('catalog.product_words', sku), 'A')
    || setweight(to_tsvector('catalog.product_words', catalog.text_of_categories(categories)), 'B')
    || setweight(to_tsvector('catalog.product_words', coalesce(description, '')), 'C')
) STORED;

CREATE INDEX products_words_idx ON catalog.products USING gin (words) WHERE archived_at IS NULL;
CREATE INDEX products_categories_idx ON catalog.products USING gin (categories) WHERE archived_at IS NULL;
-- Lists are newest first, and ids sort by age. These two also pass over what is archived.
CREATE INDEX products_listed_idx ON catalog.products (id) WHERE archived_at IS NULL;
CREATE INDEX products_inactive_idx ON catalog.products (id) WHERE archived_at IS NULL AND NOT active;

-- A product as it is shown.
CREATE TYPE catalog.shown_product AS (
    id             uuid,
    sku            text,
    name           text,
    description    text,
    price_amount   bigint,
    price_currency text,
    categories     text[],
    attributes     text,
    active         boolean,
    -- Microseconds since 1970-01-01T00:00:00Z.
    created_at     bigint,
    version        bigint
);

-- The condition that narrows lists and searches, for a statement whose $1 is the category.
CREATE FUNCTION catalog.narrowed_by(p_category text, p_active boolean) RETURNS text
LANGUAGE sql
IMMUTABLE
AS $$
    SELECT 'product.archived_at IS NULL'
           || CASE WHEN p_category IS NOT NULL THEN ' AND product.categories @> ARRAY[$1]' ELSE '' END
           || CASE p_active WHEN true THEN ' AND product.active' WHEN false THEN ' AND NOT product.active' ELSE '' END
$$;

-- Products that are not archived, newest first, at most `p_limit` of them.
--
--   p_category, p_active  NULL: whatever it is
--   p_after               those that follow this one: older ones
--   p_before              those that precede this one: newer ones, nearest first, which is oldest first
--
-- The statement is put together and planned with its values at each call. One plan for all values would have to suit
-- the category that everything is in and the one that nothing is in, and suits neither.
CREATE FUNCTION catalog.list_products(
    p_category text,
    p_active   boolean,
    p_after    uuid,
    p_before   uuid,
    p_limit    integer
)
RETURNS SETOF catalog.shown_product
LANGUAGE plpgsql
STABLE
AS $$
BEGIN
    RETURN QUERY EXECUTE
        'SELECT product.id, product.sku, product.name, product.description, product.price_amount,
                product.price_currency, product.categories, product.attributes::text, product.active,
                (extract(epoch FROM product.created_at) * 1000000)::bigint, product.version
         FROM catalog.products AS product
         WHERE ' || catalog.narrowed_by(p_category, p_active)
        || CASE WHEN p_after IS NOT NULL THEN ' AND product.id < $2' ELSE '' END
        || CASE WHEN p_before IS NOT NULL THEN ' AND product.id > $3' ELSE '' END
        || CASE WHEN p_before IS NULL THEN ' ORDER BY product.id DESC' ELSE ' ORDER BY product.id' END
        || ' LIMIT $4'
        USING p_category, p_after, p_before, p_limit;
END
$$;

-- The same for products that have the words of `p_search`, the best first and the newest first among equals.
--
-- Of the products that match, the newest 2,000 are ranked: to rank is to read the product, and a word that every
-- product has would have all of them read. Whoever finds more than that does better to search for more words.
--
-- A cursor's rank is computed and not kept: it depends on the product and the words alone, so a page continues where
-- the last one ended whatever has been added since. After a cursor that is no product's id there is nothing.
CREATE FUNCTION catalog.search_products(
    p_search   text,
    p_category text,
    p_active   boolean,
    p_after    uuid,
    p_before   uuid,
    p_limit    integer
)
RETURNS SETOF catalog.shown_product
LANGUAGE plpgsql
STABLE
AS $$
DECLARE
    v_query  tsquery := websearch_to_tsquery('catalog.product_words', p_search);
    -- What must not be there says nothing about how good what is there is, and ts_rank ranks a word next to a negation
    -- as if it were nowhere. querytree leaves negations out; 'T' stands for a query of nothing else.
    v_wanted tsquery := CASE WHEN querytree(v_query) = 'T' THEN v_query ELSE querytree(v_query)::tsquery END;
    v_rank   real;
BEGIN
    SELECT ts_rank(product.words, v_wanted) INTO v_rank
    FROM catalog.products AS product
    WHERE product.id = coalesce(p_after, p_before);

    RETURN QUERY EXECUTE
        'WITH matching AS MATERIALIZED (
             SELECT product.id, product.words
             FROM catalog.products AS product
             WHERE product.words @@ $2 AND ' || catalog.narrowed_by(p_category, p_active) || '
             ORDER BY product.id DESC
             LIMIT 2000
         ), ranked AS (
             SELECT matching.id, ts_rank(matching.words, $7) AS rank
             FROM matching
         ), page AS (
             SELECT ranked.id, ranked.rank
             FROM ranked
             WHERE true'
        || CASE WHEN p_after IS NOT NULL THEN ' AND (ranked.rank, ranked.id) < ($3, $4)' ELSE '' END
        || CASE WHEN p_before IS NOT NULL THEN ' AND (ranked.rank, ranked.id) > ($3, $5)' ELSE '' END
        || CASE WHEN p_before IS NULL
                THEN ' ORDER BY ranked.rank DESC, ranked.id DESC'
                ELSE ' ORDER BY ranked.rank, ranked.id' END
        || ' LIMIT $6
         )
         SELECT product.id, product.sku, product.name, product.description, product.price_amount,
                product.price_currency, product.categories, product.attributes::text, product.active,
                (extract(epoch FROM product.created_at) * 1000000)::bigint, product.version
         FROM page
         JOIN catalog.products AS product USING (id)'
        || CASE WHEN p_before IS NULL
                THEN ' ORDER BY page.rank DESC, page.id DESC'
                ELSE ' ORDER BY page.rank, page.id' END
        USING p_category, v_query, v_rank, p_after, p_before, p_limit, v_wanted;
END
$$;

REVOKE ALL ON FUNCTION catalog.narrowed_by, catalog.list_products, catalog.search_products FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.narrowed_by, catalog.list_products, catalog.search_products
    TO tradepost_catalog_search;

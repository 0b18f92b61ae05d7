-- Lists by category that cost the same wherever in the catalog the category's products are.
--
-- Measured at a million products: a category of the 5,000 oldest took 1.4 s. An index on the arrays cannot give its
-- products in the order of their ids, so the planner went through all products from the newest on. Here it is a walk
-- through one index, as the list of all products is: 0.2 ms.

CREATE TABLE catalog.product_categories (
    category   text    COLLATE "C" NOT NULL,
    product_id uuid    NOT NULL,
    active     boolean NOT NULL,

    CONSTRAINT product_categories_pkey PRIMARY KEY (category, product_id)
);
CREATE INDEX product_categories_active_idx ON catalog.product_categories (category, active, product_id);
CREATE INDEX product_categories_product_idx ON catalog.product_categories (product_id);

COMMENT ON TABLE catalog.product_categories IS 'Which products, archived ones apart, each category has.';

GRANT SELECT, INSERT, DELETE ON catalog.product_categories TO tradepost_catalog;
GRANT SELECT ON catalog.product_categories TO tradepost_catalog_search;

INSERT INTO catalog.product_categories (category, product_id, active)
SELECT DISTINCT category, product.id, product.active
FROM catalog.products AS product, unnest(product.categories) AS category
WHERE product.archived_at IS NULL;

-- Triggers and not two more statements in each function that writes products: this table says nothing that the
-- products do not say, and nobody should be able to forget it.
CREATE FUNCTION catalog.shelve_new_products() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO catalog.product_categories (category, product_id, active)
    SELECT DISTINCT category, product.id, product.active
    FROM new_products AS product, unnest(product.categories) AS category
    WHERE product.archived_at IS NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION catalog.shelve_product_again() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM catalog.product_categories WHERE product_id = old.id;
    IF new.archived_at IS NULL THEN
        INSERT INTO catalog.product_categories (category, product_id, active)
        SELECT DISTINCT category, new.id, new.active
        FROM unnest(new.categories) AS category;
    END IF;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION catalog.shelve_new_products, catalog.shelve_product_again FROM PUBLIC;

CREATE TRIGGER shelve_new_products AFTER INSERT ON catalog.products
REFERENCING NEW TABLE AS new_products
FOR EACH STATEMENT EXECUTE FUNCTION catalog.shelve_new_products();

CREATE TRIGGER shelve_product_again AFTER UPDATE ON catalog.products
FOR EACH ROW
WHEN ((old.categories, old.active, old.archived_at) IS DISTINCT FROM (new.categories, new.active, new.archived_at))
EXECUTE FUNCTION catalog.shelve_product_again();

-- Both kinds are found in the order of their ids, whichever is the rare one.
DROP INDEX catalog.products_inactive_idx;
CREATE INDEX products_active_idx ON catalog.products (active, id) WHERE archived_at IS NULL;

-- As before, but for the way to a category's products.
CREATE OR REPLACE FUNCTION catalog.list_products(
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
        'WITH page AS MATERIALIZED (
             SELECT listed.id FROM '
        || CASE WHEN p_category IS NOT NULL
                THEN '(SELECT product_id AS id, active FROM catalog.product_categories WHERE category = $1)'
                ELSE '(SELECT id, active FROM catalog.products WHERE archived_at IS NULL)' END
        || ' AS listed WHERE true'
        || CASE p_active WHEN true THEN ' AND listed.active' WHEN false THEN ' AND NOT listed.active' ELSE '' END
        || CASE WHEN p_after IS NOT NULL THEN ' AND listed.id < $2' ELSE '' END
        || CASE WHEN p_before IS NOT NULL THEN ' AND listed.id > $3' ELSE '' END
        || CASE WHEN p_before IS NULL THEN ' ORDER BY listed.id DESC' ELSE ' ORDER BY listed.id' END
        || ' LIMIT $4
         )
         SELECT product.id, product.sku, product.name, product.description, product.price_amount,
                product.price_currency, product.categories, product.attributes::text, product.active,
                (extract(epoch FROM product.created_at) * 1000000)::bigint, product.version
         FROM page
         JOIN catalog.products AS product USING (id)'
        || CASE WHEN p_before IS NULL THEN ' ORDER BY product.id DESC' ELSE ' ORDER BY product.id' END
        USING p_category, p_after, p_before, p_limit;
END
$$;

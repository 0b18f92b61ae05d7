-- Fills an empty catalog for benches/products.sh: psql "$DATABASE_URL" -v products=1000000 -f benches/products.sql
--
-- Words are drawn so that the first are common and the last rare, as in any language; "the" is in every description.
-- The 5,000 oldest products have a category of their own, one in two the category "half", and each one of 50 others.
\set ON_ERROR_STOP on
BEGIN;
CREATE FUNCTION pg_temp.word(rank integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(substr(md5(rank::text), 1, 7), '0123456789', 'ghijklmnop')
$$;
INSERT INTO catalog.products
    (id, sku, name, description, price_amount, price_currency, categories, attributes, active, created_at)
SELECT (lpad(to_hex(1763800000000 + n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
       'SKU-' || n,
       -- That it depends on n keeps it from being made once for all.
       (SELECT string_agg(pg_temp.word(power(20000, random())::integer), ' ') FROM generate_series(1, 3) WHERE n = n),
       'the ' || (SELECT string_agg(pg_temp.word(power(20000, random())::integer), ' ')
                  FROM generate_series(1, 25) WHERE n = n),
       n % 100000, 'USD',
       CASE WHEN n <= 5000 THEN ARRAY['old']
            WHEN n % 2 = 0 THEN ARRAY['half', 'c' || n % 50]
            ELSE ARRAY['c' || n % 50, 'rare' || n % 20000] END,
       '{"colour": "red"}', n % 1000 <> 0, to_timestamp((1763800000000 + n) / 1000.0)
FROM generate_series(1, :products) AS n;
COMMIT;
VACUUM ANALYZE catalog.products;
VACUUM ANALYZE catalog.product_categories;

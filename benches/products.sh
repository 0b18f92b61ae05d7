#!/usr/bin/env bash
# What a page of products costs: the statements of product-search-postgres, as its role, 21 rows, the median and the
# slowest of 11 runs as psql sees them. Run it as `DATABASE_URL=… benches/products.sh` on a database that `tradepost migrate`
# has prepared and benches/products.sql has filled.
set -euo pipefail

ask() { psql "$DATABASE_URL" -qXAt "$@"; }

measure() {
    local what=$1 from=$2
    {
        echo 'SET ROLE tradepost_catalog_search;'
        echo '\timing on'
        for _ in {1..11}; do echo "SELECT * FROM catalog.$from \\g /dev/null"; done
    } | ask | sed -n 's/^Time: \([0-9.]*\).*/\1/p' | sort -n |
        awk -v what="$what" '{ms[NR] = $1} END {printf "%-36s %9.2f ms %9.2f ms\n", what, ms[6], ms[NR]}'
}

id() { ask -c "SELECT id FROM catalog.products ORDER BY id OFFSET $1 LIMIT 1"; }

# The word of this rank, as the filling made it, and how many products have it.
word() { ask -c "SELECT translate(substr(md5('$1'), 1, 7), '0123456789', 'ghijklmnop')"; }
having() { ask -c "SELECT count(*) FROM catalog.products WHERE words @@ websearch_to_tsquery('catalog.product_words', '$1')"; }

products=$(ask -c 'SELECT count(*) FROM catalog.products')
middle=$(id $((products / 2)))
last=$(id 20)
printf '%-36s %12s %12s\n' "$products products" median slowest
measure 'list, first page' 'list_products(NULL, NULL, NULL, NULL, 21)'
measure 'list, middle page' "list_products(NULL, NULL, '$middle', NULL, 21)"
measure 'list, last page' "list_products(NULL, NULL, '$last', NULL, 21)"
measure 'list, backwards from the middle' "list_products(NULL, NULL, NULL, '$middle', 21)"
measure 'one in 1,000 is inactive' 'list_products(NULL, false, NULL, NULL, 21)'
measure 'a category of half, middle page' "list_products('half', NULL, '$middle', NULL, 21)"
measure 'a category of the 5,000 oldest' "list_products('old', NULL, NULL, NULL, 21)"
measure 'a category of none' "list_products('none', NULL, NULL, NULL, 21)"
for found in the "$(word 1)" "$(word 60)" "$(word 300)" "$(word 15000)"; do
    measure "search, $(having "$found") have the word" "search_products('$found', NULL, NULL, NULL, NULL, 21)"
done
measure 'search, two words' "search_products('$(word 5) $(word 300)', NULL, NULL, NULL, NULL, 21)"
measure 'search, a SKU' "search_products('SKU-77', NULL, NULL, NULL, NULL, 21)"
measure 'search, a word in a category' "search_products('the', 'old', NULL, NULL, NULL, 21)"

//! What the shop sells: household goods, each in several variants.

use serde_json::{Value, json};

/// A product and how many of it there are at first.
pub(crate) struct Product {
    pub(crate) sku: String,
    name: String,
    description: String,
    /// In cents of the US dollar.
    price_cents: i64,
    category: &'static str,
    variant: (&'static str, &'static str),
    pub(crate) stock: i64,
}

impl Product {
    /// A line of an import.
    pub(crate) fn to_json(&self) -> Value {
        let (attribute, value) = self.variant;
        json!({
            "sku": self.sku,
            "name": self.name,
            "description": self.description,
            "price": { "amount": self.price_cents, "currency": "USD" },
            "categories": [self.category],
            "attributes": { attribute: value },
        })
    }
}

/// Goods of one kind.
struct Range {
    category: &'static str,
    /// What a SKU begins with.
    code: &'static str,
    /// What they come in.
    attribute: &'static str,
    variants: &'static [&'static str],
    /// Name, what it is for, cents.
    goods: &'static [(&'static str, &'static str, i64)],
}

const RANGES: &[Range] = &[
    Range {
        category: "kitchen",
        code: "KI",
        attribute: "colour",
        variants: &["cream", "slate", "brick", "moss"],
        goods: &[
            ("Stoneware mug", "Holds a third of a litre and keeps it warm.", 1_450),
            ("Mixing bowl", "With a rim that pours and a foot that stays where it is.", 3_200),
            ("Bread box", "Ash lid, which is a cutting board turned over.", 5_900),
            ("Kettle", "For the hob; whistles a third.", 6_450),
            ("Butter dish", "Keeps a pound of butter soft and the cat away.", 2_390),
            ("Salt cellar", "With a spoon and a lid that swings.", 1_890),
            ("Storage jar", "Airtight, one litre.", 1_290),
            ("Pie dish", "Fluted, goes from freezer to oven.", 2_750),
        ],
    },
    Range {
        category: "textiles",
        code: "TX",
        attribute: "colour",
        variants: &["natural", "indigo", "rust", "sage"],
        goods: &[
            ("Linen tablecloth", "Washed, for six.", 7_900),
            ("Tea towel, pair", "Half linen, with a loop.", 1_990),
            ("Wool blanket", "Woven from one sort of sheep.", 14_900),
            ("Bath towel", "Waffle weave; dries fast.", 3_490),
            ("Cushion cover", "Half a metre square, with a hidden zip.", 2_890),
            ("Apron", "Crossed at the back, with a pocket for a spoon.", 3_950),
            ("Napkins, set of four", "Hemmed by hand.", 2_600),
            ("Bed linen", "For one; buttons of shell.", 11_900),
        ],
    },
    Range {
        category: "lighting",
        code: "LI",
        attribute: "finish",
        variants: &["brass", "black", "white", "copper"],
        goods: &[
            ("Desk lamp", "Three joints and a switch where the hand is.", 12_900),
            ("Pendant lamp", "Spun shade, two metres of cord.", 18_500),
            ("Wall lamp", "Swings by half a turn.", 15_900),
            ("Night light", "As bright as a clear full moon.", 3_900),
            ("Candle holder", "For three candles or for one.", 2_950),
            ("Floor lamp", "Reads over a shoulder.", 24_900),
            ("Lantern", "Does not mind rain.", 6_900),
        ],
    },
    Range {
        category: "furniture",
        code: "FU",
        attribute: "wood",
        variants: &["oak", "ash", "walnut"],
        goods: &[
            ("Bookcase", "Five shelves, no screws.", 26_196),
            ("Stool", "Stacks by the dozen.", 8_900),
            ("Side table", "Round, as high as an arm rest.", 14_900),
            ("Bench", "For the hall or the table.", 22_900),
            ("Coat rack", "Seven pegs.", 6_900),
            ("Writing desk", "With a drawer that locks.", 54_900),
            ("Shoe rack", "Two levels, slatted.", 7_900),
            ("Dining chair", "Seat of woven paper cord.", 32_900),
        ],
    },
    Range {
        category: "garden",
        code: "GA",
        attribute: "size",
        variants: &["small", "medium", "large"],
        goods: &[
            ("Clay pot", "Frost-proof, with a saucer.", 1_690),
            ("Watering can", "Long spout, fine rose.", 4_250),
            ("Trug", "Split chestnut, lasts a life.", 5_400),
            ("Garden gloves", "Goatskin; soft from the first day.", 2_490),
            ("Bird house", "With a front that opens in autumn.", 3_650),
            ("Plant stakes, bundle", "Hazel, one season or two.", 990),
            ("Doormat", "Coir, swallows half a garden.", 3_290),
        ],
    },
    Range {
        category: "stationery",
        code: "ST",
        attribute: "ruling",
        variants: &["plain", "lined", "squared", "dotted"],
        goods: &[
            ("Notebook", "Thread-sewn, lies flat.", 1_250),
            ("Pocket notebook, three", "Fits where a phone does.", 1_190),
            ("Letter pad", "Eighty sheets that like ink.", 990),
            ("Sketchbook", "Heavy paper, hard cover.", 1_890),
            ("Week planner", "Undated: it forgives a holiday.", 1_690),
            ("Index cards", "A hundred in a tin.", 850),
        ],
    },
    Range {
        category: "children",
        code: "CH",
        attribute: "colour",
        variants: &["yellow", "blue", "red"],
        goods: &[
            ("Building blocks", "Sixty of beech.", 4_900),
            ("Pull-along duck", "Waddles.", 2_650),
            ("Stacking rings", "Seven, and a ball on top.", 1_990),
            ("Skipping rope", "Handles turned of ash.", 1_290),
            ("Step stool", "To reach the tap.", 4_250),
            ("Puzzle map", "The world in forty pieces.", 2_990),
            ("Play tent", "Cotton and four poles.", 9_900),
        ],
    },
];

/// All products, the same ones every time.
pub(crate) fn products() -> Vec<Product> {
    let mut products = Vec::new();
    for range in RANGES {
        for (good, (name, description, price_cents)) in (1..).zip(range.goods) {
            for (variant, value) in (1..).zip(range.variants) {
                products.push(Product {
                    sku: format!("{}-{good:02}-{variant}", range.code),
                    name: format!("{name}, {value}"),
                    description: (*description).to_owned(),
                    price_cents: *price_cents,
                    category: range.category,
                    variant: (range.attribute, value),
                    // Cheap things by the hundred, dear ones by the dozen.
                    stock: if *price_cents < 2_000 {
                        400
                    } else if *price_cents < 10_000 {
                        120
                    } else {
                        25
                    },
                });
            }
        }
    }
    products
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_a_few_hundred_products_and_no_two_share_a_sku() {
        let products = products();
        let skus: BTreeSet<_> = products.iter().map(|product| &product.sku).collect();
        assert_eq!(skus.len(), products.len());
        assert!((150..500).contains(&products.len()), "{}", products.len());
    }
}

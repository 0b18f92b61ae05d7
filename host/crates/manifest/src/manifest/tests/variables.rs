//! Variables that are wrong, declared or used.

use super::*;

#[test]
fn variables_that_are_wrong() {
    let rows: &[Row] = &[
        (
            "[variables]\na = { default = '' }\nb = { required = true }\nc = { required = false, default = 'x' }",
            &[],
        ),
        (
            "[variables]\na = {}\nb = { required = false }\nc = { required = true, default = 'x' }\nd = 'x'",
            &[
                ("9:1", "the variable `a` must have either a `default` or `required = true`"),
                ("10:1", "the variable `b` must have either"),
                ("11:1", "the variable `c` must have either"),
                ("12:5", "the variable `d` must be a table, not a string"),
            ],
        ),
        (
            "[variables]\nA = { default = 'x' }\na-b = { default = 'x' }\na_1 = { default = 'x' }\n_a = { default = 'x' }",
            &[
                ("9:1", "`A` cannot name a variable: `A` must be lower-case"),
                ("10:1", "`a-b` cannot name a variable: words are letters and digits joined by underscores"),
                ("11:1", "`a_1` cannot name a variable: each word must begin with a letter"),
                ("12:1", "`_a` cannot name a variable: underscores must stand between words"),
            ],
        ),
        (
            "[variables]\na = { default = 1 }\nb = { required = 'yes' }\nc = { default = 'x', secret = 1, sceret = true }",
            &[
                ("9:17", "`default` must be a string, not an integer"),
                ("10:1", "must have either"),
                ("10:18", "`required` must be true or false, not a string"),
                ("11:31", "`secret` must be true or false, not an integer"),
                (
                    "11:34",
                    "the variable `c` has no `sceret`; what it may have: default, required, secret, description",
                ),
            ],
        ),
        (
            "variables = { a = '{{ b }} {{ c }} {{ b }}', B = 'x', d = 1, e = '{{ x' }\n[variables]\nc = { default = '' }",
            &[
                ("8:19", "[variables] declares no `b`"),
                ("8:46", "`B` cannot name a variable"),
                ("8:59", "`d` must be a string, not an integer"),
                ("8:66", "`{{` without the `}}`"),
            ],
        ),
        ("variables = ['a']", &[("8:13", "[component.home.variables] must be a table, not an array")]),
    ];
    for (more, expected) in rows {
        check(more, parse(more), expected);
    }
}

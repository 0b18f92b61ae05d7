//! Dependencies that are wrong.

use super::*;

#[test]
fn dependencies_that_are_wrong() {
    let rows: &[Row] = &[
        ("dependencies = { 'a:b/c@1.0.0' = { path = 'x.wasm' }, 'a:b/d@1.0.0' = { path = 'x.wasm' } }", &[]),
        (
            "dependencies = { plain = { path = 'x' }, 'a:b' = '1.0', 'a:c' = { version = '1', registry = 'r', package = 'p' }, 'a:d' = { url = 'u', digest = 'd' } }",
            &[
                ("8:18", "`plain` names no import: it must be written `namespace:package/interface@version`"),
                ("8:50", "Spin would fetch this version from a registry"),
                ("8:65", "the dependency `a:c` needs a `path` or a `component`"),
                ("8:67", "`version` in the dependency `a:c` means something to Spin"),
                ("8:82", "`registry` in the dependency `a:c` means something to Spin"),
                ("8:98", "`package` in the dependency `a:c` means something to Spin"),
                ("8:123", "the dependency `a:d` needs a `path` or a `component`"),
                ("8:125", "`url` in the dependency `a:d` means something to Spin"),
                ("8:136", "`digest` in the dependency `a:d` means something to Spin"),
            ],
        ),
        (
            "[component.home.dependencies]\n'a:b/c' = { path = 'x', component = 'y' }\n'a:b/d' = { path = 'x', exprot = 'x' }\n'a:b/e' = 1\n'a:c' = { path = 'x', export = 'a:c/d' }",
            &[
                ("9:11", "not both"),
                (
                    "10:25",
                    "the dependency `a:b/d` has no `exprot`; what it may have: path, component, export, inherit_configuration",
                ),
                ("11:11", "the dependency `a:b/e` must be a table, not an integer"),
                ("12:32", "Spin permits `export` only where the dependency's name has an interface"),
            ],
        ),
        (
            "[component.home.dependencies]\n'a:b/c' = { path = 'x', inherit_configuration = ['variables', 'network', 1] }\n'a:b/d' = { path = 'x', inherit_configuration = 'all' }",
            &[
                (
                    "9:63",
                    "there is no `network` to inherit; there are ai_models, allowed_outbound_hosts, environment, files, key_value_stores, sqlite_databases, variables",
                ),
                ("9:74", "must be a string, not an integer"),
                ("10:49", "`inherit_configuration` must be true, false or an array of strings, not a string"),
            ],
        ),
        (
            "[component.home.dependencies]\n'a:b/c@1.0.0' = { path = 'x' }\n'a:b@1.1.0' = { path = 'x' }\n'a:b/c@2.0.0' = { path = 'x' }",
            &[("10:1", "it and `a:b/c@1.0.0` on line 9 would satisfy the same or compatible imports")],
        ),
        (
            "[component.home.dependencies]\n'a:b/c' = { component = 'nowhere' }\n'a:b/d' = { component = 'home' }\n'a:b/e' = { component = 'No' }\n'a:b/f' = { component = 'ok' }\n[component.ok]\nsource = 'ok.wasm'\n",
            &[
                ("9:1", "there is no [component.nowhere]"),
                ("10:1", "`home` cannot be its own dependency"),
                ("11:25", "`No` is no component's id"),
            ],
        ),
        (
            "[component.home.dependencies]\n'a:b/c' = { component = 'rich' }\n[component.rich]\nsource = 'x'\nvariables = { a = 'b' }\n\
             allowed_outbound_hosts = ['http://*']\nkey_value_stores = ['default']\ndependencies = { 'a:b' = { path = 'x' } }",
            &[(
                "9:1",
                "`rich` cannot be a dependency because it has allowed_outbound_hosts, dependencies, key_value_stores, variables of its own",
            )],
        ),
        // Two components that would each be plugged into the other fall under the same rule.
        (
            "[component.home.dependencies]\n'a:b/c' = { component = 'other' }\n[component.other]\nsource = 'x'\ndependencies = { 'a:b' = { component = 'home' } }",
            &[("9:1", "`other` cannot be a dependency"), ("12:18", "`home` cannot be a dependency")],
        ),
        ("dependencies = ['x']", &[("8:16", "[component.home.dependencies] must be a table, not an array")]),
    ];
    for (more, expected) in rows {
        check(more, parse(more), expected);
    }
}

//! Components that are wrong.

use super::*;

#[test]
fn a_component_that_is_wrong() {
    let rows: &[Row] = &[
        ("", &[]),
        ("[component.plain]", &[("8:1", "[component.plain] needs `source`")]),
        ("[component.a.build]\ncommand = 'x'", &[("8:12", "[component.a] needs `source`")]),
        ("[component.plain]\nsource = ''", &[("9:10", "`source` must not be empty")]),
        (
            "[component.a]\nsource = { url = 'https://x', digest = 'y' }\n[component.b]\nsource = ['x']",
            &[("9:10", "`source` is a path"), ("11:10", "`source` must be a string, not an array")],
        ),
        (
            "[component.A]\nsource = 'x'",
            &[("8:12", "`A` cannot be a component's id: `A` must be lower-case")],
        ),
        ("[component.a_b]\nsource = 'x'", &[("8:12", "joined by hyphens")]),
        ("[component]\na = 'x'", &[("9:5", "[component.a] must be a table, not a string")]),
        (
            "environment = {}\nfiles = []\nexclude_files = []\nallowed_http_hosts = []\nsqlite_databases = []\n\
             ai_models = []\ntargets = []\ntool = {}\ndependencies_inherit_configuration = true\nprofile = {}\n",
            &[
                ("8:1", "`environment` in [component.home] means something to Spin but not to this host: "),
                ("9:1", "`files` in [component.home] means something to Spin"),
                ("10:1", "`exclude_files` in [component.home] means something to Spin"),
                ("11:1", "`allowed_http_hosts` in [component.home] means something to Spin"),
                ("12:1", "`sqlite_databases` in [component.home] means something to Spin"),
                ("13:1", "`ai_models` in [component.home] means something to Spin"),
                ("14:1", "`targets` in [component.home] means something to Spin"),
                ("15:1", "`tool` in [component.home] means something to Spin"),
                ("16:1", "`dependencies_inherit_configuration` in [component.home] means something to Spin"),
                ("17:1", "`profile` in [component.home] means something to Spin"),
            ],
        ),
        (
            "  key_value_store = ['x']",
            &[("8:3", "[component.home] has no `key_value_store`; what it may have: source, ")],
        ),
        (
            "description = 1\nkey_value_stores = ['a', 'a b', 'a', 2]\nallowed_outbound_hosts = 'x'",
            &[
                ("8:15", "`description` must be a string, not an integer"),
                ("9:26", "`a b` cannot be a key-value store's label"),
                ("9:33", "the key-value store `a` is listed twice"),
                ("9:38", "`each of key_value_stores` must be a string, not an integer"),
                ("10:26", "`allowed_outbound_hosts` must be an array of strings"),
            ],
        ),
        (
            "build = { workdir = '/x', command = '', watch = 'x', shell = 'sh' }",
            &[
                ("8:21", "`workdir` must be relative"),
                ("8:37", "`command` must not be empty"),
                ("8:49", "`watch` must be an array of strings"),
                ("8:54", "[component.home.build] has no `shell`; what it may have: command, workdir, watch"),
            ],
        ),
        ("build = {}", &[("8:9", "[component.home.build] needs `command`")]),
        ("build.command = []", &[("8:17", "`command` must not be empty")]),
        ("build.command = ['x', 1]", &[("8:23", "must be a string, not an integer")]),
        (
            "build.command = 1",
            &[("8:17", "`command` must be a string or an array of strings, not an integer")],
        ),
        ("build = 'x'", &[("8:9", "[component.home.build] must be a table, not a string")]),
    ];
    for (more, expected) in rows {
        check(more, parse(more), expected);
    }
}

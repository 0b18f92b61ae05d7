//! Triggers that are wrong, alone or beside each other.

use super::*;

#[test]
fn triggers_that_are_wrong() {
    let rows: &[Row] = &[
        ("[[trigger.http]]\nroute = '/a'\ncomponent = 'home'", &[]),
        (
            "[[trigger.http]]\nroute = { private = true }\ncomponent = 'home'\n[[trigger.http]]\nroute = { private = true }\ncomponent = 'home'",
            &[],
        ),
        (
            "[[trigger.http]]\nid = 'x'",
            &[("8:1", "[[trigger.http]] needs `component`"), ("8:1", "[[trigger.http]] needs `route`")],
        ),
        (
            "[[trigger.http]]\nroute = '/a'\ncomponent = 'hoem'\n[[trigger.http]]\nroute = '/b'\ncomponent = { source = 'x' }",
            &[("10:13", "there is no [component.hoem]"), ("13:13", "a trigger names its component")],
        ),
        (
            "[[trigger.http]]\nroute = 'a'\ncomponent = 'home'\n[[trigger.http]]\nroute = { private = false }\ncomponent = 'home'\n\
             [[trigger.http]]\nroute = { privat = true }\ncomponent = 'home'\n[[trigger.http]]\nroute = true\ncomponent = 'home'",
            &[
                ("9:9", "`a` is no route: a route must begin with a slash"),
                ("12:9", "a route is a pattern or `{ private = true }`"),
                ("15:9", "a route is a pattern or `{ private = true }`"),
                ("15:11", "a route has no `privat`; what it may have: private"),
                ("18:9", "`route` must be a pattern or `{ private = true }`, not a boolean"),
            ],
        ),
        (
            "[[trigger.http]]\nid = 'x'\nroute = '/'\ncomponent = 'home'\n[[trigger.http]]\nid = 'x'\nroute = '/b'\ncomponent = 'home'",
            &[
                ("10:9", "`/` is already the route on line 4"),
                ("14:9", "`x` is already the id of the trigger of line 10"),
            ],
        ),
        (
            "[[trigger.http]]\nroute = '/a'\ncomponent = 'home'\nexecutor = { type = 'wagi' }\nstatic_response = {}\n\
             components = {}\ndependencies = {}\nmethod = 'GET'",
            &[
                ("11:1", "`executor` in [[trigger.http]] means something to Spin"),
                ("12:1", "`static_response` in [[trigger.http]] means something to Spin"),
                ("13:1", "`components` in [[trigger.http]] means something to Spin"),
                ("14:1", "`dependencies` in [[trigger.http]] means something to Spin"),
                ("15:1", "[[trigger.http]] has no `method`; what it may have: id, component, route"),
            ],
        ),
        (
            "[[trigger.http]]\nroute = '/a/:x'\ncomponent = 'home'\n[[trigger.http]]\nroute = '/a/:y'\ncomponent = 'home'",
            &[("12:9", "no request reaches `/a/:y`: Spin lets `/a/:x` answer")],
        ),
    ];
    for (more, expected) in rows {
        check(more, parse(more), expected);
    }
}

#[test]
fn triggers_may_be_written_inline() {
    let text = "spin_manifest_version = 2\napplication.name = 'x'\ncomponent.a.source = 'a.wasm'\n\
                trigger.http = [{ route = '/', component = 'a' }, { route = '/x', component = 'b' }]\n";
    check(text, Manifest::parse(text, "shop/spin.toml"), &[("4:79", "there is no [component.b]")]);
}

#[test]
fn routes_that_begin_with_a_dot_are_declared_last() {
    let trigger = |route: &str| format!("[[trigger.http]]\nroute = '{route}'\ncomponent = 'home'\n");
    // Routes after `/`, and the lines of those that stand too early.
    let rows: &[(&[&str], &[&str])] = &[
        (&["/...", "/.well-known/a"], &[]),
        (&["/a", "/.well-known/a", "/.well-known/:b"], &[]),
        (&["/.well-known/a", "/..."], &["9:9"]),
        (&["/.well-known/a", "/.well-known/b", "/a", "/.well-known/c"], &["9:9", "12:9"]),
    ];
    for (routes, early) in rows {
        let text: String = routes.iter().map(|route| trigger(route)).collect();
        let expected: Vec<_> =
            early.iter().map(|place| (*place, "must be declared after all routes")).collect();
        check(&text, parse(&text), &expected);
    }
}

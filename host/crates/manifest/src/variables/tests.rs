//! Where variables get their values, and what keeps them secret.

use super::*;

const SHOP: &str = r#"spin_manifest_version = 2
application = { name = "shop" }
[variables]
database_url = { required = true, secret = true, description = "where Postgres is" }
currency = { default = "EUR" }
signing_key = { default = "hush-default", secret = true }
[[trigger.http]]
route = "/"
component = "home"
[component.home]
source = "home.wasm"
allowed_outbound_hosts = ["https://{{ signing_key }}.example"]
variables = { url = "{{ database_url }}?x={{ currency }}", key = "{{ signing_key }}", fixed = "a", a_b = "" }
[component.plain]
source = "plain.wasm"
"#;

fn shop() -> Manifest {
    Manifest::parse(SHOP, "shop/spin.toml").unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn resolve(flags: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Variables, VariablesError> {
    Variables::resolve(&shop(), pairs(flags), |name| {
        environment.iter().find(|(own, _)| *own == name).map(|(_, value)| OsString::from(*value))
    })
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_default() {
    // Flags, environment, the currency.
    type Pairs = &'static [(&'static str, &'static str)];
    let rows: &[(Pairs, Pairs, &str)] = &[
        (&[], &[], "EUR"),
        (&[], &[("SPIN_VARIABLE_CURRENCY", "USD")], "USD"),
        (&[], &[("SPIN_VARIABLE_CURRENCY", "")], ""),
        (&[], &[("CURRENCY", "USD"), ("SPIN_VARIABLE_currency", "USD"), ("SPIN_VARIABLE_OTHER", "x")], "EUR"),
        (&[("currency", "CHF")], &[], "CHF"),
        (&[("currency", "CHF")], &[("SPIN_VARIABLE_CURRENCY", "USD")], "CHF"),
        (&[("currency", "CHF"), ("currency", "SEK")], &[], "SEK"),
        (&[("currency", "")], &[("SPIN_VARIABLE_CURRENCY", "USD")], ""),
    ];
    for (flags, environment, currency) in rows {
        let flags: Vec<_> = [("database_url", "db")].iter().chain(*flags).copied().collect();
        let variables = resolve(&flags, environment).unwrap();
        assert_eq!(variables.get("currency"), Some(*currency), "{flags:?} {environment:?}");
    }
}

#[test]
fn a_component_sees_its_own_names_only() {
    let variables = resolve(&[("database_url", "pg://x")], &[]).unwrap();
    let manifest = shop();
    let home = variables.for_component(&manifest.component("home").unwrap().id);
    let rows = [
        ("url", Ok("pg://x?x=EUR")),
        ("key", Ok("hush-default")),
        ("fixed", Ok("a")),
        ("a_b", Ok("")),
        ("currency", Err("no variable \"currency\" for component `home`")),
        ("a_1", Err("no variable \"a_1\" for component `home`")),
    ];
    for (name, expected) in rows {
        let found = home.get(name).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(ToOwned::to_owned), "{name}");
        assert!(!matches!(home.get(name), Err(LookupError::InvalidName(_))), "{name}");
    }
    for name in ["", "URL", "a-b", "a__b", "_a", "a_", "1a"] {
        assert!(matches!(home.get(name), Err(LookupError::InvalidName(_))), "{name:?}");
    }
    assert_eq!(home.names().collect::<Vec<_>>(), ["a_b", "fixed", "key", "url"]);
    let plain = variables.for_component(&manifest.component("plain").unwrap().id);
    assert!(matches!(plain.get("url"), Err(LookupError::Undefined(_))));
}

#[test]
fn what_is_missing_says_how_to_set_it() {
    let error = resolve(&[("databse_url", "x")], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--variable databse_url=…` sets a variable that shop/spin.toml does not declare; it declares: currency, \
         database_url, signing_key\n\
         shop/spin.toml:4:1: the variable `database_url` (where Postgres is) has no value: pass `--variable \
         database_url=<value>` or set `SPIN_VARIABLE_DATABASE_URL`"
    );
}

#[cfg(unix)]
#[test]
fn an_environment_that_is_not_text_is_refused_where_it_would_be_used() {
    use std::os::unix::ffi::OsStringExt as _;
    let bytes = |_: &str| Some(OsString::from_vec(vec![b'h', b'u', b's', b'h', 0xff]));
    let all = pairs(&[("database_url", "x"), ("currency", "x"), ("signing_key", "x")]);
    assert!(Variables::resolve(&shop(), all.clone(), bytes).is_ok());
    let error = Variables::resolve(&shop(), all.into_iter().take(2), bytes).unwrap_err();
    assert_eq!(error.faults, [VariableFault::NotText { name: "signing_key".to_owned() }]);
    assert_eq!(error.to_string(), "`SPIN_VARIABLE_SIGNING_KEY` is not valid UTF-8");
}

#[test]
fn no_value_is_ever_shown() {
    let manifest = shop();
    let environment = [("SPIN_VARIABLE_SIGNING_KEY", "hush environment")];
    let variables = resolve(&[("database_url", "hush-flag")], &environment).unwrap();
    let home = manifest.component("home").unwrap();
    let bad_host = manifest.allowed_hosts(home, &variables).unwrap_err();
    let unset = resolve(&[("other", "hush-other")], &environment).unwrap_err();
    let undefined = variables.for_component(&home.id).get("other").unwrap_err();
    let shown = format!(
        "{manifest:?} {variables:?} {:?} {bad_host} {bad_host:?} {unset} {unset:?} {undefined} {undefined:?}",
        variables.for_component(&home.id)
    );
    assert!(!shown.contains("hush"), "{shown}");
    // A secret is hidden, not left out; what is no secret is shown where it helps.
    assert!(shown.contains(r#"default: Some("…")"#) && shown.contains(r#"default: Some("EUR")"#), "{shown}");
    assert!(
        bad_host.to_string().starts_with(
            "shop/spin.toml:12:27: `https://{{ signing_key }}.example` comes to no allowed host: "
        ),
        "{bad_host}"
    );
}

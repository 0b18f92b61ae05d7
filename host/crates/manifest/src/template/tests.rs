//! Templates, read and rendered.

use super::*;

#[test]
fn a_template_is_literals_and_variables() {
    // What is written, the variables it mentions, and what it comes to where each variable's value is its name
    // in angle brackets.
    let rows: &[(&str, &[&str], &str)] = &[
        ("", &[], ""),
        ("plain", &[], "plain"),
        ("{{ a }}", &["a"], "<a>"),
        ("{{a}}", &["a"], "<a>"),
        ("{{\t a \n}}", &["a"], "<a>"),
        ("x-{{ a }}-y", &["a"], "x-<a>-y"),
        ("{{ a }}{{ b }}", &["a", "b"], "<a><b>"),
        ("{{ a }}/{{ a }}", &["a", "a"], "<a>/<a>"),
        // Single braces, and closing ones that close nothing, are text.
        ("{ a } }}", &[], "{ a } }}"),
        ("{{ a }}}}", &["a"], "<a>}}"),
        // Braces are paired from the left: the third belongs to the name.
        ("{{{ a }}}", &["{ a"], "<{ a>}"),
        ("{{ a {{ b }}", &["a {{ b"], "<a {{ b>"),
        ("{{ }}", &[""], "<>"),
        ("å{{ a }}ö", &["a"], "å<a>ö"),
    ];
    for (written, variables, rendered) in rows {
        let template = Template::parse(written).unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), *variables, "{written:?}");
        assert_eq!(template.is_literal(), variables.is_empty(), "{written:?}");
        assert_eq!(template.as_str(), *written);
        let values: Vec<_> = variables.iter().map(|name| (*name, format!("<{name}>"))).collect();
        let value = |name: &str| values.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str());
        assert_eq!(template.render(value).as_deref(), Some(*rendered), "{written:?}");
    }
}

#[test]
fn a_template_that_is_not_closed_is_refused() {
    for written in ["{{", "a {{ b", "{{ a }} {{ b", "{{ a }", "{{ a } }"] {
        assert_eq!(Template::parse(written), Err(Unclosed), "{written:?}");
    }
    assert_eq!(Unclosed.to_string(), "`{{` without the `}}` that would close it");
}

#[test]
fn a_template_without_all_its_values_comes_to_nothing() {
    let template = Template::parse("{{ a }} {{ b }}").unwrap();
    assert_eq!(template.render(|name| (name == "a").then_some("1")), None);
}

#[test]
fn a_value_is_not_itself_a_template() {
    let template = Template::parse("{{ a }}").unwrap();
    assert_eq!(template.render(|_| Some("{{ a }}")).as_deref(), Some("{{ a }}"));
}

//! What examples have kept for those that come later, and the same under names that do not change from run to run.

use regex::{Captures, Regex};
use serde_json::Value;
use std::collections::BTreeMap;

/// Texts by the names under which examples keep them.
#[derive(Default)]
pub(crate) struct Kept(BTreeMap<String, String>);

impl Kept {
    pub(crate) fn keep(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// `text` with what is kept in the places of the names; `None` when something is not kept yet.
    pub(crate) fn filled(&self, text: &str) -> Option<String> {
        let names = Regex::new(r"\$([a-z_]+)").unwrap();
        if !names.captures_iter(text).all(|found| self.0.contains_key(&found[1])) {
            return None;
        }
        Some(names.replace_all(text, |found: &Captures<'_>| self.0[&found[1]].clone()).into_owned())
    }

    /// The same with all texts of a JSON value.
    pub(crate) fn filled_in(&self, value: &Value) -> Option<Value> {
        Some(match value {
            Value::String(text) => self.filled(text)?.into(),
            Value::Array(items) => items.iter().map(|item| self.filled_in(item)).collect::<Option<_>>()?,
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| Some((name.clone(), self.filled_in(value)?)))
                    .collect::<Option<_>>()?,
            ),
            other => other.clone(),
        })
    }
}

/// Names for ids, times, traces and secrets that are the same in every run.
pub(crate) struct Names {
    id: Regex,
    time: Regex,
    hexadecimal: Regex,
    /// What could be 32 random bytes or more.
    base64url: Regex,
    /// By the part of an id that a payment has in common with its order.
    ids: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn new() -> Self {
        let nobody = "01h455vb4pex5vsknk084sn02q".to_owned();
        Self {
            id: Regex::new(r"_([0-7][0-9a-hjkmnp-tv-z]{25})\b").unwrap(),
            time: Regex::new(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z").unwrap(),
            hexadecimal: Regex::new("[0-9a-f]{16,64}").unwrap(),
            base64url: Regex::new("(eyJ|tp_)?([A-Za-z0-9_-]{43,})").unwrap(),
            ids: BTreeMap::from([(nobody.clone(), nobody)]),
        }
    }

    pub(crate) fn in_text(&mut self, text: &str) -> String {
        let ids = &mut self.ids;
        let text = self.id.replace_all(text, |found: &Captures<'_>| {
            let next = format!("01h455vb4pex5vsknk084sn{:03}", ids.len());
            format!("_{}", ids.entry(found[1].to_owned()).or_insert(next))
        });
        let text = self.time.replace_all(&text, "2026-11-22T12:00:00.000000Z");
        let digits = |found: &Captures<'_>| "0123456789abcdef".repeat(4)[..found[0].len()].to_owned();
        let text = self.hexadecimal.replace_all(&text, digits);
        self.base64url.replace_all(&text, redacted).into_owned()
    }

    pub(crate) fn in_value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.in_text(text).into(),
            Value::Array(items) => items.iter().map(|item| self.in_value(item)).collect(),
            Value::Object(members) => Value::Object(
                members.iter().map(|(name, value)| (name.clone(), self.in_value(value))).collect(),
            ),
            other => other.clone(),
        }
    }
}

/// As many characters that mean nothing, after what tells an access token and an API key from other texts. What has no
/// capitals is a trace or a path.
fn redacted(found: &Captures<'_>) -> String {
    if !found[2].contains(char::is_uppercase) {
        return found[0].to_owned();
    }
    let kind = found.get(1).map_or("", |kind| kind.as_str());
    kind.chars().chain("EXAMPLE_".chars().cycle().take(found[2].len())).collect()
}

/// The form of a value: its members and the types of what is in them.
pub(crate) fn form(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), form(value))).collect())
        }
        Value::Array(items) => {
            let mut forms: Vec<Value> = Vec::new();
            for form in items.iter().map(form) {
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
            forms.into()
        }
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "truth".into(),
        Value::Null => Value::Null,
    }
}

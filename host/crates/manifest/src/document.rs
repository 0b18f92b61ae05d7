//! A TOML table that is read key by key, remembers which keys were asked for and refuses the rest.
//!
//! `toml_edit` 0.22 is the parser Spin 4.1 itself uses: TOML 1.0. Later versions read TOML 1.1, whose inline
//! tables may span lines, and would let a manifest through that Spin refuses.

use toml_edit::{Item, TableLike, Value};

use crate::fault::{Faults, Place};

/// A value and where it stands. A table written as `[header]` stands at its bracket.
pub(crate) struct Node<'d> {
    pub(crate) place: Place,
    pub(crate) shape: Shape<'d>,
}

pub(crate) enum Shape<'d> {
    Text(&'d str),
    Integer(i64),
    Truth(bool),
    List(Vec<Node<'d>>),
    Table(&'d dyn TableLike),
    Other(&'static str),
}

impl<'d> Node<'d> {
    fn of_item(item: &'d Item, key: Place, faults: &Faults<'_>) -> Self {
        // Tables that only exist because a deeper header named them have no span of their own.
        let place = item.span().map_or(key, |span| faults.place(&span));
        let shape = match item {
            Item::Value(value) => return Self::of_value(value, key, faults),
            Item::Table(table) => Shape::Table(table),
            Item::ArrayOfTables(tables) => Shape::List(
                tables
                    .iter()
                    .map(|table| Node {
                        place: table.span().map_or(place, |span| faults.place(&span)),
                        shape: Shape::Table(table),
                    })
                    .collect(),
            ),
            Item::None => Shape::Other("nothing"),
        };
        Node { place, shape }
    }

    fn of_value(value: &'d Value, fallback: Place, faults: &Faults<'_>) -> Self {
        let place = value.span().map_or(fallback, |span| faults.place(&span));
        let shape = match value {
            Value::String(text) => Shape::Text(text.value()),
            Value::Integer(number) => Shape::Integer(*number.value()),
            Value::Boolean(truth) => Shape::Truth(*truth.value()),
            Value::Array(array) => {
                Shape::List(array.iter().map(|value| Self::of_value(value, place, faults)).collect())
            }
            Value::InlineTable(table) => Shape::Table(table),
            Value::Float(_) => Shape::Other("a fraction"),
            Value::Datetime(_) => Shape::Other("a date"),
        };
        Node { place, shape }
    }

    /// What the value is, for a fault that says what it should have been.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.shape {
            Shape::Text(_) => "a string",
            Shape::Integer(_) => "an integer",
            Shape::Truth(_) => "a boolean",
            Shape::List(_) => "an array",
            Shape::Table(_) => "a table",
            Shape::Other(kind) => kind,
        }
    }

    /// Notes that this value is of the wrong kind. The value itself is left out: it may be a secret.
    pub(crate) fn refuse_kind(&self, name: &str, wanted: &str, faults: &mut Faults<'_>) {
        faults.add(self.place, format!("`{name}` must be {wanted}, not {}", self.kind()));
    }

    pub(crate) fn text(&self, name: &str, faults: &mut Faults<'_>) -> Option<Text<'d>> {
        if let Shape::Text(text) = self.shape {
            return Some(Text { text, place: self.place });
        }
        self.refuse_kind(name, "a string", faults);
        None
    }
}

/// A string of the manifest and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'d> {
    pub(crate) text: &'d str,
    pub(crate) place: Place,
}

/// A key whose name the manifest's author chose, with its value.
pub(crate) struct Entry<'d> {
    pub(crate) key: Text<'d>,
    pub(crate) value: Node<'d>,
}

/// A key that Spin knows and this host does not, and why not.
pub(crate) type Unsupported = (&'static str, &'static str);

/// One table of the manifest while it is being read.
pub(crate) struct Section<'d> {
    /// How faults name it, as `[component.orders]`.
    title: String,
    /// Where faults about keys that are absent point.
    pub(crate) place: Place,
    table: &'d dyn TableLike,
    asked: Vec<&'static str>,
}

impl<'d> Section<'d> {
    pub(crate) fn root(table: &'d dyn TableLike) -> Self {
        Self { title: "the manifest".to_owned(), place: Place::START, table, asked: Vec::new() }
    }

    pub(crate) fn open(node: &Node<'d>, title: impl Into<String>, faults: &mut Faults<'_>) -> Option<Self> {
        let title = title.into();
        if let Shape::Table(table) = node.shape {
            return Some(Self { title, place: node.place, table, asked: Vec::new() });
        }
        faults.add(node.place, format!("{title} must be a table, not {}", node.kind()));
        None
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of `key`, which counts as known from here on.
    pub(crate) fn take(&mut self, key: &'static str, faults: &Faults<'_>) -> Option<Node<'d>> {
        self.asked.push(key);
        self.entry(key, faults).map(|entry| entry.value)
    }

    /// As [`Self::take`], and a fault when the key is absent.
    pub(crate) fn require(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<Node<'d>> {
        let found = self.take(key, faults);
        if found.is_none() {
            faults.add(self.place, format!("{} needs `{key}`", self.title));
        }
        found
    }

    pub(crate) fn text(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<Text<'d>> {
        self.take(key, faults)?.text(key, faults)
    }

    /// A string that must be there and say something.
    pub(crate) fn require_text(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<Text<'d>> {
        let found = self.require(key, faults)?.text(key, faults)?;
        if found.text.is_empty() {
            faults.add(found.place, format!("`{key}` must not be empty"));
            return None;
        }
        Some(found)
    }

    pub(crate) fn texts(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Vec<Text<'d>> {
        let Some(node) = self.take(key, faults) else { return Vec::new() };
        let Shape::List(list) = &node.shape else {
            node.refuse_kind(key, "an array of strings", faults);
            return Vec::new();
        };
        list.iter().filter_map(|node| node.text(&format!("each of {key}"), faults)).collect()
    }

    pub(crate) fn truth(&mut self, key: &'static str, faults: &mut Faults<'_>) -> Option<bool> {
        let node = self.take(key, faults)?;
        if let Shape::Truth(truth) = node.shape {
            return Some(truth);
        }
        node.refuse_kind(key, "true or false", faults);
        None
    }

    /// Every entry, in the order of the file: for tables whose keys are names.
    pub(crate) fn entries(&self, faults: &Faults<'_>) -> Vec<Entry<'d>> {
        self.table.iter().filter_map(|(key, _)| self.entry(key, faults)).collect()
    }

    fn entry(&self, key: &str, faults: &Faults<'_>) -> Option<Entry<'d>> {
        let (key, item) = self.table.get_key_value(key)?;
        let place = key.span().map_or(self.place, |span| faults.place(&span));
        let value = Node::of_item(item, place, faults);
        Some(Entry { key: Text { text: key.get(), place }, value })
    }

    /// Refuses every key that was not asked for: with its reason if Spin would honour it.
    pub(crate) fn close(self, unsupported: &[Unsupported], faults: &mut Faults<'_>) {
        for Entry { key, .. } in self.entries(faults) {
            if self.asked.contains(&key.text) {
                continue;
            }
            let title = &self.title;
            let message = match unsupported.iter().find(|(name, _)| *name == key.text) {
                Some((name, reason)) => {
                    format!("`{name}` in {title} means something to Spin but not to this host: {reason}")
                }
                None => format!("{title} has no `{}`; what it may have: {}", key.text, self.asked.join(", ")),
            };
            faults.add(key.place, message);
        }
    }
}

//! Where in the body a reader is.
//!
//! A place is a list from the leaf to the root and becomes a pointer only when a fault is recorded: a body without
//! faults costs one small allocation for each object and array, and none for a field.

use std::cell::RefCell;
use std::rc::Rc;

use crate::fault::{Fault, Faulted, Faults};

/// One step down from an object or an array.
#[derive(Clone, Copy)]
pub(crate) enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

/// An object or an array on the way from the root.
struct Container<'v> {
    within: Option<Rc<Container<'v>>>,
    step: Step<'v>,
}

/// Where a value stands, and where to write what is wrong with it.
#[derive(Clone)]
pub(crate) struct Place<'v> {
    within: Option<Rc<Container<'v>>>,
    /// `None` at the root.
    step: Option<Step<'v>>,
    faults: Rc<RefCell<Faults>>,
}

/// The insides of one object or array: hands out the places of what is in it.
#[derive(Clone)]
pub(crate) struct Inside<'v> {
    container: Option<Rc<Container<'v>>>,
    faults: Rc<RefCell<Faults>>,
}

impl<'v> Place<'v> {
    pub(crate) fn root(faults: Rc<RefCell<Faults>>) -> Self {
        Self { within: None, step: None, faults }
    }

    pub(crate) fn inside(self) -> Inside<'v> {
        let container = self.step.map(|step| Rc::new(Container { within: self.within, step }));
        Inside { container, faults: self.faults }
    }

    pub(crate) fn fault(&self, code: &'static str, detail: String) -> Faulted {
        self.faults.borrow_mut().push(Fault { pointer: self.pointer(), code, detail });
        Faulted(())
    }

    /// What to call the value in a sentence: `Postal code` for the member `postal_code`, `/lines/3` for an item,
    /// because a list's fourth line has no better name.
    pub(crate) fn label(&self) -> String {
        match self.step {
            None => "The body".to_owned(),
            Some(Step::Item(_)) => self.pointer(),
            Some(Step::Member(name)) => label(name),
        }
    }

    fn pointer(&self) -> String {
        let mut steps: Vec<Step<'v>> = self.step.into_iter().collect();
        let mut container = self.within.as_deref();
        while let Some(above) = container {
            steps.push(above.step);
            container = above.within.as_deref();
        }
        let mut pointer = String::new();
        for step in steps.iter().rev() {
            pointer.push('/');
            match step {
                Step::Item(index) => pointer.push_str(&index.to_string()),
                Step::Member(name) => push_escaped(&mut pointer, name),
            }
        }
        pointer
    }
}

impl<'v> Inside<'v> {
    pub(crate) fn at(&self, step: Step<'v>) -> Place<'v> {
        Place { within: self.container.clone(), step: Some(step), faults: Rc::clone(&self.faults) }
    }
}

/// RFC 6901, section 3: `~` and `/` have a meaning in pointers.
pub(crate) fn push_escaped(pointer: &mut String, name: &str) {
    for char in name.chars() {
        match char {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

fn label(name: &str) -> String {
    if matches!(name, "sku" | "url" | "id") {
        return name.to_ascii_uppercase();
    }
    let mut label = name.replace('_', " ");
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    label
}

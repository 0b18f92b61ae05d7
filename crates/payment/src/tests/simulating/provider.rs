//! A payment provider in a few lines, which keeps what the port promises and loses questions and answers when told to.

use std::collections::BTreeMap;

use crate::{Answer, Step};

/// What the provider holds, took and gave back under one authorisation.
#[derive(Debug, Default, Clone)]
pub(super) struct Promise {
    pub(super) held: i64,
    pub(super) captured: i64,
    pub(super) refunded: i64,
}

/// A provider that does as the port says: an operation that is asked for again happens once.
#[derive(Debug, Default)]
pub(super) struct Provider {
    operations: BTreeMap<String, Answer>,
    pub(super) promises: BTreeMap<String, Promise>,
    declines: Declines,
    pub(super) captures: u32,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Declines {
    pub(super) authorise: bool,
    pub(super) capture: bool,
    pub(super) refund: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    None,
    /// The question never arrives.
    LoseQuestion,
    /// It happens, and nobody hears of it.
    LoseAnswer,
}

fn no(code: &str) -> Answer {
    Answer::Declined { code: code.to_owned() }
}

impl Provider {
    pub(super) fn that(declines: Declines) -> Self {
        Self { declines, ..Self::default() }
    }

    pub(super) fn ask(&mut self, step: &Step, fault: Fault) -> Answer {
        if matches!(fault, Fault::LoseQuestion) {
            return Answer::Unknown;
        }
        let answer = match step {
            Step::LookUp { reference, .. }
            | Step::LookUpAfterVoid { reference, .. }
            | Step::LookUpRefund { reference, .. } => {
                self.operations.get(reference).cloned().unwrap_or(Answer::Absent)
            }
            Step::Authorise { reference, .. }
            | Step::Capture { reference, .. }
            | Step::Void { reference, .. }
            | Step::Refund { reference, .. } => {
                let known = self.operations.get(reference).cloned();
                let answer = known.unwrap_or_else(|| self.happen(step));
                self.operations.insert(reference.clone(), answer.clone());
                answer
            }
        };
        if matches!(fault, Fault::LoseAnswer) { Answer::Unknown } else { answer }
    }

    fn happen(&mut self, step: &Step) -> Answer {
        match step {
            Step::Authorise { reference, amount, .. } => {
                if self.declines.authorise {
                    return no("card_declined");
                }
                let promise = Promise { held: amount.amount(), ..Promise::default() };
                self.promises.insert(format!("auth of {reference}"), promise);
                Answer::Approved(format!("auth of {reference}"))
            }
            Step::Capture { authorisation, amount, .. } => match self.promises.get_mut(authorisation) {
                Some(promise) if promise.held >= amount.amount() && !self.declines.capture => {
                    (promise.held, promise.captured) = (0, amount.amount());
                    self.captures += 1;
                    Answer::Approved("capture".to_owned())
                }
                _ => no("not_possible"),
            },
            Step::Void { authorisation, .. } => match self.promises.get_mut(authorisation) {
                Some(promise) if promise.held > 0 => {
                    promise.held = 0;
                    Answer::Approved("void".to_owned())
                }
                _ => no("already_captured"),
            },
            Step::Refund { authorisation, amount, .. } => match self.promises.get_mut(authorisation) {
                Some(promise)
                    if promise.captured - promise.refunded >= amount.amount() && !self.declines.refund =>
                {
                    promise.refunded += amount.amount();
                    Answer::Approved("refund".to_owned())
                }
                _ => no("refund_failed"),
            },
            _ => Answer::Unknown,
        }
    }
}

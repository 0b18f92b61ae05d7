//! A payment at work: as it is written, and what has been decided since.

use tradepost_chance::fresh_uuid;
use tradepost_ids::PaymentId;
use tradepost_payment::{
    Answer, Command, Payment, PaymentEvent, Reaction, Refusal, Step, decide, digest_of_email, due_at, evolve,
    published_json, react, transfers,
};
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::Failure;
use crate::ports::journal::{Digests, Entry, NewEvent, PaymentStream, Recent, Transfer};

/// A payment, with what was decided and is not written yet.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id.
    pub id: PaymentId,
    /// How many payments of the same customer there were in the hour before, if that was asked for.
    pub recent: Recent,
    /// W3C `traceparent` of what causes what happens to it.
    pub traceparent: Option<String>,
    actor: String,
    /// After everything, written or not.
    payment: Payment,
    written_version: u64,
    unwritten: Vec<NewEvent>,
    begins_an_attempt: bool,
    last_at: Timestamp,
}

impl Case {
    /// A payment that does not exist yet.
    pub fn new(id: PaymentId, actor: &str) -> Self {
        Self {
            id,
            recent: Recent { email: 0, method: 0 },
            traceparent: None,
            actor: actor.to_owned(),
            payment: Payment::default(),
            written_version: 0,
            unwritten: Vec::new(),
            begins_an_attempt: false,
            last_at: Timestamp::MIN,
        }
    }

    pub(crate) fn of_stream(stream: PaymentStream, actor: &str) -> Result<Self, Failure> {
        let id = Uuid::try_parse(&stream.payment_id).map_err(|error| Failure::Other(error.to_string()))?;
        let mut case = Self::new(PaymentId::from_uuid(id), actor);
        for recorded in stream.events {
            let event = PaymentEvent::from_recorded(&recorded.event_type, &recorded.data)
                .map_err(|error| Failure::Other(format!("{} cannot be read: {error}", case.id)))?;
            case.last_at = Timestamp::from_micros(recorded.occurred_at);
            case.payment = evolve(case.payment, &event, case.last_at);
        }
        case.written_version = case.payment.version();
        case.recent = stream.recent;
        Ok(case)
    }

    /// The payment after everything that was decided.
    pub fn payment(&self) -> &Payment {
        &self.payment
    }

    /// Whether something was decided that is not written yet.
    pub fn has_news(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// Whether an attempt was begun that is not written yet. Until it is, the provider must not be asked for it: nobody
    /// would know of it after a crash.
    pub fn begins_an_attempt(&self) -> bool {
        self.begins_an_attempt
    }

    /// Does what a command asks for; whether that is anything.
    pub fn decide(&mut self, command: Command, now: Timestamp) -> Result<bool, Refusal> {
        let events = decide(&self.payment, command, now)?;
        let news = !events.is_empty();
        self.record(events, now);
        Ok(news)
    }

    /// Takes in what the provider said; what to ask it next because of that, and whether it said anything new.
    pub fn react(&mut self, step: &Step, answer: Answer, now: Timestamp) -> (Option<Step>, bool) {
        match react(&self.payment, step, answer, now) {
            Reaction::Record(events) => {
                self.record(events, now);
                (None, true)
            }
            Reaction::Ask(next) => (Some(next), false),
            Reaction::Wait => (None, false),
        }
    }

    fn record(&mut self, events: Vec<PaymentEvent>, now: Timestamp) {
        // Clocks of different machines differ; a stream's do not go back.
        let at = now.max(self.last_at);
        for event in events {
            self.last_at = at;
            self.payment = evolve(std::mem::take(&mut self.payment), &event, at);
            self.begins_an_attempt |= matches!(event, PaymentEvent::AttemptStarted(_));
            // Neither can fail: every field has a JSON form, and after an event there is a payment. Should it yet, the
            // journal refuses the text.
            let data = event.to_data_json().unwrap_or_default();
            let published = published_json(&event, &self.payment).and_then(Result::ok).unwrap_or_default();
            self.unwritten.push(NewEvent {
                id: fresh_uuid().to_string(),
                event_type: event.event_type().to_owned(),
                data,
                published,
                occurred_at: at.as_micros(),
                transfers: transfers(&event).iter().map(transfer).collect(),
            });
        }
    }

    /// What to append, at the moment `now`.
    pub(crate) fn entry(&self, now: Timestamp) -> Entry {
        let requested = self.payment.requested().filter(|_| self.written_version == 0);
        let email = requested.and_then(|requested| requested.email.as_deref());
        let method = requested.and_then(|requested| requested.payment_method.as_ref());
        Entry {
            payment_id: self.id.as_uuid().to_string(),
            expected_version: self.written_version,
            events: self.unwritten.clone(),
            actor: self.actor.clone(),
            traceparent: self.traceparent.clone(),
            due_at: due_at(&self.payment, now.max(self.last_at)).map(Timestamp::as_micros),
            digests: Digests {
                email: email.map(digest_of_email),
                method: method.map(tradepost_payment::PaymentMethod::digest),
            },
        }
    }

    /// All of it is written.
    pub(crate) fn written(&mut self) {
        self.unwritten.clear();
        self.begins_an_attempt = false;
        self.written_version = self.payment.version();
    }

    /// The same payment as somebody else has written it, in the same cause.
    pub(crate) fn reloaded(&self, fresh: Self) -> Self {
        Self { traceparent: self.traceparent.clone(), ..fresh }
    }

    pub(crate) fn actor(&self) -> &str {
        &self.actor
    }
}

fn transfer(transfer: &tradepost_payment::Transfer) -> Transfer {
    Transfer {
        id: fresh_uuid().to_string(),
        debit: transfer.debit.as_str().to_owned(),
        credit: transfer.credit.as_str().to_owned(),
        amount: transfer.amount.amount(),
        currency: transfer.amount.currency().code().to_owned(),
    }
}

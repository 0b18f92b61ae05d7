//! Payments in a small world of their own: a provider that loses questions and answers, people who come at the same time and
//! break off anywhere, orders that end at any moment. Whatever happens, the money comes right in the end.

mod provider;

use std::time::Duration;

use proptest::prelude::*;
use tradepost_events::payment::Risk;
use tradepost_timestamp::Timestamp;

use super::{NOON, euros, refund_id, requested};
use provider::{Declines, Fault, Promise, Provider};

use crate::{
    Account, Balances, Command, FIRST_LOOK, IN_FLIGHT, Payment, PaymentEvent, Reaction, RefundState, Step,
    decide, due_at, evolve, next_steps, react, transfers,
};

/// Somebody who works on the payment as he has found it.
#[derive(Debug, Clone)]
struct Worker {
    payment: Payment,
    written_version: u64,
    unwritten: Vec<PaymentEvent>,
    begun_at: Timestamp,
    done: Vec<Step>,
    follow_up: Option<Step>,
}

struct World {
    now: Timestamp,
    stream: Vec<PaymentEvent>,
    payment: Payment,
    due_at: Option<Timestamp>,
    provider: Provider,
    workers: Vec<Worker>,
    balances: Balances,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Act {
    Pass {
        seconds: u64,
    },
    /// Stock is promised, for so many seconds.
    Charge {
        seconds: u64,
    },
    CallOff {
        value: Option<i64>,
    },
    Refund {
        number: u128,
        amount: i64,
    },
    GiveBack {
        number: u128,
        value: i64,
    },
    /// The tick comes.
    Take,
    /// A worker asks the provider what there is to ask.
    Ask {
        worker: usize,
        fault: Fault,
    },
    Write {
        worker: usize,
    },
    Crash {
        worker: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let fault = prop_oneof![
        3 => Just(Fault::None), 1 => Just(Fault::LoseQuestion), 1 => Just(Fault::LoseAnswer)
    ];
    let amount = 0..1200_i64;
    prop_oneof![
        3 => prop_oneof![0..4_u64, 10..20_u64, Just(300)].prop_map(|seconds| Act::Pass { seconds }),
        2 => prop_oneof![Just(900_u64), 40..130_u64].prop_map(|seconds| Act::Charge { seconds }),
        1 => prop::option::of(amount.clone()).prop_map(|value| Act::CallOff { value }),
        1 => (1..4_u128, amount.clone()).prop_map(|(number, amount)| Act::Refund { number, amount }),
        1 => (4..7_u128, amount).prop_map(|(number, value)| Act::GiveBack { number, value }),
        4 => Just(Act::Take),
        8 => (0..4_usize, fault).prop_map(|(worker, fault)| Act::Ask { worker, fault }),
        5 => (0..4_usize).prop_map(|worker| Act::Write { worker }),
        1 => (0..4_usize).prop_map(|worker| Act::Crash { worker }),
    ]
}

impl World {
    fn of(declines: Declines) -> Self {
        let mut world = Self {
            now: NOON,
            stream: Vec::new(),
            payment: Payment::default(),
            due_at: None,
            provider: Provider::that(declines),
            workers: Vec::new(),
            balances: Balances::default(),
        };
        assert!(world.append(0, &[requested().into()]));
        world
    }

    /// Writes if nobody else was faster.
    fn append(&mut self, expected_version: u64, events: &[PaymentEvent]) -> bool {
        if self.payment.version() != expected_version {
            return false;
        }
        for event in events {
            self.payment = evolve(std::mem::take(&mut self.payment), event, self.now);
            for transfer in &transfers(event) {
                self.balances.post(transfer);
            }
            self.check();
        }
        self.stream.extend_from_slice(events);
        self.due_at = due_at(&self.payment, self.now);
        true
    }

    /// What holds at every moment.
    fn check(&self) {
        let payment = &self.payment;
        assert_eq!(self.balances.sum("EUR".parse().unwrap()), 0);
        assert!(payment.captured() + payment.authorised() <= 1000, "{:?}", self.stream);
        let not_declined = payment.refunds().iter().filter(|refund| refund.state != RefundState::Failed);
        let back: i64 = not_declined.map(|refund| refund.amount.amount()).sum();
        assert!(back <= payment.captured(), "more is on its way back than was taken: {:?}", self.stream);
        assert!(payment.refunded() <= payment.captured(), "{:?}", self.stream);
        assert!(self.provider.captures <= 1, "taken twice: {:?}", self.stream);
    }

    fn begin(&mut self) -> Worker {
        Worker {
            payment: self.payment.clone(),
            written_version: self.payment.version(),
            unwritten: Vec::new(),
            begun_at: self.now,
            done: Vec::new(),
            follow_up: None,
        }
    }

    /// Whoever commands something and writes it goes on with it. What is so already, he leaves to others.
    fn command(&mut self, command: Command) {
        if let Ok(events) = decide(&self.payment, command, self.now)
            && !events.is_empty()
        {
            assert!(self.append(self.payment.version(), &events));
            let worker = self.begin();
            self.workers.push(worker);
        }
    }

    fn take(&mut self) {
        if self.due_at.is_some_and(|due_at| due_at <= self.now) {
            self.due_at = Some(self.now.saturating_add(IN_FLIGHT));
            let worker = self.begin();
            self.workers.push(worker);
        }
    }

    fn ask(&mut self, place: usize, fault: Fault) -> bool {
        let now = self.now;
        let Some(worker) = self.workers.get_mut(place) else { return false };
        let begins = |event: &PaymentEvent| matches!(event, PaymentEvent::AttemptStarted(_));
        worker.record(decide(&worker.payment, Command::Lapse, now).unwrap_or_default(), now);
        if worker.unwritten.iter().any(begins) {
            return false;
        }
        let mut steps = next_steps(&worker.payment, now).into_iter();
        let next = steps.find(|step| !worker.done.contains(step));
        let Some(step) = worker.follow_up.take().or(next) else { return false };
        let answer = self.provider.ask(&step, fault);
        match react(&worker.payment, &step, answer, now) {
            Reaction::Record(events) => worker.record(events, now),
            Reaction::Ask(next) => {
                worker.done.push(step);
                worker.follow_up = Some(next);
            }
            Reaction::Wait => worker.done.push(step),
        }
        true
    }

    fn write(&mut self, place: usize) {
        if place >= self.workers.len() || self.workers[place].unwritten.is_empty() {
            return;
        }
        let mut worker = self.workers.remove(place);
        if self.append(worker.written_version, &std::mem::take(&mut worker.unwritten)) {
            worker.written_version = self.payment.version();
            worker.payment = self.payment.clone();
            self.workers.push(worker);
        } else {
            // He looks again, and goes on.
            let again = Worker { begun_at: worker.begun_at, ..self.begin() };
            self.workers.push(again);
        }
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
        let now = self.now;
        // Nobody goes on for as long as that.
        self.workers.retain(|worker| worker.begun_at.saturating_add(IN_FLIGHT) > now);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Pass { seconds } => self.pass(seconds),
            Act::Charge { seconds } => {
                let reserved_until = self.now.saturating_add(Duration::from_secs(seconds));
                self.command(Command::Charge { reserved_until, risk: Risk::default() });
            }
            Act::CallOff { value } => {
                let reason = "order_cancelled".to_owned();
                self.command(Command::CallOff { reason, value: value.map(euros) });
            }
            Act::Refund { number, amount } => {
                let (refund_id, reason) = (refund_id(number), "requested".to_owned());
                self.command(Command::Refund { refund_id, amount: Some(euros(amount)), reason });
            }
            Act::GiveBack { number, value } => {
                let (refund_id, reason) = (refund_id(number), "order_returned".to_owned());
                self.command(Command::GiveBack { refund_id, value: euros(value), reason });
            }
            Act::Take => self.take(),
            Act::Ask { worker, fault } => {
                self.ask(worker, fault);
            }
            Act::Write { worker } => self.write(worker),
            Act::Crash { worker } => {
                if worker < self.workers.len() {
                    self.workers.remove(worker);
                }
            }
        }
        self.check();
    }

    /// Nothing is lost any more, and nobody commands anything: how it ends.
    fn settle(&mut self) {
        for _ in 0..100 {
            let Some(due_at) = self.due_at else { return };
            self.workers.clear();
            self.now = self.now.max(due_at).saturating_add(FIRST_LOOK);
            self.take();
            while !self.workers.is_empty() {
                let questions = (0..50).take_while(|_| self.ask(0, Fault::None)).count();
                assert!(questions < 50, "somebody asks for ever: {:?}", self.stream);
                if self.workers[0].unwritten.is_empty() {
                    self.workers.clear();
                } else {
                    self.write(0);
                }
            }
        }
        panic!("it never ends: {:?}", self.stream);
    }
}

impl Worker {
    fn record(&mut self, events: Vec<PaymentEvent>, now: Timestamp) {
        for event in events {
            self.payment = evolve(std::mem::take(&mut self.payment), &event, now);
            self.unwritten.push(event);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_lost_and_whoever_comes_at_once_the_money_comes_right(
        acts in prop::collection::vec(act(), 1..80),
        authorise in prop::bool::weighted(0.1),
        capture in prop::bool::weighted(0.1),
        refund in prop::bool::weighted(0.1),
    ) {
        let mut world = World::of(Declines { authorise, capture, refund });
        for act in acts {
            world.act(act);
        }
        world.settle();
        let (payment, stream) = (&world.payment, &world.stream);
        let sum = |of: fn(&Promise) -> i64| world.provider.promises.values().map(of).sum::<i64>();
        prop_assert_eq!(sum(|promise| promise.held), 0, "something is held for ever: {:?}", stream);
        prop_assert_eq!(sum(|promise| promise.captured), payment.captured(), "{:?}", stream);
        prop_assert_eq!(sum(|promise| promise.refunded), payment.refunded(), "{:?}", stream);
        let euros = "EUR".parse().unwrap();
        prop_assert_eq!(world.balances.of(Account::Sales, euros), -i128::from(payment.captured()));
        prop_assert_eq!(world.balances.of(Account::Refunds, euros), i128::from(payment.refunded()));
        let refused = payment.refunds().iter().any(|refund| refund.state == RefundState::Failed);
        if payment.ending().is_some() && !refused {
            prop_assert_eq!(payment.captured(), payment.refunded(), "taken for an order that ended: {:?}", stream);
        }
        let settled = |state| matches!(state, RefundState::Succeeded | RefundState::Failed);
        prop_assert!(payment.refunds().iter().all(|refund| settled(refund.state)), "{:?}", stream);
        let replayed = stream.iter().fold(Payment::default(), |payment, event| evolve(payment, event, NOON));
        prop_assert_eq!(replayed.captured(), payment.captured());
    }
}

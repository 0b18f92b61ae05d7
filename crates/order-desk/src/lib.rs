//! Commands on an order that is there: load it, decide, append, answer. What the endpoints that change orders have in
//! common.
//!
//! ```ignore
//! let desk = Desk::of(request, Scope::OrdersWrite)?;
//! let idempotency = request.idempotency(&body)?;
//! desk.perform(Command::Cancel { reason }, idempotency, Answer::order).await
//! ```
//!
//! A command is done when the journal has it. Showing the order to whoever changed it and waking the relay are courtesies
//! that follow; what they miss, the projection and the tick bring.

mod answer;
mod refused;

use tradepost_endpoint::{Admitted, Idempotency, Reply, Scope, key_reused, now};
use tradepost_events::ordering::Order as View;
use tradepost_ids::OrderId;
use tradepost_order_access::{check, order_id, order_not_found};
use tradepost_order_entry::{entry_of, order_of};
use tradepost_ordering::{Command, Draft, Order, Refusal};
use tradepost_problem::{Code, Problem};

pub use answer::Answer;

#[expect(clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:order-desk;

            world component {
                import tradepost:ordering/order-journal@0.1.0;
                import tradepost:ordering/order-view-updates@0.1.0;
            }
        ",
        path: "../../wit/ordering",
        generate_all,
    });
}

use bindings::tradepost::ordering::order_journal::{
    self as journal, AppendError, Appended, IdempotencyScope, LoadError, ReplayedAnswer,
};
use bindings::tradepost::ordering::order_view_updates::{OrderView, put_recent};

/// How often a command is tried when others keep changing the order at the same time.
const MOST_ATTEMPTS: u32 = 5;

/// Where whoever is calling has something done with the order that the path names.
pub struct Desk<'r> {
    request: &'r Admitted,
    id: OrderId,
    scope: Scope,
}

impl<'r> Desk<'r> {
    /// The desk for the order that the path names as `:order_id`. Staff need `scope` for orders that are not their own.
    pub fn of(request: &'r Admitted, scope: Scope) -> Result<Self, Problem> {
        Ok(Self { request, id: order_id(request)?, scope })
    }

    /// The order as it is now; 404 if it is not for whoever is calling.
    pub async fn order(&self) -> Result<View, Problem> {
        self.load().await?.view(self.id).ok_or_else(order_not_found)
    }

    /// Lets `command` happen, or says why not. `answer` makes the answer of the order as it is after it; under an
    /// idempotency key that is kept, and given again when the request comes again.
    ///
    /// Whoever else changes the order at the same time makes this one decide again, on what the order is then.
    pub async fn perform(
        &self,
        command: Command<'static>,
        idempotency: Option<Idempotency>,
        answer: impl Fn(&View) -> Result<Answer, Problem>,
    ) -> Result<Reply, Problem> {
        for _ in 0..MOST_ATTEMPTS {
            let mut draft = Draft::of(self.id, self.load().await?);
            if let Err(refusal) = draft.command(command.clone(), None, now()) {
                return self.answer_before(idempotency.as_ref(), &refusal).await;
            }
            let view = draft.view().ok_or_else(order_not_found)?;
            let given = answer(&view)?;
            let entry =
                entry_of!(journal, &draft, self.request.actor(), Some(self.request.traceparent().into()))?;
            let kept = idempotency.clone().map(|idempotency| given.kept(idempotency));
            match journal::append(entry, kept).await {
                Ok(Appended::AtVersion(_)) => return self.done(&draft, &view, given).await,
                // The adapter may have had to run the statement twice. What comes back then is this very answer.
                Ok(Appended::Replayed(kept)) if given.is(&kept) => {
                    return self.done(&draft, &view, given).await;
                }
                Ok(Appended::Replayed(kept)) => return Ok(replayed(kept)),
                Err(AppendError::VersionConflict) => {}
                Err(AppendError::KeyReused) => return Err(key_reused()),
                Err(AppendError::Unavailable(cause)) => return Err(Problem::unavailable(cause)),
                Err(AppendError::Other(cause)) => return Err(Problem::internal(cause)),
            }
        }
        let detail = "Others keep changing this order at the same time; try again";
        Err(Problem::new(Code::Conflict, detail).header("retry-after", "1"))
    }

    /// The order, if it is for whoever is calling.
    async fn load(&self) -> Result<Order, Problem> {
        let stream = journal::load(self.id.as_uuid().to_string()).await.map_err(load_problem)?;
        let order = order_of!(stream).map_err(Problem::internal)?;
        check(self.request, order.owner().ok_or_else(order_not_found)?, self.scope)?;
        Ok(order)
    }

    /// The answer that was given when this request came before: its first run may be the reason why it is refused now.
    async fn answer_before(
        &self,
        idempotency: Option<&Idempotency>,
        refusal: &Refusal,
    ) -> Result<Reply, Problem> {
        if let Some(idempotency) = idempotency {
            let found = journal::find_answer(scope_of(idempotency), idempotency.fingerprint.clone()).await;
            if let Some(kept) = found.map_err(load_problem)? {
                return Ok(replayed(kept));
            }
        }
        Err(refused::problem(refusal))
    }

    async fn done(&self, draft: &Draft, view: &View, given: Answer) -> Result<Reply, Problem> {
        tradepost_relay_kick::after_response();
        let owner = draft.order().owner().ok_or_else(order_not_found)?.to_string();
        let shown = OrderView { version: view.version, owner, body: serde_json::to_vec(view)? };
        // A courtesy. The command is done with or without it.
        if let Err(error) = put_recent(self.id.as_uuid().to_string(), shown).await {
            self.request.log(format_args!("the view of {} was not written: {error:?}", self.id));
        }
        Ok(given.reply(view.version))
    }
}

fn scope_of(idempotency: &Idempotency) -> IdempotencyScope {
    IdempotencyScope {
        principal: idempotency.principal.clone(),
        method: idempotency.method.clone(),
        path: idempotency.path.clone(),
        key: idempotency.key.clone(),
    }
}

fn replayed(kept: ReplayedAnswer) -> Reply {
    Reply::replayed(kept.status, kept.location, kept.body)
}

fn load_problem(error: LoadError) -> Problem {
    match error {
        LoadError::Unavailable(cause) => Problem::unavailable(cause),
        LoadError::Other(cause) => Problem::internal(cause),
    }
}

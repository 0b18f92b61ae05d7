//! How a refusal of the rules is told to clients.

use tradepost_order_access::order_not_found;
use tradepost_ordering::{Refusal, Status};
use tradepost_problem::{Code, Problem};

/// The problem that a refusal is.
pub(crate) fn problem(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::NoOrder => order_not_found(),
        Refusal::IllegalTransition { action, status } => {
            let detail =
                format!("`{}` is not possible while the order is {}", action.as_str(), status.as_str());
            let allowed: Vec<&str> = status.allowed().map(Status::as_str).collect();
            Problem::new(Code::IllegalTransition, detail).member("allowed", allowed)
        }
        Refusal::Pieces(_) => Problem::with_faults(Code::NotThatMany, refusal.faults()),
        Refusal::Damaged => Problem::internal("the order's amounts do not add up"),
        // These are about placing, which happens elsewhere.
        Refusal::UnknownSkus(_)
        | Refusal::MixedCurrencies { .. }
        | Refusal::TotalTooLarge { .. }
        | Refusal::NoLines
        | Refusal::AlreadyPlaced { .. } => Problem::internal(format_args!("{refusal:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::problem;
    use tradepost_ordering::{Action, Refusal, Status};

    #[test]
    fn an_illegal_transition_tells_the_legal_ones() {
        let refusal = Refusal::IllegalTransition { action: Action::Hold, status: Status::OnHold };
        let problem = problem(&refusal);
        assert_eq!((problem.status(), problem.code().as_str()), (409, "illegal_transition"));
        assert_eq!(problem.detail(), "`hold` is not possible while the order is on_hold");
    }
}

//! A score, and what it is made of.

use alloc::string::String;
use alloc::vec::Vec;

/// The highest score.
pub const MOST_POINTS: u32 = 100;

/// One rule that found something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule: &'static str,
    /// What it adds to the score, 1 to [`MOST_POINTS`].
    pub points: u32,
    /// In words that staff can act on; without personal data.
    pub detail: String,
}

/// How risky a payment looks, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The sum of the reasons' points, cut off at [`MOST_POINTS`].
    pub score: u32,
    /// The weightiest first; equal ones by rule.
    pub reasons: Vec<Reason>,
}

impl Assessment {
    pub(crate) fn of(mut reasons: Vec<Reason>) -> Self {
        reasons.sort_by(|one, other| other.points.cmp(&one.points).then(one.rule.cmp(other.rule)));
        let sum: u32 = reasons.iter().map(|reason| reason.points).sum();
        Self { score: sum.min(MOST_POINTS), reasons }
    }
}

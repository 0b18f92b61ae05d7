//! What is under `/verifications`.

mod confirmation;

//! Routes below one dead letter.

mod replay;

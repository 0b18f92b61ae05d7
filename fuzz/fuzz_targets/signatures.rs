//! The signature header of the payment provider's notices.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_signature::{sign, verify};

fuzz_target!(|input: (&str, i64, &[u8])| {
    let (header, now, body) = input;
    assert!(verify("the secret of the fuzzer", header, body, now).is_err(), "a forged signature is taken");
    let own = sign("the secret of the fuzzer", now, body);
    // Whatever else somebody puts beside it.
    assert!(verify("the secret of the fuzzer", &own, body, now).is_ok());
    let _ = verify("the secret of the fuzzer", &format!("{own},{header}"), body, now);
});

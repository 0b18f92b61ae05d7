//! How long one score takes, natively: `cargo run --release -p tradepost-risk --example score`.

use std::hint::black_box;
use std::time::Instant;
use tradepost_risk::{Blocklist, Payment, assess};

const TIMES: u32 = 200_000;

fn main() {
    let plain = Payment {
        amount: 1_999,
        currency: "USD",
        email: Some("someone@example.com"),
        is_guest: true,
        shipping_country: Some("US"),
        pieces: 1,
        ..Payment::default()
    };
    let odd = Payment {
        amount: 900_000,
        email: Some("someone@example.fr"),
        pieces: 300,
        email_payments_last_hour: 12,
        method_payments_last_hour: 12,
        ..plain
    };
    let hundred: Vec<String> = (0..100).map(|number| format!("@blocked-{number}.example.com")).collect();
    for (name, payment, emails) in [
        ("nothing found", plain, &[][..]),
        ("five rules found", odd, &[][..]),
        ("100 domains blocked", odd, hundred.as_slice()),
    ] {
        let blocklist = Blocklist { emails, countries: &[] };
        let begin = Instant::now();
        for _ in 0..TIMES {
            black_box(assess(black_box(&payment), black_box(&blocklist)));
        }
        println!("{name}: {:?} a score", begin.elapsed() / TIMES);
    }
}

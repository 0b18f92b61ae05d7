//! `POST /products/import`: products by the thousand, one a line, answered line by line while they come.
//!
//! A line whose product is there already, and says the same, is `unchanged`: whoever was cut off sends the same file
//! again. So there is no idempotency key here.

mod answer;

use tradepost_catalog::NewProduct;
use tradepost_endpoint::{Admitted, ClientGone, Incoming, Outgoing, Reply, Scope, endpoint, staff};
use tradepost_ids::ProductId;
use tradepost_ndjson::{Line, Lines};
use tradepost_problem::{Code, Problem};
use tradepost_product_catalog::{self as catalog, Addendum};

use answer::{failed, interrupted, succeeded};

endpoint! {
    "/products/import";
    POST (staff(Scope::CatalogWrite).media_type(NDJSON).produces(NDJSON).streaming()) => import,
}

const NDJSON: &str = "application/x-ndjson";

/// The longest line that is read: as much as a single product may have in `POST /products`.
const MOST_LINE_BYTES: usize = 256 * 1024;

/// How many lines are written by one statement. More would save little: at a hundred, the round trip is a hundredth of
/// the way for each.
const BATCH_LINES: usize = 100;

/// After so many statements in a row that failed, the rest is not tried: nobody wants to be told a hundred thousand
/// times that the database is away.
const MOST_FAILURES_IN_A_ROW: u32 = 3;

async fn import(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.incoming()?;
    let import = Import {
        traceparent: request.traceparent().into(),
        request_id: request.request_id().to_owned(),
        failures_in_a_row: 0,
        first_failed_line: 0,
    };
    Ok(Reply::stream(NDJSON, async move |out| {
        // Without a client there is nobody to go on for. It will come again.
        let _ = import.run(body, &out).await;
    }))
}

struct Import {
    traceparent: String,
    request_id: String,
    failures_in_a_row: u32,
    /// The first line of the first of the statements that failed in a row.
    first_failed_line: u64,
}

impl Import {
    async fn run(mut self, mut body: Incoming, out: &Outgoing) -> Result<(), ClientGone> {
        let mut lines = Lines::of_at_most(MOST_LINE_BYTES);
        loop {
            // Each piece is dealt with as it comes: a client may wait for an answer before it sends more.
            let complete = match body.next().await {
                Ok(Some(piece)) => lines.push(&piece),
                Ok(None) => break,
                Err(problem) => return out.write(&interrupted(lines.number(), &problem)).await,
            };
            for batch in complete.chunks(BATCH_LINES) {
                self.answer(batch, out).await?;
                if self.failures_in_a_row == MOST_FAILURES_IN_A_ROW {
                    let problem = Problem::unavailable("three statements failed in a row");
                    return out.write(&interrupted(self.first_failed_line, &problem)).await;
                }
            }
        }
        match lines.finish() {
            Some(last) => self.answer(&[last], out).await,
            None => Ok(()),
        }
    }

    /// Imports some lines and answers each.
    async fn answer(&mut self, lines: &[Line], out: &Outgoing) -> Result<(), ClientGone> {
        let read: Vec<Result<(ProductId, NewProduct), Problem>> = lines.iter().map(read).collect();
        let products: Vec<_> = read.iter().filter_map(|read| read.as_ref().ok()).cloned().collect();
        let mut added = self.add(lines, products).await;

        let mut answer = Vec::with_capacity(128 * lines.len());
        for (line, read) in lines.iter().zip(read) {
            let outcome = match (read, &mut added) {
                (Err(problem), _) => failed(line.number, &problem),
                (Ok(_), Err(problem)) => failed(line.number, problem),
                (Ok((id, product)), Ok(added)) => match added.next() {
                    Some(Addendum::Created) => succeeded(line.number, "created", id),
                    Some(Addendum::Unchanged(there)) => succeeded(line.number, "unchanged", there),
                    Some(Addendum::SkuTaken) => {
                        failed(line.number, &catalog::sku_taken(product.sku.as_str()))
                    }
                    None => failed(line.number, &Problem::internal("an addition was not answered")),
                },
            };
            answer.extend(outcome);
        }
        out.write(&answer).await
    }

    async fn add(
        &mut self,
        lines: &[Line],
        products: Vec<(ProductId, NewProduct)>,
    ) -> Result<impl Iterator<Item = Addendum> + use<>, Problem> {
        if products.is_empty() {
            return Ok(Vec::new().into_iter());
        }
        match catalog::add_all(products, self.traceparent.clone()).await {
            Ok(added) => {
                self.failures_in_a_row = 0;
                tradepost_relay_kick::after_response();
                Ok(added.into_iter())
            }
            Err(problem) => {
                eprintln!("{} {problem}", self.request_id);
                if self.failures_in_a_row == 0 {
                    self.first_failed_line = lines.first().map_or(0, |line| line.number);
                }
                self.failures_in_a_row += 1;
                Err(problem)
            }
        }
    }
}

fn read(line: &Line) -> Result<(ProductId, NewProduct), Problem> {
    let text = line.text.as_deref().ok_or_else(|| {
        let detail = format!("The line must not be longer than {MOST_LINE_BYTES} bytes");
        Problem::new(Code::PayloadTooLarge, detail)
    })?;
    let product = NewProduct::read(&tradepost_input::parse(text)?)?;
    Ok((catalog::fresh_id(), product))
}

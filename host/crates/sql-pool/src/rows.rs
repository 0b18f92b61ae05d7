//! The rows of a result, of which a small one is whole at once and a large one comes as it is read.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Stream, StreamExt};
use tokio_postgres::RowStream;

use crate::decode;
use crate::error::{Error, chain};
use crate::lease::Place;
use crate::pools::Limits;
use crate::session::Trips;
use crate::value::{Column, Value};

/// A row's values, in the order of the columns.
pub type Row = Vec<Value>;

/// How much is gathered before the first rows are handed out. What is beyond waits in the network until it is read.
const GATHERED_ROWS_MAX: usize = 256;
const GATHERED_BYTES_MAX: usize = 64 * 1024;

/// A result: a stream of rows that ends, or fails and ends.
///
/// As long as it is unfinished it occupies a connection of its pool.
pub struct Rows {
    columns: Vec<Column>,
    gathered: VecDeque<Row>,
    /// What it failed with, once the gathered rows are gone.
    failure: Option<Error>,
    tail: Option<Tail>,
    bytes: usize,
    bytes_max: usize,
    trips: Trips,
}

/// What is still to come.
struct Tail {
    rows: Pin<Box<RowStream>>,
    place: Place,
}

/// A result that came whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// Empty if there is no row.
    pub columns: Vec<Column>,
    /// All of them, or those before the failure.
    pub rows: Vec<Row>,
    /// How the statement ended.
    pub outcome: Result<(), Error>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rows")
            .field("columns", &self.columns)
            .field("trips", &self.trips)
            .finish_non_exhaustive()
    }
}

impl Rows {
    /// Waits for the first row or the end, and takes what has come with it, which is all of a small result. No task
    /// is needed for that, and the connection is free again.
    pub(crate) async fn gathered(
        rows: Pin<Box<RowStream>>,
        place: Place,
        limits: &Limits,
        trips: Trips,
    ) -> Self {
        let mut this = Self {
            columns: Vec::new(),
            gathered: VecDeque::new(),
            failure: None,
            tail: Some(Tail { rows, place }),
            bytes: 0,
            bytes_max: limits.result_bytes,
            trips,
        };
        poll_fn(|cx| this.poll_gather(cx)).await;
        if let Some(tail) = &mut this.tail
            && let Ok(checkout) = tail.place.checkout()
        {
            checkout.patience = limits.patience;
        }
        this
    }

    fn poll_gather(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.gathered.len() < GATHERED_ROWS_MAX && self.bytes < GATHERED_BYTES_MAX {
            match self.poll_tail(cx) {
                Poll::Ready(Some(Ok(row))) => self.gathered.push_back(row),
                Poll::Ready(Some(Err(failure))) => {
                    self.failure = Some(failure);
                    break;
                }
                Poll::Pending if self.gathered.is_empty() => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(())
    }

    fn poll_tail(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Row, Error>>> {
        let Some(tail) = &mut self.tail else { return Poll::Ready(None) };
        let row = match ready!(tail.rows.as_mut().poll_next(cx)) {
            Some(Ok(row)) => row,
            end => {
                let error = end.and_then(Result::err);
                let ended = tail.place.checkout().map(|checkout| checkout.ended(error.as_ref()));
                self.tail = None;
                return Poll::Ready(ended.unwrap_or_else(Some).map(Err));
            }
        };
        if self.columns.is_empty() {
            self.columns = decode::columns(row.columns());
        }
        let values = decode::row(&row).map_err(|error| Error::text(chain(&error))).and_then(|values| {
            self.bytes += values.iter().map(Value::held_bytes).sum::<usize>();
            if self.bytes > self.bytes_max { Err(Error::over_limit(self.bytes_max)) } else { Ok(values) }
        });
        if values.is_err() {
            // The rest is of no use to anyone.
            self.tail = None;
        }
        Poll::Ready(Some(values))
    }

    /// The columns; none if there is no row, as on Spin.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What it has cost.
    pub fn trips(&self) -> Trips {
        self.trips
    }

    /// The whole result, if all of it is here, and otherwise itself again, to be read as a stream.
    ///
    /// # Errors
    /// Itself.
    #[expect(clippy::result_large_err, reason = "the error is the other, equally usual answer")]
    pub fn whole(mut self) -> Result<Whole, Self> {
        if self.tail.is_some() {
            return Err(self);
        }
        Ok(Whole {
            columns: self.columns,
            rows: self.gathered.into(),
            outcome: self.failure.take().map_or(Ok(()), Err),
        })
    }

    /// Takes the columns away, for a caller that hands them on before the rows.
    pub fn take_columns(&mut self) -> Vec<Column> {
        std::mem::take(&mut self.columns)
    }

    /// Waits for all of it.
    ///
    /// # Errors
    /// Whatever it fails with; rows that came before are lost.
    pub async fn all(mut self) -> Result<(Vec<Column>, Vec<Row>), Error> {
        let mut rows = Vec::with_capacity(self.gathered.len());
        while let Some(row) = self.next().await {
            rows.push(row?);
        }
        Ok((self.columns, rows))
    }
}

impl Stream for Rows {
    type Item = Result<Row, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(row) = this.gathered.pop_front() {
            return Poll::Ready(Some(Ok(row)));
        }
        if let Some(failure) = this.failure.take() {
            return Poll::Ready(Some(Err(failure)));
        }
        this.poll_tail(cx)
    }
}

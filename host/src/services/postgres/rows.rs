//! A result on its way to a guest: at once if it is all here, else row by row as the guest reads.

use super::values;
use crate::bindings::postgres::spin::postgres::postgres::{Column, DbValue, Error};
use crate::guest::HasGuest;
use futures::StreamExt as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tradepost_sql_pool::Rows;
use wasmtime::StoreContextMut;
use wasmtime::component::{Access, Destination, FutureReader, StreamProducer, StreamReader, StreamResult};

/// Columns, rows, and how it ended.
pub(super) type Streamed = (Vec<Column>, StreamReader<Vec<DbValue>>, FutureReader<Result<(), Error>>);

pub(super) fn streamed<T: 'static>(
    mut access: Access<'_, T, HasGuest>,
    rows: Rows,
) -> wasmtime::Result<Streamed> {
    let columns = rows.columns().iter().map(values::column).collect();
    match rows.whole() {
        Ok(whole) => {
            let outcome = whole.outcome.map_err(values::error);
            let rows: Vec<_> = whole.rows.into_iter().map(values::row).collect();
            let rows = StreamReader::new(&mut access, rows)?;
            let end = FutureReader::new(&mut access, async move { wasmtime::error::Ok(outcome) })?;
            Ok((columns, rows, end))
        }
        Err(rows) => {
            let (tell, told) = oneshot::channel();
            let rows = StreamReader::new(&mut access, Reading { rows, tell: Some(tell) })?;
            // A reader that is dropped half-way has no more to say: that is no error.
            let end = async move { wasmtime::error::Ok(told.await.unwrap_or(Ok(()))) };
            Ok((columns, rows, FutureReader::new(&mut access, end)?))
        }
    }
}

/// Reads rows from the server at the pace at which the guest takes them.
struct Reading {
    rows: Rows,
    tell: Option<oneshot::Sender<Result<(), Error>>>,
}

impl<D> StreamProducer<D> for Reading {
    type Item = Vec<DbValue>;
    type Buffer = Option<Vec<DbValue>>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // A read of nothing asks whether a row is there; saying yes costs nothing, the next read waits for it.
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let outcome = match self.rows.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(row))) => {
                destination.set_buffer(Some(values::row(row)));
                return Poll::Ready(Ok(StreamResult::Completed));
            }
            Poll::Ready(Some(Err(error))) => Err(values::error(error)),
            Poll::Ready(None) => Ok(()),
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => return Poll::Pending,
        };
        if let Some(tell) = self.tell.take() {
            // Nobody listening is a guest that did not ask how it ended.
            let _ = tell.send(outcome);
        }
        Poll::Ready(Ok(StreamResult::Dropped))
    }
}

//! Two edit a product, each on the strength of what he has read.

use crate::race::{Race, Raced};
use crate::stories::products;
use crate::story::{Verdict, ensure};

/// Both have read the first version.
pub(crate) const TWO_EDITS: Race = Race {
    name: "products.two-edits",
    prepare: |world| Box::pin(products::on_sale(world)),
    run: |world, racer| {
        Box::pin(async move {
            let ask = world.racing(racer, "PATCH", &products::path(world).await).as_admin();
            let ask = ask.header("if-match", "\"1\"");
            let edit = format!(r#"{{"name": "As {} has it"}}"#, racer.id());
            world.send(ask.bytes("application/merge-patch+json", edit)).await
        })
    },
    holds: |raced| Box::pin(one_is_made(raced)),
    delivered: true,
    kicked: true,
};

async fn one_is_made(raced: &Raced<'_>) -> Verdict {
    ensure(raced.statuses() == (200, 412), || format!("{:?} and {:?}", raced.one, raced.other))?;
    let winner = if raced.one.status == 200 { "As one has it" } else { "As other has it" };
    let names = raced.world.texts("SELECT name FROM catalog.products WHERE version = 2").await?;
    ensure(names == [winner], || format!("it is called {names:?} and not {winner:?}"))
}

//! Reading a list.

use std::collections::BTreeMap;

use futures::future::{try_join, try_join_all};
use tradepost_kept_store::Failure;
use tradepost_order_list::{Day, Days, Page, Recent};
use uuid::Uuid;

use crate::ports::exports::tradepost::ordering::customer_orders::{ListedOrder, Part};
use crate::stored::{days_key, get, page_key, recent_key, uuid};

/// How many pages are read at once. Who orders now and then has a page for each order, and a page of a list shows twenty.
const PAGES_AT_ONCE: usize = 20;

pub(crate) async fn read(
    customer: &str,
    part: &Part,
    status: Option<&str>,
    most: u32,
) -> Result<Vec<ListedOrder>, Failure> {
    let customer = uuid(customer)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let cursor = Cursor::of(part)?;
    let (days_key, recent_key) = (days_key(customer), recent_key(customer));
    let (mut days, recent) = try_join(get::<Days>(&days_key), get::<Recent>(&recent_key)).await?;
    for order in recent.iter() {
        days.note(Day::of(order));
    }

    let mut found = Vec::new();
    let days: Vec<Day> = cursor.in_its_order(days.iter().filter(|day| cursor.reaches(*day))).collect();
    for some in days.chunks(PAGES_AT_ONCE) {
        for listed in try_join_all(some.iter().map(|day| of_day(customer, *day, &recent))).await? {
            let listed = listed.into_iter().filter(|(order, _)| cursor.has(*order));
            let listed =
                listed.filter(|(_, known)| status.is_none() || known.is_none() || known.as_deref() == status);
            found.extend(cursor.in_its_order(listed));
        }
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    if let Cursor::Newer(_) = cursor {
        found.reverse();
    }
    Ok(found.into_iter().map(|(order, status)| ListedOrder { order_id: order.to_string(), status }).collect())
}

/// The day's orders, oldest first, with what is known of their status.
async fn of_day(customer: Uuid, day: Day, recent: &Recent) -> Result<Vec<(Uuid, Option<String>)>, Failure> {
    let page: Page = get(&page_key(customer, day)).await?;
    let recent = recent.iter().filter(|order| Day::of(*order) == day).map(|order| (order, None));
    let mut orders: BTreeMap<Uuid, Option<String>> = recent.collect();
    orders.extend(page.iter().map(|(order, listed)| (order, Some(listed.status.clone()))));
    Ok(orders.into_iter().collect())
}

/// Where a part begins, and in which direction it is walked from there.
#[derive(Clone, Copy)]
enum Cursor {
    Newest,
    Older(Uuid),
    Newer(Uuid),
}

impl Cursor {
    fn of(part: &Part) -> Result<Self, Failure> {
        Ok(match part {
            Part::Beginning => Self::Newest,
            Part::After(id) => Self::Older(uuid(id)?),
            Part::Before(id) => Self::Newer(uuid(id)?),
        })
    }

    fn reaches(self, day: Day) -> bool {
        match self {
            Self::Newest => true,
            Self::Older(than) => day <= Day::of(than),
            Self::Newer(than) => day >= Day::of(than),
        }
    }

    fn has(self, order: Uuid) -> bool {
        match self {
            Self::Newest => true,
            Self::Older(than) => order < than,
            Self::Newer(than) => order > than,
        }
    }

    /// What comes oldest first, as this walks.
    fn in_its_order<T>(self, oldest_first: impl DoubleEndedIterator<Item = T>) -> impl Iterator<Item = T> {
        let (mut forwards, mut backwards) = (None, None);
        match self {
            Self::Newer(_) => forwards = Some(oldest_first),
            Self::Newest | Self::Older(_) => backwards = Some(oldest_first.rev()),
        }
        forwards.into_iter().flatten().chain(backwards.into_iter().flatten())
    }
}

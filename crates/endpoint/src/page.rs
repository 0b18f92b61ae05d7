//! One page of a list: which one the query asks for, and the `Link` header that leads to its neighbours.
//!
//! A list is walked by ids and not by numbers of pages, so that it stays stable while rows are inserted. Every list
//! has `limit`, `starting_after` and `ending_before` besides its own filters:
//!
//! ```ignore
//! let (page, category) = request.query(|query| {
//!     let page = Page::<ProductId>::read(query);
//!     let category = query.optional("category", Field::parse::<Category>);
//!     Ok((page?, category?))
//! })?;
//! // One row more than the page has tells whether there are more.
//! let rows = product_list::list(category, page.starting_after(), page.ending_before(), page.limit() + 1).await?;
//! let (rows, has_more) = page.cut(rows);
//! Reply::list(request, &page, &rows, has_more)
//! ```

use std::fmt::Display;
use std::str::FromStr;

use tradepost_input::{Faulted, Field, Invalid, Object, code};
use tradepost_request_syntax::{percent, query};

/// How many items a page has when the query does not say.
const USUAL_LIMIT: u8 = 20;

/// The most items that a page can have.
const MOST_LIMIT: u8 = 100;

/// The parameters that say which page, and are therefore not a neighbour's.
const OWN_PARAMETERS: [&str; 3] = [LIMIT, STARTING_AFTER, ENDING_BEFORE];
const LIMIT: &str = "limit";
const STARTING_AFTER: &str = "starting_after";
const ENDING_BEFORE: &str = "ending_before";

/// Which page of a list of things with ids of the kind `Id` a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id> {
    limit: u8,
    cursor: Cursor<Id>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor<Id> {
    Beginning,
    After(Id),
    Before(Id),
}

impl<Id> Page<Id>
where
    Id: FromStr,
    Id::Err: Display,
{
    /// Reads `limit`, `starting_after` and `ending_before`, which the method's table must declare.
    pub fn read(query: &mut Object<'_>) -> Result<Self, Faulted> {
        let limit = query.optional(LIMIT, |limit| limit.parse_with(read_limit));
        let mut is_after = false;
        let after = query.optional(STARTING_AFTER, |id| {
            is_after = true;
            read_id(STARTING_AFTER, id)
        });
        let before = query.optional(ENDING_BEFORE, |id| {
            if is_after {
                let detail = format!("`{STARTING_AFTER}` and `{ENDING_BEFORE}` cannot be given together");
                return Err(id.fault(code::INVALID, detail));
            }
            read_id(ENDING_BEFORE, id)
        });
        let (limit, after, before) = (limit?, after?, before?);
        let cursor = match (after, before) {
            (Some(id), _) => Cursor::After(id),
            (None, Some(id)) => Cursor::Before(id),
            (None, None) => Cursor::Beginning,
        };
        Ok(Self { limit: limit.unwrap_or(USUAL_LIMIT), cursor })
    }
}

impl<Id> Page<Id> {
    /// The most items that the page has: 1 to 100.
    pub fn limit(&self) -> u32 {
        self.limit.into()
    }

    /// The page begins behind this one in the list's order.
    pub fn starting_after(&self) -> Option<&Id> {
        match &self.cursor {
            Cursor::After(id) => Some(id),
            Cursor::Before(_) | Cursor::Beginning => None,
        }
    }

    /// The page ends in front of this one: its items are the last [`limit`](Self::limit) before it, and stand in the
    /// list's order all the same.
    pub fn ending_before(&self) -> Option<&Id> {
        match &self.cursor {
            Cursor::Before(id) => Some(id),
            Cursor::After(_) | Cursor::Beginning => None,
        }
    }

    /// Takes away the row that was fetched beyond the limit, and says whether there was one. `rows` are in the list's
    /// order, so for a page that ends before an id the surplus one is the first.
    pub fn cut<T>(&self, mut rows: Vec<T>) -> (Vec<T>, bool) {
        let surplus = rows.len().saturating_sub(self.limit.into());
        match self.cursor {
            Cursor::Before(_) => drop(rows.drain(..surplus)),
            Cursor::After(_) | Cursor::Beginning => rows.truncate(self.limit.into()),
        }
        (rows, surplus > 0)
    }
}

impl<Id: Ord> Page<Id> {
    /// The page of a list that is there as a whole, the greatest id first, and whether there is more in the direction in
    /// which it was asked for.
    pub fn of_whole<T>(&self, mut whole: Vec<(Id, T)>) -> (Vec<(Id, T)>, bool) {
        whole.retain(|(id, _)| match &self.cursor {
            Cursor::After(cursor) => id < cursor,
            Cursor::Before(cursor) => id > cursor,
            Cursor::Beginning => true,
        });
        whole.sort_by(|(one, _), (other, _)| other.cmp(one));
        self.cut(whole)
    }
}

impl<Id: Display> Page<Id> {
    /// The `Link` header (RFC 8288) of a page whose first and last items are `ends`, or `None` when nothing leads on.
    /// `has_more` is whether there are more items in the direction in which the page was asked for.
    ///
    /// Backwards, `next` is always there: the id that was asked for stands behind the page.
    pub(crate) fn link(
        &self,
        path: &str,
        query: &str,
        ends: Option<(&Id, &Id)>,
        has_more: bool,
    ) -> Option<String> {
        let (first, last) = ends?;
        let to = |relation, parameter, id| self.link_to(path, query, relation, parameter, id);
        let next = || to("next", STARTING_AFTER, last);
        let previous = || to("prev", ENDING_BEFORE, first);
        match (&self.cursor, has_more) {
            (Cursor::Before(_), true) => Some(format!("{}, {}", next(), previous())),
            (Cursor::Before(_), false) | (Cursor::After(_) | Cursor::Beginning, true) => Some(next()),
            (Cursor::After(_) | Cursor::Beginning, false) => None,
        }
    }

    fn link_to(&self, path: &str, query: &str, relation: &str, parameter: &str, id: &Id) -> String {
        // Two slashes at the front would make the first segment a host's name.
        let mut link = String::from("</");
        percent::encode_path(path.trim_start_matches('/'), &mut link);
        link.push('?');
        for (name, value) in query::decoded_pairs(query) {
            if OWN_PARAMETERS.contains(&&*name) {
                continue;
            }
            percent::encode(&name, &mut link);
            link.push('=');
            percent::encode(&value, &mut link);
            link.push('&');
        }
        link.push_str(parameter);
        link.push('=');
        percent::encode(&id.to_string(), &mut link);
        link.push_str("&limit=");
        link.push_str(&self.limit.to_string());
        link.push_str(">; rel=\"");
        link.push_str(relation);
        link.push('"');
        link
    }
}

fn read_limit(text: &str) -> Result<u8, Invalid> {
    // `parse` alone would take `+20`.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|limit| digits && (1..=MOST_LIMIT).contains(limit)).ok_or_else(|| {
        Invalid::new(
            code::OUT_OF_RANGE,
            format!("`{LIMIT}` must be a whole number between 1 and {MOST_LIMIT}"),
        )
    })
}

fn read_id<Id>(name: &str, field: Field<'_>) -> Result<Id, Faulted>
where
    Id: FromStr,
    Id::Err: Display,
{
    field.parse_with(|text| {
        text.parse().map_err(|fault| Invalid::new(code::INVALID, format!("`{name}` {fault}")))
    })
}

#[cfg(test)]
mod tests {
    use super::Page;
    use tradepost_ids::EventId;

    const A: &str = "event_00000000000000000000000001";
    const B: &str = "event_00000000000000000000000002";

    fn read(query: &str) -> Result<Page<EventId>, Vec<(String, String)>> {
        tradepost_request_syntax::query::read(query, Page::read).map_err(|faults| {
            faults.iter().map(|fault| (fault.pointer.clone(), fault.detail.clone())).collect()
        })
    }

    fn id(text: &str) -> EventId {
        text.parse().unwrap()
    }

    #[test]
    fn without_parameters_a_list_begins_at_its_beginning_with_twenty() {
        let page = read("").unwrap();
        assert_eq!((page.limit(), page.starting_after(), page.ending_before()), (20, None, None));
    }

    #[test]
    fn a_page_is_asked_for_by_its_neighbour() {
        let page = read(&format!("limit=100&starting_after={A}")).unwrap();
        assert_eq!((page.limit(), page.starting_after(), page.ending_before()), (100, Some(&id(A)), None));
        let page = read(&format!("limit=1&ending_before={A}")).unwrap();
        assert_eq!((page.limit(), page.starting_after(), page.ending_before()), (1, None, Some(&id(A))));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = read("limit=0&starting_after=order_1&ending_before=x").unwrap_err();
        assert_eq!(
            faults,
            [
                ("/limit", "`limit` must be a whole number between 1 and 100"),
                ("/starting_after", "`starting_after` must begin with `event_`"),
                ("/ending_before", "`starting_after` and `ending_before` cannot be given together"),
            ]
            .map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned()))
        );
        assert_eq!(read(&format!("starting_after={A}&ending_before={A}")).unwrap_err().len(), 1);
    }

    #[test]
    fn a_limit_is_a_plain_number_within_its_bounds() {
        for limit in
            ["", "0", "101", "-1", "+20", "%2B20", "1.0", "1e1", "0x10", "256", "99999999999999999999"]
        {
            assert!(read(&format!("limit={limit}")).is_err(), "{limit}");
        }
    }

    #[test]
    fn the_surplus_row_is_the_one_farthest_from_the_cursor() {
        let forwards = read(&format!("limit=2&starting_after={A}")).unwrap();
        assert_eq!(forwards.cut(vec![1, 2, 3]), (vec![1, 2], true));
        assert_eq!(forwards.cut(vec![1, 2]), (vec![1, 2], false));
        assert_eq!(forwards.cut(Vec::<u8>::new()), (vec![], false));
        let backwards = read(&format!("limit=2&ending_before={A}")).unwrap();
        assert_eq!(backwards.cut(vec![1, 2, 3]), (vec![2, 3], true));
        assert_eq!(backwards.cut(vec![1]), (vec![1], false));
    }

    #[test]
    fn a_page_of_what_is_there_as_a_whole_is_the_part_next_to_the_cursor() {
        let ids = |numbers: &[u128]| -> Vec<(EventId, ())> {
            numbers.iter().map(|number| (EventId::from_uuid(uuid::Uuid::from_u128(*number)), ())).collect()
        };
        let rows = [
            ("limit=2".to_owned(), (ids(&[4, 3]), true)),
            (format!("limit=2&starting_after={B}"), (ids(&[1]), false)),
            (format!("limit=1&ending_before={B}"), (ids(&[3]), true)),
            (format!("ending_before={B}"), (ids(&[4, 3]), false)),
        ];
        for (query, expected) in rows {
            assert_eq!(read(&query).unwrap().of_whole(ids(&[1, 2, 3, 4])), expected, "{query}");
        }
    }

    #[test]
    fn next_keeps_the_filters_and_takes_the_last_item() {
        let query = format!("q=blue+%26%20green&limit=2&t%79pe=x&starting_after={A}");
        let page: Page<EventId> = {
            let limit_and_cursor = format!("limit=2&starting_after={A}");
            read(&limit_and_cursor).unwrap()
        };
        assert_eq!(
            page.link("/events", &query, Some((&id(A), &id(B))), true).unwrap(),
            format!("</events?q=blue%20%26%20green&type=x&starting_after={B}&limit=2>; rel=\"next\"")
        );
        assert_eq!(page.link("/events", &query, Some((&id(A), &id(B))), false), None);
        assert_eq!(page.link("/events", &query, None, false), None);
    }

    #[test]
    fn backwards_there_is_always_a_way_forwards_again() {
        let page = read(&format!("ending_before={A}")).unwrap();
        let next = format!("</events?starting_after={B}&limit=20>; rel=\"next\"");
        assert_eq!(page.link("/events", "", Some((&id(A), &id(B))), false).as_deref(), Some(&*next));
        assert_eq!(
            page.link("/events", "", Some((&id(A), &id(B))), true).unwrap(),
            format!("{next}, </events?ending_before={A}&limit=20>; rel=\"prev\"")
        );
    }

    #[test]
    fn no_path_and_no_filter_gets_out_of_the_link() {
        let page = read("").unwrap();
        let link = page.link("//evil/<a>\"", "q=%3E%3B%20rel%3D%22x%0D%0A", Some((&id(A), &id(B))), true);
        assert_eq!(
            link.unwrap(),
            format!(
                "</evil/%3Ca%3E%22?q=%3E%3B%20rel%3D%22x%0D%0A&starting_after={B}&limit=20>; rel=\"next\""
            )
        );
    }
}

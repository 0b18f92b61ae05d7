//! A story with something going wrong in it, and the words that replay it.

use crate::fault::Fault;
use crate::point::Point;
use std::fmt;
use std::str::FromStr;

/// What strikes, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Strike {
    pub(crate) point: Point,
    pub(crate) fault: Fault,
}

/// One story with its faults: none to see how it goes, one, or a second one after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) story: String,
    pub(crate) strikes: Vec<Strike>,
}

impl Case {
    /// The one command that runs this case and no other.
    pub(crate) fn command(&self) -> String {
        format!("LAB_CASE='{self}' cargo test -p tradepost-tests --test lab")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.story)?;
        for Strike { point, fault } in &self.strikes {
            write!(f, " {point}:{fault}")?;
        }
        Ok(())
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let story = words.next().ok_or("a case begins with its story")?.to_owned();
        let strikes = words
            .map(|word| {
                let (point, fault) = word.split_once(':').ok_or_else(|| format!("{word:?} has no fault"))?;
                Ok::<_, String>(Strike { point: point.parse()?, fault: fault.parse()? })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { story, strikes })
    }
}

#[test]
fn a_case_is_read_from_what_it_prints() {
    let text = "orders.place ordering-orders/query#2:kill-after messaging-relay/send#1:lose";
    let case: Case = text.parse().unwrap();
    assert_eq!((case.to_string(), case.strikes.len()), (text.to_owned(), 2));
    for wrong in
        ["", "orders.place x", "orders.place a/b#1", "orders.place a/b:lose", "orders.place a/b#1:oops"]
    {
        assert!(wrong.parse::<Case>().is_err(), "{wrong:?}");
    }
}

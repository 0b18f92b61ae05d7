//! A story with something going wrong in it, and the words that replay it.

use crate::fault::Fault;
use crate::gates::{Racer, Stop};
use crate::point::Point;
use std::fmt;
use std::str::FromStr;

/// What strikes, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Strike {
    pub(crate) point: Point,
    pub(crate) fault: Fault,
}

/// One story with its faults: none to see how it goes, one, or a second one after it. Or a race, and where its racers are
/// held: the first of them goes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) story: String,
    pub(crate) strikes: Vec<Strike>,
    pub(crate) stops: Vec<Stop>,
}

impl Case {
    /// Nothing happens to the story, and nobody is held.
    pub(crate) fn calm(story: &str) -> Self {
        Self { story: story.to_owned(), strikes: Vec::new(), stops: Vec::new() }
    }

    /// A race in which this one is through before the other begins.
    pub(crate) fn led_by(racer: Racer, race: &str) -> Self {
        // A call that nobody makes.
        let never = "nobody/calls#1".parse().unwrap();
        Self { stops: vec![Stop { racer, point: never }], ..Self::calm(race) }
    }

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
        for stop in &self.stops {
            write!(f, " {stop}")?;
        }
        Ok(())
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let story = words.next().ok_or("a case begins with its story")?.to_owned();
        let (mut strikes, mut stops) = (Vec::new(), Vec::new());
        for word in words {
            if word.contains('@') {
                stops.push(word.parse()?);
            } else {
                let (point, fault) = word.split_once(':').ok_or_else(|| format!("{word:?} has no fault"))?;
                strikes.push(Strike { point: point.parse()?, fault: fault.parse()? });
            }
        }
        Ok(Self { story, strikes, stops })
    }
}

#[test]
fn a_case_is_read_from_what_it_prints() {
    let text = "orders.place ordering-orders/query#2:kill-after messaging-relay/send#1:lose";
    let case: Case = text.parse().unwrap();
    assert_eq!((case.to_string(), case.strikes.len()), (text.to_owned(), 2));
    let text = "orders.last-unit other@ordering-orders/query#2 one@inventory-reservation/query#1";
    let case: Case = text.parse().unwrap();
    assert_eq!((case.to_string(), case.stops.len()), (text.to_owned(), 2));
    for wrong in [
        "",
        "orders.place x",
        "orders.place a/b#1",
        "orders.place a/b:lose",
        "orders.place a/b#1:oops",
        "orders.place nobody@a/b#1",
    ] {
        assert!(wrong.parse::<Case>().is_err(), "{wrong:?}");
    }
}

//! How often in a row each consumer was found away.

use std::cell::RefCell;
use std::collections::HashMap;

use tradepost_messaging::{Answer, Reply};

thread_local! {
    /// Only in memory: to forget it is to look for the consumer sooner.
    static OUTAGES: RefCell<HashMap<String, u32>> = RefCell::new(HashMap::new());
}

/// Remembers a reply of the consumer; how often in a row it was away, this time included.
pub(crate) fn outages_after(consumer: &str, reply: &Reply) -> u32 {
    let away = match reply {
        Reply::Away(_) => true,
        Reply::Answered(answers) => {
            let unavailable = |answer: &Answer| matches!(answer, Answer::Unavailable(_));
            answers.values().any(unavailable) && !answers.values().any(|answer| *answer == Answer::Applied)
        }
        Reply::Broken(_) | Reply::Late(_) => false,
    };
    OUTAGES.with_borrow_mut(|outages| {
        if !away {
            outages.remove(consumer);
            return 1;
        }
        let count = outages.entry(consumer.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    })
}

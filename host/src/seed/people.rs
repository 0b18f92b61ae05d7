//! Who shops: customers with made-up names, at addresses under a domain that nobody can have (RFC 2606, section 3).

/// A customer.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Street, city, post code, country.
    pub(crate) address: [&'static str; 4],
}

const FIRST_NAMES: [&str; 12] =
    ["Ada", "Bilal", "Carmen", "Dmitri", "Eleni", "Femi", "Grete", "Hiro", "Ines", "Jonas", "Kavya", "Luca"];

const LAST_NAMES: [&str; 5] = ["Achterberg", "Brightwater", "Castellan", "Dunmore", "Eastwick"];

const ADDRESSES: [[&str; 4]; 6] = [
    ["Canal Street 12", "Amsterdam", "1015 CJ", "NL"],
    ["Harbour Road 7", "Hamburg", "20459", "DE"],
    ["Hill Lane 31", "Portland", "97209", "US"],
    ["Rue du Marché 4", "Lyon", "69002", "FR"],
    ["Maple Avenue 220", "Toronto", "M5V 2T6", "CA"],
    ["Station Road 18", "Leeds", "LS1 4DY", "GB"],
];

/// Every first name with every last name.
pub(crate) fn people() -> Vec<Person> {
    let names = LAST_NAMES.iter().flat_map(|last| FIRST_NAMES.iter().map(move |first| (first, last)));
    names
        .zip(ADDRESSES.iter().cycle())
        .map(|((first, last), address)| Person {
            name: format!("{first} {last}"),
            email: format!("{}.{}@example.com", first.to_lowercase(), last.to_lowercase()),
            address: *address,
        })
        .collect()
}

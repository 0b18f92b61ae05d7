//! The currencies in use, with their minor units: ISO 4217 list one as of January 2026.
//!
//! Left out are the codes without a minor unit (gold, special drawing rights, "no currency" and the like), in
//! which no price can be written, and codes whose withdrawal date has passed. Fund codes are in: the standard
//! gives them a minor unit, and who is billed in one knows why.

/// Codes by the number of decimals, sorted.
pub(crate) const BY_EXPONENT: [(u8, &[[u8; 3]]); 4] = [
    (
        2,
        &[
            *b"AED", *b"AFN", *b"ALL", *b"AMD", *b"AOA", *b"ARS", *b"AUD", *b"AWG", *b"AZN", *b"BAM",
            *b"BBD", *b"BDT", *b"BMD", *b"BND", *b"BOB", *b"BOV", *b"BRL", *b"BSD", *b"BTN", *b"BWP",
            *b"BYN", *b"BZD", *b"CAD", *b"CDF", *b"CHE", *b"CHF", *b"CHW", *b"CNY", *b"COP", *b"COU",
            *b"CRC", *b"CUP", *b"CVE", *b"CZK", *b"DKK", *b"DOP", *b"DZD", *b"EGP", *b"ERN", *b"ETB",
            *b"EUR", *b"FJD", *b"FKP", *b"GBP", *b"GEL", *b"GHS", *b"GIP", *b"GMD", *b"GTQ", *b"GYD",
            *b"HKD", *b"HNL", *b"HTG", *b"HUF", *b"IDR", *b"ILS", *b"INR", *b"IRR", *b"JMD", *b"KES",
            *b"KGS", *b"KHR", *b"KPW", *b"KYD", *b"KZT", *b"LAK", *b"LBP", *b"LKR", *b"LRD", *b"LSL",
            *b"MAD", *b"MDL", *b"MGA", *b"MKD", *b"MMK", *b"MNT", *b"MOP", *b"MRU", *b"MUR", *b"MVR",
            *b"MWK", *b"MXN", *b"MXV", *b"MYR", *b"MZN", *b"NAD", *b"NGN", *b"NIO", *b"NOK", *b"NPR",
            *b"NZD", *b"PAB", *b"PEN", *b"PGK", *b"PHP", *b"PKR", *b"PLN", *b"QAR", *b"RON", *b"RSD",
            *b"RUB", *b"SAR", *b"SBD", *b"SCR", *b"SDG", *b"SEK", *b"SGD", *b"SHP", *b"SLE", *b"SOS",
            *b"SRD", *b"SSP", *b"STN", *b"SVC", *b"SYP", *b"SZL", *b"THB", *b"TJS", *b"TMT", *b"TOP",
            *b"TRY", *b"TTD", *b"TWD", *b"TZS", *b"UAH", *b"USD", *b"USN", *b"UYU", *b"UZS", *b"VED",
            *b"VES", *b"WST", *b"XAD", *b"XCD", *b"XCG", *b"YER", *b"ZAR", *b"ZMW", *b"ZWG",
        ],
    ),
    (
        0,
        &[
            *b"BIF", *b"CLP", *b"DJF", *b"GNF", *b"ISK", *b"JPY", *b"KMF", *b"KRW", *b"PYG", *b"RWF",
            *b"UGX", *b"UYI", *b"VND", *b"VUV", *b"XAF", *b"XOF", *b"XPF",
        ],
    ),
    (3, &[*b"BHD", *b"IQD", *b"JOD", *b"KWD", *b"LYD", *b"OMR", *b"TND"]),
    (4, &[*b"CLF", *b"UYW"]),
];

/// How many decimals the currency has; `None` when there is no such currency.
pub(crate) fn exponent(code: [u8; 3]) -> Option<u8> {
    BY_EXPONENT.iter().find(|(_, codes)| codes.binary_search(&code).is_ok()).map(|(exponent, _)| *exponent)
}

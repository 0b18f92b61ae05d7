//! The Gregorian calendar as arithmetic on days, for the years 0000 to 9999.
//!
//! Years are counted from March: the leap day is then the last of its year, and the months' first days lie on a
//! straight line, `(153 × month + 2) / 5`, with March as month 0.

/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;
/// 400 years, after which the calendar repeats: 400 × 365 and 97 leap days.
const DAYS_PER_CYCLE: i64 = 146_097;

/// The day's number, 1970-01-01 being 0. The date is taken to exist.
pub(crate) fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year_of_cycle / 4 - year_of_cycle / 100;
    cycle * DAYS_PER_CYCLE + year_of_cycle * 365 + leap_days + day_of_year - DAYS_TO_EPOCH
}

/// Year, month and day of the day with this number.
pub(crate) fn date(day_number: i64) -> (i64, i64, i64) {
    let days = day_number + DAYS_TO_EPOCH;
    let cycle = days.div_euclid(DAYS_PER_CYCLE);
    let day_of_cycle = days.rem_euclid(DAYS_PER_CYCLE);
    // Take the leap days out, and what is left counts whole years. 1,460 = 4 × 365, 36,524 = days of a century
    // that ends without a leap day, 146,096 = the one leap day that only a full cycle has.
    let without_leap_days =
        day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096;
    let year_of_cycle = without_leap_days / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    (year, month, day)
}

/// How many days the month has.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

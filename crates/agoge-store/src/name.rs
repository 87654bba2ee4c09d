//! Which names an athlete may have: one that is a folder's on every system, in one line, and looks
//! like what it is.

use crate::Error;

/// Marks that turn the direction of a text around, end its line or cannot be seen: with them a name
/// could pass for another one.
const UNSEEN: [std::ops::RangeInclusive<char>; 5] = [
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];

/// Refuses a name that cannot be a folder's or would mislead.
///
/// # Errors
/// [`Error::Name`].
pub fn check_name(name: &str) -> Result<(), Error> {
    let fits = !name.is_empty()
        && name.len() <= 100
        && !name.starts_with(['.', ' '])
        && !name.ends_with(' ')
        && !name.contains(['/', '\\', ':'])
        && !name.chars().any(|c| c.is_control() || UNSEEN.iter().any(|unseen| unseen.contains(&c)));
    if fits { Ok(()) } else { Err(Error::Name) }
}

//! Numbers in sentences.

/// A number of things, in words.
///
/// ```
/// use codeintel_base::count;
///
/// assert_eq!([count(1, "file"), count(2, "file")], ["1 file", "2 files"]);
/// ```
pub fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

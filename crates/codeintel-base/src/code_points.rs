//! Byte offsets to code points.

/// How many code points stand before a byte offset, found without counting from the start of the text.
#[derive(Debug, Clone)]
pub struct CodePoints<'a> {
    text: &'a [u8],
    /// The code points before each block of bytes; empty for ASCII texts, where bytes are code points.
    before_blocks: Vec<u32>,
}

const BLOCK: usize = 64;

impl<'a> CodePoints<'a> {
    /// Index a text of less than 4 GiB.
    pub fn new(text: &'a str) -> Self {
        let mut before_blocks = Vec::new();
        if !text.is_ascii() {
            let mut total = 0;
            for block in text.as_bytes().chunks(BLOCK) {
                before_blocks.push(total);
                total += count(block);
            }
            before_blocks.push(total);
        }
        Self { text: text.as_bytes(), before_blocks }
    }

    /// The number of code points before a byte offset.
    pub fn before(&self, offset: u32) -> u32 {
        let at = offset as usize;
        match self.before_blocks.get(at / BLOCK) {
            Some(before) => before + count(&self.text[at / BLOCK * BLOCK..at]),
            None => offset,
        }
    }
}

/// The number of code points that begin in some bytes of UTF-8.
fn count(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_counts_what_stands_before_it() {
        let mixed = "aé😀".repeat(100);
        for text in ["", "ascii", "é", &mixed] {
            let points = CodePoints::new(text);
            let offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for (expected, offset) in offsets.enumerate() {
                assert_eq!(points.before(offset as u32), expected as u32, "{offset} in {text}");
            }
        }
    }
}

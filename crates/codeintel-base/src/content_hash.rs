//! The identity of a file's bytes.

use std::fmt;
use std::str::FromStr;

/// BLAKE2b with a 16-byte digest of a file's raw bytes; shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 16]);

impl ContentHash {
    /// Hash raw bytes, as `hashlib.blake2b(data, digest_size=16)` does in Python.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = blake2b_simd::Params::new().hash_length(16).hash(bytes);
        let mut hash = [0; 16];
        hash.copy_from_slice(digest.as_bytes());
        Self(hash)
    }

    /// The digest as a number, its first byte being the highest.
    pub fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// The hash with such a [`Self::number`].
    pub fn from_number(number: u128) -> Self {
        Self(number.to_be_bytes())
    }
}

/// Add texts to what is hashed, so that they cannot be mistaken for others when they are put together.
pub fn add_texts<'a>(bytes: &mut Vec<u8>, texts: impl IntoIterator<Item = &'a str>) {
    for text in texts {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.number())
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// A text that is not 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseHashError;

impl fmt::Display for ParseHashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a content hash is 32 hexadecimal digits")
    }
}

impl std::error::Error for ParseHashError {}

impl FromStr for ContentHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.is_ascii() {
            return Err(ParseHashError);
        }
        let mut hash = [0; 16];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| ParseHashError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ParseHashError)?;
        }
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: `hashlib.blake2b(data, digest_size=16).hexdigest()` of CPython.
    #[test]
    fn agrees_with_hashlib() {
        assert_eq!(ContentHash::of(b"").to_string(), "cae66941d9efbd404e4d88758ea67670");
        assert_eq!(ContentHash::of(b"x = 1\n").to_string(), "1de70bc15d424d4453e6c531451e490b");
    }

    #[test]
    fn text_round_trips_and_bad_text_is_refused() {
        let hash = ContentHash::of(b"abc");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("".parse::<ContentHash>(), Err(ParseHashError));
        assert_eq!("zz".repeat(16).parse::<ContentHash>(), Err(ParseHashError));
    }
}

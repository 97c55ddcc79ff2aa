//! Bytes of source files to text.
#![no_main]

use codeintel_system::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: codeintel_fuzz::write_seeds("decode"), |bytes: &[u8]| {
    match decode(bytes) {
        Ok(text) => {
            let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            // What names no encoding is UTF-8, and is read as it is.
            if !body.windows(6).any(|word| word == b"coding") {
                assert_eq!(text.as_bytes(), body);
            }
            if body.is_ascii() && !body.windows(6).any(|word| word == b"coding") {
                assert!(text.is_ascii());
            }
        }
        Err(problem) => {
            let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u32 + 1;
            assert!(problem.lineno.is_none_or(|line| (1..=lines).contains(&line)), "{problem:?}");
            assert!(!problem.message.is_empty());
        }
    }
});

//! Bytes to text, as CPython reads source files (PEP 263).

use codeintel_base::{Problem, Stage};
use encoding_rs::Encoding;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decode a source file; the text has no byte order mark. Where CPython would refuse, the problem says why.
pub fn decode(bytes: &[u8]) -> Result<String, Problem> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Problem::error(Stage::Decode, "the file is UTF-16, which Python does not accept as source code"));
    }
    let (has_bom, body) = bytes.strip_prefix(BOM).map_or((false, bytes), |body| (true, body));
    let cookie = cookie(body);
    if let Some((name, line)) = &cookie
        && has_bom
        && !is_normal_utf8(name)
    {
        let message = format!("the coding cookie says `{name}`, but the file begins with a UTF-8 byte order mark");
        return Err(Problem { lineno: Some(*line), ..Problem::error(Stage::Decode, message) });
    }
    let Some((name, line)) = cookie else { return utf8(body) };
    match codec(&name) {
        Some(Codec::Utf8) => utf8(body),
        Some(Codec::Latin1) => Ok(body.iter().map(|byte| char::from(*byte)).collect()),
        Some(Codec::Ascii) => ascii(body),
        Some(Codec::Other(encoding)) => other(body, encoding, &name),
        None => {
            let message = format!("the coding cookie names the unknown encoding `{name}`");
            Err(Problem { lineno: Some(line), ..Problem::error(Stage::Decode, message) })
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Codec {
    Utf8,
    Latin1,
    Ascii,
    Other(&'static Encoding),
}

/// CPython accepts these names of UTF-8 beside a byte order mark, and no alias of them.
fn is_normal_utf8(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    name == "utf-8" || name.starts_with("utf-8-")
}

/// Python's codec of a name.
fn codec(name: &str) -> Option<Codec> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let is = |stem: &str| name == stem || name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('-'));
    if is_normal_utf8(&name) || matches!(name.as_str(), "utf8" | "u8" | "utf" | "cp65001") {
        return Some(Codec::Utf8);
    }
    if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        return Some(Codec::Latin1);
    }
    match name.as_str() {
        "latin" | "latin1" | "l1" | "8859" | "cp819" | "iso8859-1" | "iso8859" => Some(Codec::Latin1),
        "ascii" | "us-ascii" | "646" | "us" => Some(Codec::Ascii),
        _ => {
            let label = match name.as_str() {
                "mac-roman" | "macroman" => "macintosh",
                "mac-cyrillic" => "x-mac-cyrillic",
                "cp932" | "ms932" | "sjis" => "shift_jis",
                "cp949" | "euckr" => "euc-kr",
                "eucjp" | "ujis" => "euc-jp",
                "cp936" => "gbk",
                "iso2022-jp" => "iso-2022-jp",
                "iso8859-16" => "iso-8859-16",
                "cp874" => "windows-874",
                "thai" | "tis620" => "tis-620",
                name => name,
            };
            let encoding = Encoding::for_label(label.as_bytes())?;
            // Source must be ASCII-compatible, and the web's aliases of it are not Python's.
            let is_source = encoding.is_ascii_compatible() && encoding != encoding_rs::UTF_8;
            is_source.then_some(Codec::Other(encoding))
        }
    }
}

/// The encoding that a comment in the first two lines names, with its line from 1.
fn cookie(body: &[u8]) -> Option<(String, u32)> {
    let mut rest = body;
    for number in 1..=2 {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind.strip_prefix(b"\r\n").unwrap_or_else(|| behind.get(1..).unwrap_or_default());
        let text = line.trim_ascii_start(); // also skips form feeds
        if !text.is_empty() && text[0] != b'#' {
            return None;
        }
        if let Some(name) = cookie_in(text) {
            return Some((name, number));
        }
    }
    None
}

/// The name in `coding[:=]\s*([-\w.]+)`.
fn cookie_in(comment: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(comment);
    for (at, word) in text.match_indices("coding") {
        let Some(rest) = text[at + word.len()..].strip_prefix([':', '=']) else { continue };
        let is_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String = rest.trim_start_matches([' ', '\t']).chars().take_while(is_name).collect();
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

fn line_of(body: &[u8], offset: usize) -> u32 {
    let before = &body[..offset];
    let breaks = before.iter().enumerate();
    1 + breaks.filter(|(at, byte)| **byte == b'\n' || **byte == b'\r' && body.get(at + 1) != Some(&b'\n')).count()
        as u32
}

fn bad_byte(body: &[u8], offset: usize, codec: &str) -> Problem {
    let message = format!("'{codec}' codec can't decode byte {:#04x} in position {offset}", body[offset]);
    Problem { lineno: Some(line_of(body, offset)), ..Problem::error(Stage::Decode, message) }
}

fn utf8(body: &[u8]) -> Result<String, Problem> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(bad_byte(body, error.valid_up_to(), "utf-8")),
    }
}

fn ascii(body: &[u8]) -> Result<String, Problem> {
    match body.iter().position(|byte| !byte.is_ascii()) {
        None => Ok(String::from_utf8_lossy(body).into_owned()),
        Some(offset) => Err(bad_byte(body, offset, "ascii")),
    }
}

/// Whether the bytes stay within Python's codec of a name for which the web's encoding knows more characters.
fn is_plain(body: &[u8], name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '-'], "");
    let mut bytes = body.iter().copied();
    while let Some(lead) = bytes.next().map(u32::from) {
        if lead < 0x80 {
            continue;
        }
        let fits = match name.as_str() {
            "gb2312" | "euccn" => (0xa1..=0xf7).contains(&lead) && bytes.next().is_some_and(|trail| trail >= 0xa1),
            "euckr" | "ksc5601" => (0xa1..=0xfd).contains(&lead) && bytes.next().is_some_and(|trail| trail >= 0xa1),
            "big5" => (0xa1..=0xf9).contains(&lead) && bytes.next().is_some(),
            "shiftjis" | "sjis" => match lead {
                0xa1..=0xdf => true,
                0x81..=0x84 | 0x88..=0x9f | 0xe0..=0xea => bytes.next().is_some(),
                _ => false,
            },
            "tis620" => lead != 0xa0,
            _ => true,
        };
        if !fits {
            return false;
        }
    }
    true
}

fn other(body: &[u8], encoding: &'static Encoding, name: &str) -> Result<String, Problem> {
    let problem =
        || Problem::error(Stage::Decode, format!("the bytes are not valid `{name}`, which the coding cookie declares"));
    if !is_plain(body, name) {
        return Err(problem());
    }
    let is_code_page = encoding.name().starts_with("windows-");
    if is_code_page && !is_name_of_code_page(name) {
        // The web reads a standard of ISO as the code page that has letters in place of its control characters.
        let decode = |part: &[u8]| encoding.decode_without_bom_handling_and_without_replacement(part).map(String::from);
        let parts = body.chunk_by(|a, b| is_control(*a) == is_control(*b));
        let decoded = parts.map(|part| {
            let is_control = part.first().is_some_and(|byte| is_control(*byte));
            if is_control { Some(part.iter().map(|byte| char::from(*byte)).collect()) } else { decode(part) }
        });
        return decoded.collect::<Option<String>>().ok_or_else(problem);
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(body).ok_or_else(problem)?;
    // The web maps the bytes that a Windows code page leaves undefined to control characters; Python refuses them.
    if is_code_page && text.contains(|c| ('\u{80}'..='\u{9f}').contains(&c)) {
        Err(problem())
    } else {
        Ok(text.into_owned())
    }
}

fn is_name_of_code_page(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["cp", "windows", "x-cp", "dos"].iter().any(|prefix| name.starts_with(prefix))
}

fn is_control(byte: u8) -> bool {
    (0x80..0xa0).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes).as_deref(), Ok(expected), "{}", String::from_utf8_lossy(bytes));
    }

    fn refused(bytes: &[u8], part: &str, line: Option<u32>) {
        let problem = decode(bytes).unwrap_err();
        assert!(problem.message.contains(part), "{}", problem.message);
        assert_eq!(problem.lineno, line, "{}", problem.message);
    }

    #[test]
    fn utf8_is_the_default_and_a_bom_is_dropped() {
        check(b"", "");
        check("é\r\n\u{c}x".as_bytes(), "é\r\n\u{c}x");
        check(b"\xef\xbb\xbfx", "x");
        check(b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n");
        check(b"a\0b", "a\0b");
        refused(b"a\r\nb\n\xe9", "byte 0xe9 in position 5", Some(3));
        refused(b"\xff\xfea\0", "UTF-16", None);
    }

    #[test]
    fn cookies_in_the_first_two_lines_count() {
        check(b"# -*- coding: latin-1 -*-\n\xe9", "# -*- coding: latin-1 -*-\né");
        check(b"#!/x\n# vim: set fileencoding=iso-8859-15 :\n\xa4", "#!/x\n# vim: set fileencoding=iso-8859-15 :\n€");
        check(b"\n#coding=cp1251\n\xe6", "\n#coding=cp1251\nж");
        check(b"# coding: gb2312\n#\xb0\xa1", "# coding: gb2312\n#啊");
        check(b"# coding: shift_jis\n#\x88\x9f\xb1", "# coding: shift_jis\n#亜ｱ");
        check(b"#!/x\r\n# coding: koi8-r\r\n\xc1", "#!/x\r\n# coding: koi8-r\r\nа");
        check(b"# coding: latin_1_unix\n\x80", "# coding: latin_1_unix\n\u{80}");
        refused(b"x = 1\n# coding: latin-1\n\xe9", "utf-8", Some(3));
        refused(b"\n\n# coding: latin-1\n\xe9", "utf-8", Some(4));
    }

    #[test]
    fn control_characters_of_iso_8859_are_themselves() {
        check(b"# coding: iso-8859-9\n#\x80\xf0\x9f", "# coding: iso-8859-9\n#\u{80}ğ\u{9f}");
        check(b"# coding: latin5\n#\x80", "# coding: latin5\n#\u{80}");
        check(b"# coding: ISO_8859_11\n#\x85\xa0\xa1", "# coding: ISO_8859_11\n#\u{85}\u{a0}ก");
        check(b"# coding: tis-620\n#\x80\xa1", "# coding: tis-620\n#\u{80}ก");
        check(b"# coding: iso-8859-2\n#\x80\xb1", "# coding: iso-8859-2\n#\u{80}ą");
        check(b"# coding: cp1254\n#\x80\xf0", "# coding: cp1254\n#€ğ");
    }

    #[test]
    fn what_cpython_refuses_is_refused() {
        refused(b"# coding: nonsense\n", "`nonsense`", Some(1));
        refused(b"# coding: utf-16\n", "`utf-16`", Some(1));
        refused(b"# coding: ascii\n\xe9", "'ascii' codec", Some(2));
        refused(b"# coding: cp1252\n\x81", "`cp1252`", None);
        refused(b"\xef\xbb\xbf# coding: latin-1\n", "byte order mark", Some(1));
        refused(b"\xef\xbb\xbf# coding: utf8\n", "byte order mark", Some(1));
        refused(b"# coding: shift_jis\n\x81", "`shift_jis`", None);
        // The web's encodings of these names have more characters than Python's.
        refused(b"# coding: gb2312\n#\x81\x40", "`gb2312`", None);
        refused(b"# coding: shift_jis\n#\x87\x40", "`shift_jis`", None);
        refused(b"# coding: tis-620\n#\xa0", "`tis-620`", None);
        refused(b"# coding: iso-8859-11\n#\xdb", "`iso-8859-11`", None);
        refused(b"# coding: cp874\n#\x81", "`cp874`", None);
    }
}

//! Docstrings: cleaned as Python does it, and taken apart by the conventions people write them in.

use rustc_hash::FxHashMap;

/// The convention a docstring follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocstringStyle {
    /// Sections such as `Args:` with an indented body.
    Google,
    /// Sections such as `Parameters` underlined with dashes.
    Numpy,
    /// Fields such as `:param x:`.
    Sphinx,
    /// Fields such as `@param x:`.
    Epytext,
    /// Prose alone.
    Plain,
}

impl DocstringStyle {
    /// The value of the column `style`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Numpy => "numpy",
            Self::Sphinx => "sphinx",
            Self::Epytext => "epytext",
            Self::Plain => "plain",
        }
    }
}

/// A docstring taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docstring {
    /// The convention that it follows.
    pub style: DocstringStyle,
    /// The first paragraph, on one line.
    pub short_desc: Option<String>,
    /// The prose behind it, up to the first section or field.
    pub long_desc: Option<String>,
    /// Parameters, in the order given.
    pub params: Vec<DocstringParameter>,
    /// What is returned or yielded; the name is empty unless the convention names it.
    pub returns: Vec<DocstringParameter>,
    /// What is raised: the exception's class is the type, and the name is empty.
    pub raises: Vec<DocstringParameter>,
    /// The texts of the examples.
    pub examples: Vec<String>,
}

/// A parameter, a result or an exception.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocstringParameter {
    /// Name, stars included; empty where there is none.
    pub name: String,
    /// Type as written.
    pub type_name: Option<String>,
    /// Description, its lines stripped of their common indentation.
    pub description: String,
    /// Default as written.
    pub default: Option<String>,
}

/// Remove indentation and outer blank lines, as `inspect.cleandoc` of CPython 3.13 does.
pub fn clean_docstring(raw: &str) -> String {
    let expanded = expand_tabs(raw);
    let mut lines: Vec<&str> = expanded.split('\n').collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let margin = lines[1..].iter().filter(|line| line.len() > indent(line)).map(|line| indent(line)).min();
    lines[0] = lines[0].trim_start_matches(' ');
    for line in &mut lines[1..] {
        *line = line.get(margin.unwrap_or(0)..).unwrap_or("");
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(first, |last| last + 1);
    lines[first..last].join("\n")
}

/// Python's `str.expandtabs()`: tab stops every eight code points.
fn expand_tabs(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' => {
                let width = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\n' | '\r' => {
                expanded.push(c);
                column = 0;
            }
            _ => {
                expanded.push(c);
                column += 1;
            }
        }
    }
    expanded
}

/// What a section or a field speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Params,
    Returns,
    Raises,
    Examples,
    /// A section with a text of its own, such as `Note:`.
    Other,
}

impl Topic {
    fn of_section(title: &str) -> Option<Self> {
        Some(match title.to_ascii_lowercase().as_str() {
            "args" | "arguments" | "parameters" | "params" | "keyword args" | "keyword arguments"
            | "other parameters" => Self::Params,
            "returns" | "return" | "yields" | "yield" => Self::Returns,
            "raises" | "raise" | "except" | "exceptions" => Self::Raises,
            "example" | "examples" => Self::Examples,
            "attributes" | "note" | "notes" | "warning" | "warnings" | "warns" | "see also" | "references" | "todo"
            | "receives" | "methods" | "tip" => Self::Other,
            _ => return None,
        })
    }

    fn of_field(name: &str) -> Option<Self> {
        Some(match name {
            "param" | "parameter" | "arg" | "argument" | "key" | "keyword" | "kwarg" | "kwparam" | "type" => {
                Self::Params
            }
            "return" | "returns" | "rtype" | "yield" | "yields" | "ytype" => Self::Returns,
            "raise" | "raises" | "except" | "exception" => Self::Raises,
            _ => return None,
        })
    }
}

/// Take a cleaned docstring apart.
pub fn parse_docstring(text: &str) -> Docstring {
    let lines: Vec<&str> = text.lines().collect();
    let style = detect(&lines);
    let start = lines.iter().enumerate().position(|(at, _)| opens(style, &lines, at)).unwrap_or(lines.len());
    let (short_desc, long_desc) = prose(&lines[..start]);
    let mut docstring = Docstring {
        style,
        short_desc,
        long_desc,
        params: Vec::new(),
        returns: Vec::new(),
        raises: Vec::new(),
        examples: Vec::new(),
    };
    match style {
        DocstringStyle::Google | DocstringStyle::Numpy => sections(&lines[start..], style, &mut docstring),
        DocstringStyle::Sphinx => fields(&lines[start..], ':', &mut docstring),
        DocstringStyle::Epytext => fields(&lines[start..], '@', &mut docstring),
        DocstringStyle::Plain => {}
    }
    docstring
}

fn detect(lines: &[&str]) -> DocstringStyle {
    use DocstringStyle::{Epytext, Google, Numpy, Sphinx};
    [Numpy, Google, Sphinx, Epytext]
        .into_iter()
        .find(|style| (0..lines.len()).any(|at| opens(*style, lines, at)))
        .unwrap_or(DocstringStyle::Plain)
}

/// Whether the line begins a section or a field of the style.
fn opens(style: DocstringStyle, lines: &[&str], at: usize) -> bool {
    match style {
        DocstringStyle::Google => google_title(lines, at).is_some(),
        DocstringStyle::Numpy => numpy_title(lines, at).is_some(),
        DocstringStyle::Sphinx => field(lines[at], ':').is_some(),
        DocstringStyle::Epytext => field(lines[at], '@').is_some(),
        DocstringStyle::Plain => false,
    }
}

fn google_title(lines: &[&str], at: usize) -> Option<Topic> {
    let topic = Topic::of_section(lines[at].strip_suffix(':')?)?;
    let body = lines[at + 1..].iter().find(|line| !line.trim().is_empty())?;
    body.starts_with([' ', '\t']).then_some(topic)
}

fn numpy_title(lines: &[&str], at: usize) -> Option<Topic> {
    let underline = lines.get(at + 1)?.trim_end();
    let is_underline = underline.len() >= 3 && underline.bytes().all(|byte| byte == b'-');
    if is_underline { Topic::of_section(lines[at].trim_end()) } else { None }
}

/// Split `:param int x: text` or `@param x: text` into its words and its text.
fn field(line: &str, mark: char) -> Option<(Topic, Vec<&str>, &str)> {
    let (head, text) = line.strip_prefix(mark)?.split_once(':')?;
    let words: Vec<&str> = head.split_whitespace().collect();
    let topic = Topic::of_field(words.first()?)?;
    Some((topic, words, text.trim()))
}

fn prose(lines: &[&str]) -> (Option<String>, Option<String>) {
    let end = lines.iter().position(|line| line.trim().is_empty()).unwrap_or(lines.len());
    let short: Vec<&str> = lines[..end].iter().map(|line| line.trim()).collect();
    let long = lines[end..].join("\n").trim().to_owned();
    let some = |text: String| if text.is_empty() { None } else { Some(text) };
    (some(short.join(" ")), some(long))
}

/// The body of a section or an entry without its common indentation and outer blank lines.
fn dedent(lines: &[&str]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let margin = lines.iter().filter(|line| !line.trim().is_empty()).map(|line| indent(line)).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(margin..).unwrap_or("").trim_end()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn sections(lines: &[&str], style: DocstringStyle, docstring: &mut Docstring) {
    let title = |at| if style == DocstringStyle::Google { google_title(lines, at) } else { numpy_title(lines, at) };
    let title_lines = if style == DocstringStyle::Google { 1 } else { 2 };
    let titles: Vec<(usize, Topic)> = (0..lines.len()).filter_map(|at| Some((at, title(at)?))).collect();
    for (i, (at, topic)) in titles.iter().enumerate() {
        let end = titles.get(i + 1).map_or(lines.len(), |(next, _)| *next);
        let mut body = &lines[at + title_lines..end];
        if style == DocstringStyle::Google {
            // What is not indented any more is prose again.
            let outside = |line: &&str| !line.trim().is_empty() && !line.starts_with([' ', '\t']);
            body = &body[..body.iter().position(outside).unwrap_or(body.len())];
        }
        let entries = || if style == DocstringStyle::Google { google_entries(body) } else { numpy_entries(body) };
        match topic {
            Topic::Params => docstring.params.extend(entries().map(|(head, text)| match style {
                DocstringStyle::Google => google_parameter(&head, text),
                _ => numpy_parameter(&head, text),
            })),
            Topic::Raises => docstring.raises.extend(entries().map(|(head, description)| DocstringParameter {
                type_name: Some(head),
                description,
                ..DocstringParameter::default()
            })),
            Topic::Returns if style == DocstringStyle::Google => docstring.returns.push(google_result(&dedent(body))),
            Topic::Returns => docstring.returns.extend(entries().map(|(head, text)| match head.split_once(" : ") {
                Some((name, type_name)) => result(name, Some(type_name), text),
                None => result("", Some(&head), text),
            })),
            Topic::Examples => docstring.examples.push(dedent(body)),
            Topic::Other => {}
        }
    }
}

fn result(name: &str, type_name: Option<&str>, description: String) -> DocstringParameter {
    DocstringParameter {
        name: name.trim().to_owned(),
        type_name: type_name.map(|name| name.trim().to_owned()),
        description,
        default: None,
    }
}

type Entries = std::vec::IntoIter<(String, String)>;

/// `head: text` entries; the text goes on in lines that are indented further.
fn google_entries(body: &[&str]) -> Entries {
    let text = dedent(body);
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> =
        (0..lines.len()).filter(|at| !lines[*at].is_empty() && !lines[*at].starts_with(' ')).collect();
    let entry = |(i, start): (usize, &usize)| {
        let rest = dedent(&lines[start + 1..starts.get(i + 1).copied().unwrap_or(lines.len())]);
        let (head, first) = split_outside_brackets(lines[*start]);
        let text = if rest.is_empty() { first.to_owned() } else { format!("{first}\n{rest}") };
        (head.to_owned(), text.trim().to_owned())
    };
    starts.iter().enumerate().map(entry).collect::<Vec<_>>().into_iter()
}

/// A line with the entry's head, then its indented text.
fn numpy_entries(body: &[&str]) -> Entries {
    let is_head = |line: &str| !line.trim().is_empty() && !line.starts_with(' ');
    let starts: Vec<usize> = (0..body.len()).filter(|at| is_head(body[*at])).collect();
    let entry = |(i, start): (usize, &usize)| {
        let text = dedent(&body[start + 1..starts.get(i + 1).copied().unwrap_or(body.len())]);
        (body[*start].trim().to_owned(), text)
    };
    starts.iter().enumerate().map(entry).collect::<Vec<_>>().into_iter()
}

/// Split at the first colon that stands in no bracket.
fn split_outside_brackets(line: &str) -> (&str, &str) {
    let mut depth = 0;
    for (at, c) in line.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 0 => return (line[..at].trim(), line[at + 1..].trim()),
            _ => {}
        }
    }
    (line.trim(), "")
}

/// `x`, `x (int)` or `x (int, optional)`.
fn google_parameter(head: &str, description: String) -> DocstringParameter {
    let (name, type_name) = match head.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')').unwrap_or(rest).trim())),
        None => (head, None),
    };
    let type_name =
        type_name.map(|name| name.strip_suffix("optional").map_or(name, |name| name.trim_end_matches([' ', ','])));
    DocstringParameter {
        name: name.to_owned(),
        type_name: type_name.filter(|name| !name.is_empty()).map(str::to_owned),
        default: default_in(&description),
        description,
    }
}

/// `x`, `x : int` or `x : int, default 1`.
fn numpy_parameter(head: &str, description: String) -> DocstringParameter {
    let (name, spec) = head.split_once(':').map_or((head, None), |(name, spec)| (name, Some(spec.trim())));
    let mut types: Vec<&str> = Vec::new();
    let mut default = None;
    for part in spec.into_iter().flat_map(|spec| spec.split(", ")) {
        match part.strip_prefix("default") {
            Some(value) => default = Some(value.trim_start_matches([':', '=', ' ']).to_owned()),
            None if part == "optional" => {}
            None => types.push(part),
        }
    }
    DocstringParameter {
        name: name.trim().to_owned(),
        type_name: if types.is_empty() { None } else { Some(types.join(", ")) },
        default: default.or_else(|| default_in(&description)),
        description,
    }
}

/// The value in `Defaults to 3.`
fn default_in(description: &str) -> Option<String> {
    let at = description.to_ascii_lowercase().find("defaults to ")?;
    let value = description[at + "defaults to ".len()..].split_whitespace().next()?;
    Some(value.trim_end_matches(['.', ',', ';']).to_owned())
}

/// `int: text`, or text alone.
fn google_result(text: &str) -> DocstringParameter {
    let (first, rest) = text.split_once('\n').map_or((text, None), |(first, rest)| (first, Some(rest)));
    match split_outside_brackets(first) {
        // A type is one word, or anything in brackets.
        (head, tail) if !tail.is_empty() && (!head.contains(' ') || head.ends_with(']')) => {
            let rest = rest.map(|rest| dedent(&rest.lines().collect::<Vec<_>>()));
            let text = rest.map_or(tail.to_owned(), |rest| format!("{tail}\n{rest}"));
            result("", Some(head), text)
        }
        _ => result("", None, text.to_owned()),
    }
}

fn fields(lines: &[&str], mark: char, docstring: &mut Docstring) {
    let mut places = FxHashMap::default();
    let starts: Vec<usize> = (0..lines.len()).filter(|at| field(lines[*at], mark).is_some()).collect();
    for (i, start) in starts.iter().enumerate() {
        let Some((topic, words, first)) = field(lines[*start], mark) else { continue };
        let end = starts.get(i + 1).copied().unwrap_or(lines.len());
        // A field goes on in indented lines; an unindented one is prose again.
        let rest = &lines[start + 1..end];
        let rest = &rest[..rest.iter().position(|line| !line.starts_with([' ', '\t'])).unwrap_or(rest.len())];
        let rest = dedent(rest);
        let text = if rest.is_empty() { first.to_owned() } else { format!("{first}\n{rest}").trim().to_owned() };
        match (topic, words[0]) {
            (Topic::Params, "type") => {
                let name = words[1..].join(" ");
                let param = entry_named(&mut docstring.params, &mut places, &name);
                param.type_name = Some(text);
            }
            (Topic::Params, _) => {
                let Some((name, types)) = words[1..].split_last() else { continue };
                let param = entry_named(&mut docstring.params, &mut places, name);
                if !types.is_empty() {
                    param.type_name = Some(types.join(" "));
                }
                param.default = default_in(&text);
                param.description = text;
            }
            (Topic::Returns, kind) => {
                if docstring.returns.is_empty() {
                    docstring.returns.push(DocstringParameter::default());
                }
                let result = &mut docstring.returns[0];
                match kind {
                    "rtype" | "ytype" => result.type_name = Some(text),
                    _ => result.description = text,
                }
            }
            (Topic::Raises, _) => docstring.raises.push(DocstringParameter {
                type_name: if words.len() > 1 { Some(words[1..].join(" ")) } else { None },
                description: text,
                ..DocstringParameter::default()
            }),
            (Topic::Examples | Topic::Other, _) => {}
        }
    }
}

/// The first parameter of a name, which is added if there is none. `places` are those of the names.
fn entry_named<'a>(
    params: &'a mut Vec<DocstringParameter>,
    places: &mut FxHashMap<String, usize>,
    name: &str,
) -> &'a mut DocstringParameter {
    let at = places.get(name).copied().unwrap_or_else(|| {
        places.insert(name.to_owned(), params.len());
        params.push(DocstringParameter { name: name.to_owned(), ..DocstringParameter::default() });
        params.len() - 1
    });
    &mut params[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: `inspect.cleandoc` of CPython 3.13.
    #[test]
    fn cleans_as_cpython_does() {
        let check = |raw: &str, expected: &str| assert_eq!(clean_docstring(raw), expected, "{raw:?}");
        check("", "");
        check("  one\n    two\n   three\n  ", "one\n two\nthree");
        check("\n\n\tone\n\t  two\n", "one\n  two");
        check("one\n\u{a0} two", "one\n\u{a0} two");
        check("a\n   \n  b", "a\n \nb");
    }

    fn show(params: &[DocstringParameter]) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        params
            .iter()
            .map(|p| format!("{}|{}|{}|{}", p.name, text(&p.type_name), p.description, text(&p.default)))
            .collect()
    }

    #[test]
    fn google_sections() {
        let doc = parse_docstring(
            "Do it\nwell.\n\nAt length.\n\nArgs:\n    x (int, optional): The x.\n        Defaults to 3.\n    **kw: Rest.\n\n\
             Returns:\n    dict[str, int]: The map.\n\nRaises:\n    ValueError: If bad.\n\nExample:\n    >>> f(1)\n    2\n",
        );
        assert_eq!(doc.style, DocstringStyle::Google);
        assert_eq!(doc.short_desc.as_deref(), Some("Do it well."));
        assert_eq!(doc.long_desc.as_deref(), Some("At length."));
        assert_eq!(show(&doc.params), ["x|int|The x.\nDefaults to 3.|3", "**kw|-|Rest.|-"]);
        assert_eq!(show(&doc.returns), ["|dict[str, int]|The map.|-"]);
        assert_eq!(show(&doc.raises), ["|ValueError|If bad.|-"]);
        assert_eq!(doc.examples, [">>> f(1)\n2"]);
    }

    #[test]
    fn numpy_sections() {
        let doc = parse_docstring(
            "Sum.\n\nParameters\n----------\nx : array_like, optional\n    Data.\ny : {'a', 'b'}, default 'a'\n    How.\n\n\
             Returns\n-------\nout : ndarray\n    The sum.\n\nExamples\n--------\n>>> f()\n",
        );
        assert_eq!(doc.style, DocstringStyle::Numpy);
        assert_eq!(show(&doc.params), ["x|array_like|Data.|-", "y|{'a', 'b'}|How.|'a'"]);
        assert_eq!(show(&doc.returns), ["out|ndarray|The sum.|-"]);
        assert_eq!(doc.examples, [">>> f()"]);
    }

    #[test]
    fn sphinx_and_epytext_fields() {
        let doc = parse_docstring(
            "Send.\n\n:param int x: The x\n    and more.\n:param y: The y.\n:type y: str\n:raises OSError: If down.\n\
             :return: All.\n:rtype: list\n\nMore prose.",
        );
        assert_eq!(doc.style, DocstringStyle::Sphinx);
        assert_eq!(show(&doc.params), ["x|int|The x\nand more.|-", "y|str|The y.|-"]);
        assert_eq!(show(&doc.returns), ["|list|All.|-"]);
        assert_eq!(show(&doc.raises), ["|OSError|If down.|-"]);
        let doc = parse_docstring("Go.\n@param x: The x.\n@type x: int\n@return: y");
        assert_eq!((doc.style, show(&doc.params)), (DocstringStyle::Epytext, vec!["x|int|The x.|-".to_owned()]));
        assert_eq!(doc.short_desc.as_deref(), Some("Go."));
    }

    #[test]
    fn prose_with_colons_is_plain() {
        for text in ["", "Note: this is prose.", "Returns:\nnothing", "See http://x.y: there"] {
            let doc = parse_docstring(text);
            assert_eq!((doc.style, doc.params.len()), (DocstringStyle::Plain, 0), "{text:?}");
        }
    }
}

//! Documents that are small to send and large to execute. `bench/src/bin/hostile.rs` sends them too.

/// Each shape with its name.
pub fn all() -> Vec<(&'static str, String)> {
    [fragments(), cycles(), nests(), floods()].concat()
}

fn nest(open: &str, middle: &str, close: &str, n: usize) -> String {
    format!("{}{middle}{}", open.repeat(n), close.repeat(n))
}

fn many(n: usize, make: impl Fn(usize) -> String) -> String {
    (0..n).map(make).collect()
}

fn aliased(n: usize, of: &str) -> String {
    many(n, |i| format!("a{i}: {of} "))
}

/// Every fragment on `of` says `each` with the name of the next one in place of `%`; the last one says `last`.
fn chain(levels: usize, of: &str, each: &str, last: &str) -> String {
    let link = |i: usize| format!("fragment F{i} on {of} {{ {} }} ", each.replace('%', &format!("F{}", i + 1)));
    many(levels, link) + &format!("fragment F{levels} on {of} {{ {last} }} ")
}

/// Every fragment spreads the next one k times.
fn spreading(levels: usize, k: usize, last: &str) -> String {
    chain(levels, "Query", &"...% ".repeat(k), last)
}

/// Forty ways to say little and mean much.
#[allow(clippy::too_many_lines, reason = "a table")]
pub fn fragments() -> Vec<(&'static str, String)> {
    let query = |fragments: String| format!("{{ ...F0 }} {fragments}");
    let doubling = |last: &str| query(spreading(31, 2, last));
    let through = |each: &str| query(chain(14, "Query", each, "version"));
    vec![
        ("doubling", doubling("version")),
        ("doubling, 60 levels", query(spreading(60, 2, "version"))),
        ("tripling", query(spreading(20, 3, "version"))),
        ("fivefold", query(spreading(13, 5, "version"))),
        ("tenfold", query(spreading(8, 10, "version"))),
        ("thirtyfold", query(spreading(5, 30, "version"))),
        ("hundredfold", query(spreading(3, 100, "version"))),
        ("four hundred times four hundred", query(spreading(2, 400, "version"))),
        ("one fragment a thousand times", query(spreading(1, 1000, "version"))),
        ("chain of 300", query(spreading(300, 1, "version"))),
        ("doubling to a field that there is not", doubling("nothing")),
        ("doubling to nothing but its name", doubling("__typename")),
        ("doubling to an object", doubling("viewer { id email }")),
        ("doubling to a list", doubling("links(first: 100) { edges { cursor } }")),
        ("doubling to lists of lists", doubling("links(first: 100) { edges { node { tags { name } } } }")),
        ("doubling to an alias flood", query(spreading(6, 3, &aliased(20, "version")))),
        ("doubling to directives", query(spreading(6, 2, "version @skip(if: false)"))),
        ("doubling to the schema", doubling("__schema { types { name } }")),
        ("doubling to a long string", doubling(&format!("link(id: \"{}\") {{ id }}", "x".repeat(1000)))),
        ("doubling, of no use", format!("{{ version }} {}", spreading(28, 2, "version"))),
        ("doubling, for the other operation", {
            format!("query A {{ version }} query B {{ ...F0 }} {}", spreading(28, 2, "version"))
        }),
        ("doubling, entered at every level", {
            format!("{{ {} }} {}", many(28, |i| format!("...F{i} ")), spreading(28, 2, "version"))
        }),
        ("doubling, the last one first", {
            let pieces: Vec<_> = spreading(28, 2, "version").split_inclusive("} ").map(str::to_owned).collect();
            query(pieces.into_iter().rev().collect())
        }),
        ("two doublings that meet", {
            let one = |name: &str| chain(20, "Query", "...% ...%", "version").replace('F', name);
            format!("{{ ...A0 ...B0 }} {}{}", one("A"), one("B"))
        }),
        ("spreads with directives", through("...% @include(if: true) ...% @skip(if: false)")),
        ("spreads by variables", {
            let fragments = chain(14, "Query", "...% @include(if: $a) ...% @skip(if: $a)", "version");
            format!("query($a: Boolean!) {{ ...F0 }} {fragments}")
        }),
        ("through inline fragments", through("... on Query { ...% } ... on Query { ...% }")),
        ("through inline fragments without a type", through("... { ...% } ... { ...% }")),
        ("through inline fragments in each other", through("... { ... { ... { ...% } } } ...%")),
        ("through fields of the same name", {
            query(chain(14, "Viewer", "viewer { ...% } viewer { ...% }", "id").replacen("on Viewer", "on Query", 1))
        }),
        ("through aliases", { query(chain(14, "Query", "a: viewer { ...% } b: viewer { ...% }", "version")) }),
        ("through pages", query(chain(9, "Query", "links(first: 100) { edges { node { ...% ...% } } }", "version"))),
        ("through a fragment between", {
            let each = |i: usize| {
                format!(
                    "fragment F{i} on Query {{ ...G{i} ...G{i} }} fragment G{i} on Query {{ ...F{0} ...F{0} }} ",
                    i + 1
                )
            };
            format!("{{ ...F0 }} {} fragment F16 on Query {{ version }}", many(16, each))
        }),
        ("growing like Fibonacci", {
            let each = |i: usize| format!("fragment F{i} on Query {{ ...F{} ...F{} }} ", i + 1, i + 2);
            let ends = many(2, |i| format!("fragment F{} on Query {{ version }} ", i + 45));
            format!("{{ ...F0 }} {}{ends}", many(45, each))
        }),
        ("every one spreads all that follow", {
            let each = |i: usize| {
                format!("fragment F{i} on Query {{ version {} }} ", many(29 - i, |k| format!("...F{} ", i + k + 1)))
            };
            format!("{{ ...F0 }} {}", many(30, each))
        }),
        ("in a mutation", {
            format!("mutation {{ ...F0 }} {}", chain(28, "Mutation", "...% ...%", "logout { __typename }"))
        }),
        ("credentials, doubled", {
            let login = "login(input: {email: \"a\", password: \"b\"}) { __typename }";
            format!("mutation {{ ...F0 }} {}", chain(7, "Mutation", "...% ...%", login))
        }),
        ("in a subscription", {
            format!("subscription {{ ...F0 }} {}", chain(28, "Subscription", "...% ...%", "clicks { skipped }"))
        }),
        ("on types that do not fit", query(chain(28, "Viewer", "...% ...%", "id"))),
        ("to one that there is not", query(spreading(28, 2, "...Nowhere"))),
    ]
}

fn cycles() -> Vec<(&'static str, String)> {
    vec![
        ("cycle of one", "{ ...F } fragment F on Query { ...F }".into()),
        ("cycle of two", "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }".into()),
        ("cycle through a field", "{ ...F } fragment F on Query { viewer { ...F } }".into()),
        ("cycle that nobody spreads", "{ version } fragment F on Query { version ...F }".into()),
        ("cycle at the end of a doubling", format!("{{ ...F0 }} {}", spreading(28, 2, "...F0"))),
        ("cycle of 200", {
            format!("{{ ...F0 }} {}", many(200, |i| format!("fragment F{i} on Query {{ ...F{} }} ", (i + 1) % 200)))
        }),
    ]
}

fn nests() -> Vec<(&'static str, String)> {
    vec![
        ("deep fields", nest("{ viewer ", "{ id }", "}", 30)),
        ("eleven fields deep", nest("{ viewer ", "{ id }", "}", 10)),
        ("deeper than the parser", nest("{a", "", "}", 10_000)),
        ("deep inline fragments", format!("{{ {} }}", nest("... on Query { ", "version", " }", 40))),
        ("deep list value", format!("{{ links(filter: {{tags: {}}}) {{ __typename }} }}", nest("[", "1", "]", 100))),
        ("deep object value", format!("{{ links(filter: {}) {{ __typename }} }}", nest("{a: ", "1", "}", 100))),
        ("deep list type", format!("query($a: {}) {{ version }}", nest("[", "Int", "]", 1000))),
        ("brackets never closed", "{".repeat(200_000)),
        ("schema times schema", {
            let types = "types { fields { type { fields { type { fields { type { fields { name } } } } } } } }";
            format!("{{ __schema {{ {types} }} }}")
        }),
    ]
}

fn floods() -> Vec<(&'static str, String)> {
    let page = "links(first: 100) { edges { node { totals { __typename } creator { id } } } }";
    vec![
        ("31 aliases", format!("{{ {} }}", aliased(31, "__typename"))),
        ("1,000 aliases", format!("{{ {} }}", aliased(1000, "version"))),
        ("21 root fields", format!("{{ {} }}", "__typename ".repeat(21))),
        ("600 times the same field", format!("{{ viewer {{ {} }} }}", "id ".repeat(600))),
        ("five directives on a field", format!("{{ version {} }}", "@skip(if: false) ".repeat(5))),
        ("21 directives", format!("{{ viewer {{ {} }} }}", "id @skip(if: false) ".repeat(21))),
        ("5,000 directives", format!("{{ version {} }}", "@a ".repeat(5000))),
        ("100,000 tokens", format!("{{ {} }}", "a ".repeat(100_000))),
        ("long list of numbers", format!("{{ links(filter: {{tags: [{}]}}) {{ __typename }} }}", "1 ".repeat(5000))),
        ("many operations", many(600, |i| format!("query Q{i} {{ version }} "))),
        ("many variables", format!("query({}) {{ version }}", many(1000, |i| format!("$v{i}: Int ")))),
        ("many fragments of no use", {
            format!("{{ version }} {}", many(600, |i| format!("fragment F{i} on Query {{ version }} ")))
        }),
        ("page of 101", "{ links(first: 101) { edges { cursor } } }".into()),
        ("page of 2^31", "{ links(last: 2147483647) { edges { cursor } } }".into()),
        ("pages beside pages", format!("{{ {} }}", aliased(3, page))),
        ("a string that does not end", format!("{{ a(b: \"{}", "{".repeat(100_000))),
        ("a block string that does not end", format!("{{ a(b: \"\"\"{}", "{".repeat(100_000))),
        ("a comment of 200 KB", format!("{{ version # {}\n}}", "x".repeat(200_000))),
        ("white space of 200 KB", format!("{{ version {} }}", " ".repeat(200_000))),
        ("commas of 200 KB", format!("{{ version {} }}", ",".repeat(200_000))),
        ("a string of 200 KB", format!("{{ link(id: \"{}\") {{ id }} }}", "x".repeat(200_000))),
        ("100 logins", {
            format!("mutation {{ {} }}", aliased(100, "login(input: {email: \"a\", password: \"b\"}) { __typename }"))
        }),
    ]
}

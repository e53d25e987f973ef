//! The pages that mails lead to, as they are sent. What they do is tested in a browser (`web/tests/pages.test.js`).

use reqwest::Method;

use crate::platform::{Answer, Platform};

const PAGES: [&str; 4] = ["/login", "/verify", "/reset", "/invite"];

/// What stands between the quotes after each `name="`.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let rest = page.split(name).skip(1);
    rest.filter_map(|rest| rest.strip_prefix("=\"")?.split('"').next()).collect()
}

#[tokio::test]
async fn s25_pages_have_nothing_inline_and_a_policy_that_allows_nothing_inline() {
    let platform = Platform::start(|_| {}).await;
    let get = async |path: &str| Answer::of(platform.http.get(format!("{}{path}", platform.url))).await;
    for path in PAGES {
        let plain = get(path).await;
        let hostile = get(&format!("{path}?token=%3Cscript%3E&next=%22%3E%3Cscript%3E")).await;
        assert_eq!((plain.status.as_u16(), &plain.body), (200, &hostile.body), "nothing of the request is in {path}");
        let header = |name: &str| plain.headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store", "no-referrer"), "{path}");
        assert_eq!((header("x-content-type-options"), header("x-frame-options")), ("nosniff", "DENY"));
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let page = plain.body.as_str().unwrap();
        for inline in ["<style", " style=", "<script>", " onclick=", " onload=", "javascript:", "http:", "https:"] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
    }
}

#[tokio::test]
async fn every_file_of_a_page_is_there_and_is_asked_for_again() {
    let platform = Platform::start(|config| config.gateway.playground = false).await;
    let get = async |path: &str| Answer::of(platform.http.get(format!("{}{path}", platform.url))).await;
    let mut files = Vec::new();
    for path in PAGES {
        let page = get(path).await;
        let page = page.body.as_str().unwrap();
        let own = attributes(page, "href").into_iter().chain(attributes(page, "src"));
        files.extend(own.filter(|file| file.starts_with("/assets/")).map(str::to_owned));
        assert!(!page.contains("PLAYGROUND"), "{path}");
    }
    assert!(files.len() == 8, "a style and a script of each: {files:?}");
    while let Some(file) = files.pop() {
        let answer = get(&file).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!((answer.status.as_u16(), header("x-content-type-options")), (200, "nosniff"), "{file}");
        let kind = if file.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert_eq!(header("content-type"), format!("{kind}; charset=utf-8"));
        let known = platform.http.get(format!("{}{file}", platform.url)).header("if-none-match", header("etag"));
        assert_eq!(Answer::of(known).await.status, 304);
        let imports = answer.body.as_str().unwrap().lines().filter_map(|line| line.split_once("from \"./"));
        files.extend(imports.map(|(_, name)| format!("/assets/pages/{}", name.trim_end_matches("\";"))));
    }
    for gone in
        ["/assets/playground/playground.js", "/assets/pages/login.html", "/assets/pages/", "/login/", "/verify/x"]
    {
        assert_eq!(get(gone).await.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn pages_can_only_be_looked_at() {
    let platform = Platform::start(|_| {}).await;
    let ask = async |method: Method, path: &str| {
        Answer::of(platform.http.request(method, format!("{}{path}", platform.url)).body("token=x")).await
    };
    for path in PAGES {
        assert_eq!(ask(Method::HEAD, path).await.status, 200);
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = ask(method, path).await;
            assert_eq!(answer.status, 405, "{path}");
            assert_eq!(answer.headers["allow"], "GET,HEAD");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        }
    }
    let home = ask(Method::GET, "/").await;
    assert_eq!((home.status.as_u16(), home.headers["location"].to_str().unwrap()), (303, "/login"));
}

//! QR codes over REST.

use qrcodegen::{QrCode, QrCodeEcc};
use reqwest::Method;
use serde_json::json;

use crate::platform::Platform;
use crate::rest::{Account, assert_problem, field};

#[tokio::test]
async fn a_qr_code_holds_the_short_url_with_the_mark_of_a_scan() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/", "alias": "prüfung"})).await;
    let path = format!("/v1/links/{}/qr", link["id"].as_str().unwrap());
    let text = format!("{}?qr=1", link["shortUrl"].as_str().unwrap());
    let expected = QrCode::encode_text(&text, QrCodeEcc::High).unwrap();

    let answer = ann.request(Method::GET, &format!("{path}?level=H&margin=0&size=300")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"image/png".parse().unwrap()));
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let tag = answer.headers()["etag"].clone();
    let file = answer.bytes().await.unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!((reader.info().width, reader.info().height), (300, 300));
    let modules = usize::try_from(expected.size()).unwrap();
    let (scale, row) = (300 / modules, 300_usize.div_ceil(8));
    let offset = (300 - modules * scale) / 2;
    for (x, y) in (0..modules).flat_map(|x| (0..modules).map(move |y| (x, y))) {
        let (at_x, at_y) = (offset + x * scale + scale / 2, offset + y * scale + scale / 2);
        let dark = pixels[at_y * row + at_x / 8] >> (7 - at_x % 8) & 1 == 1;
        assert_eq!(dark, expected.get_module(x as i32, y as i32), "{x} {y}");
    }

    let again = ann.request(Method::GET, &format!("{path}?level=H&margin=0&size=300")).header("if-none-match", &tag);
    let again = again.send().await.unwrap();
    assert_eq!((again.status().as_u16(), again.bytes().await.unwrap().len()), (304, 0));
    let svg = ann.request(Method::GET, &format!("{path}?format=svg&color=ff0000")).send().await.unwrap();
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    // A picture that is opened as a page runs nothing.
    assert!(svg.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(svg.text().await.unwrap().contains("fill=\"#ff0000\""));
}

#[tokio::test]
async fn s32_large_codes_and_foreign_logos_are_refused() {
    let platform = Platform::start(|_| {}).await;
    let ann = Account::register(&platform, "ann").await;
    let link = ann.link(&json!({"url": "https://example.org/"})).await;
    let path = format!("/v1/links/{}/qr", link["id"].as_str().unwrap());
    assert_eq!(ann.request(Method::GET, &format!("{path}?size=2048")).send().await.unwrap().status(), 200);
    for (query, status, name) in [
        ("size=2049", 422, "size"),
        ("size=100000", 422, "size"),
        ("size=63", 422, "size"),
        ("margin=17", 422, "margin"),
        ("color=javascript", 422, "color"),
        ("color=ffffff", 422, "background"),
        ("logo=https://evil.example/x.png", 400, "logo"),
        ("format=gif", 400, "format"),
    ] {
        let refused = ann.get(&format!("{path}?{query}")).await;
        assert_eq!((refused.status.as_u16(), field(&refused)), (status, name), "{query}: {refused:?}");
    }
    assert_problem(&ann.get("/v1/links/7/qr").await, 404, "NOT_FOUND", "LINK_NOT_FOUND");
}

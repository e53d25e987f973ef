//! The table of hostile destinations. Each is refused with its reason or comes out in the one form that is stored.

use Refusal::*;

use super::*;

fn config() -> curtail_config::Config {
    let mut config = curtail_config::Config::for_tests();
    config.domains.default = "go.example".to_owned();
    config.domains.default_base_url = "https://go.example".to_owned();
    config.domains.additional = vec!["kürz.example".to_owned()];
    config.domains.aliases = vec!["www.go.example".to_owned(), "203.0.113.9".to_owned(), "[2001:db8::9]".to_owned()];
    config.domains.app_url = "https://app.example:8443".to_owned();
    config.shortener.blocked_hosts =
        [".evil.example", "bad.example", "198.51.100.7", "böse.example"].map(str::to_owned).into();
    config
}

fn rules(config: &curtail_config::Config) -> Rules {
    Rules::new(&config.domains, &config.shortener).unwrap()
}

fn assert_refused(refusal: Refusal, inputs: &[&str]) {
    let rules = rules(&config());
    for input in inputs {
        assert_eq!(rules.check(input), Err(refusal), "{input:?}");
    }
}

fn assert_stored(pairs: &[(&str, &str)]) {
    let rules = rules(&config());
    for (input, stored) in pairs {
        let destination = rules.check(input).unwrap_or_else(|refusal| panic!("{input:?}: {refusal}"));
        assert_eq!(destination.as_str(), *stored, "{input:?}");
        assert!(stored.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{stored:?} does not fit into a header");
        // What is stored means itself: a second check changes nothing.
        assert_eq!(rules.check(stored).as_ref(), Ok(&destination), "{input:?}");
    }
}

#[test]
fn s01_schemes_that_are_not_http() {
    assert_refused(
        Scheme,
        &[
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "JAVASCRIPT://go.example/%0aalert(1)",
            "  javascript:alert(1)",
            "javascript:alert(1)  ",
            "data:text/html,<script>alert(1)</script>",
            "DATA:text/html;base64,PHNjcmlwdD4=",
            "vbscript:msgbox(1)",
            "VbScRiPt:msgbox(1)",
            "file:///etc/passwd",
            "file://localhost/etc/passwd",
            "file:c:/windows",
            "ftp://ftp.example/pub",
            "ftps://ftp.example/pub",
            "sftp://host.example/",
            "ws://socket.example/",
            "wss://socket.example/",
            "blob:https://site.example/9115d58c",
            "filesystem:https://site.example/temporary/x",
            "view-source:https://site.example/",
            "about:blank",
            "chrome://settings",
            "mailto:someone@site.example",
            "tel:+4912345",
            "sms:+4912345",
            "intent://scan/#Intent;scheme=zxing;end",
            "android-app://com.example/",
            "ms-word:ofe|u|https://site.example/x.docx",
            "gopher://site.example/",
            "ldap://site.example/",
            "jar:https://site.example/a.jar!/",
            "httpx://site.example/",
            "https+x://site.example/",
            "urn:isbn:0451450523",
            "localhost:8080",
            "site.example:80/path",
        ],
    );
}

#[test]
fn s01_no_absolute_url_at_all() {
    assert_refused(
        Malformed,
        &[
            "site.example",
            "www.site.example/path",
            "/path",
            "//site.example/path",
            "///site.example",
            "\\\\site.example\\share",
            "/\\site.example",
            "?query",
            "#fragment",
            "http",
            "http:",
            "http://",
            "http:///",
            "https://?query",
            "https://#fragment",
            "http://:80/",
            "java script:alert(1)",
            "javascript&colon;alert(1)",
            "1http://site.example",
            ":http://site.example",
            "\u{a0}javascript:alert(1)",
            "\u{200b}https://site.example",
            "\u{feff}https://site.example",
            "ｊavascript:alert(1)",
            "https://[::1",
            "https://[::g]/",
            "https://site.example:99999/",
            "https://site.example:port/",
            "https://site example/",
            "https://site%00.example/",
            "https://site%0a.example/",
            "https://site%20.example/",
            "https://site<.example/",
            "https://site|.example/",
            "https://site^.example/",
            "https://1.2.3.4.5/",
            "https://256.1.1.1/",
            "https://0x100000000/",
            "https://1.2.3.08/",
            "https://site.0x/x.1.999999999999",
            "https://xn--/",
            "https://xn--a/",
            "https://\u{ad}/",
            "https://%/",
        ],
    );
}

#[test]
fn s03_control_characters_tabs_and_line_breaks() {
    assert_refused(
        ControlCharacter,
        &[
            "java\nscript:alert(1)",
            "java\tscript:alert(1)",
            "\njavascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "https://site.example/\r\nSet-Cookie: a=b",
            "https://site.example/\nLocation: https://evil.example",
            "https://site.example/\r",
            "https://site.example/a\tb",
            "\thttps://site.example/",
            "https://site.example/\n",
            "https://site.example/\0",
            "https://site.exam\0ple/",
            "https://site.example/\u{1b}[2J",
            "https://site.example/\u{7f}",
            "https://site.example/\u{85}",
            "ht\ntps://site.example/",
            "https:\t//site.example/",
            "https://site.example/#a\nb",
            "https://site.example/?a=\u{b}",
        ],
    );
}

#[test]
fn s02_user_names_and_passwords() {
    assert_refused(
        UserInfo,
        &[
            "http://a@site.example",
            "http://a:b@site.example/",
            "http://:b@site.example/",
            "http://@site.example/",
            "http://:@site.example/",
            "http://site.example@evil.example/",
            "https://www.bank.example:443@evil.example/",
            "https://a@b@site.example/",
            "https://%40@site.example/",
            "https://user%3apass@site.example/",
            "http:/\\a@site.example/",
            "http:a@site.example/",
            "https://①@site.example",
        ],
    );
}

#[test]
fn s02_forms_that_parsers_disagree_on_are_stored_in_one() {
    assert_stored(&[
        ("http:/\\site.example", "http://site.example/"),
        ("http:\\\\site.example\\path", "http://site.example/path"),
        ("http:site.example", "http://site.example/"),
        ("http:/site.example", "http://site.example/"),
        ("http:////site.example/", "http://site.example/"),
        ("https://site.example\\@other.example/", "https://site.example/@other.example/"),
        ("https://site.example#@other.example/", "https://site.example/#@other.example/"),
        ("https://site.example?@other.example/", "https://site.example/?@other.example/"),
        ("HTTPS://SITE.Example/Path", "https://site.example/Path"),
        ("https://site.example:443/", "https://site.example/"),
        ("http://site.example:00080/", "http://site.example/"),
        ("https://site.example:8443", "https://site.example:8443/"),
        ("  https://site.example/  ", "https://site.example/"),
        ("https://s%69te.example/", "https://site.example/"),
        ("https://ｓｉｔｅ．example/", "https://site.example/"),
        ("https://site。example/", "https://site.example/"),
        ("https://site.example./", "https://site.example./"),
        ("https://site.example/a/../../b", "https://site.example/b"),
        ("https://site.example/%2e%2E/b", "https://site.example/b"),
        ("https://site.example/%2f%00%0d%0aX", "https://site.example/%2f%00%0d%0aX"),
        ("https://site.example/%zz", "https://site.example/%zz"),
        ("https://site.example/a b?c d#e f", "https://site.example/a%20b?c%20d#e%20f"),
        ("https://site.example/\"<>`", "https://site.example/%22%3C%3E%60"),
        ("https://site.example/ä?ö#ü", "https://site.example/%C3%A4?%C3%B6#%C3%BC"),
        ("https://site.example/\u{2028}\u{a0}", "https://site.example/%E2%80%A8%C2%A0"),
        ("https://site.example/?next=javascript:alert(1)", "https://site.example/?next=javascript:alert(1)"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://017700000001/", "http://127.0.0.1/"),
        ("http://0/", "http://0.0.0.0/"),
        ("http://1.2.3.4./", "http://1.2.3.4/"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
        ("http://0xC6336401/", "http://198.51.100.1/"),
        ("http://[::FFFF:1.2.3.4]/", "http://[::ffff:102:304]/"),
        ("http://[0:0::0:1]:80/", "http://[::1]/"),
    ]);
}

#[test]
fn s04_our_own_domains_in_every_spelling() {
    assert_refused(
        OwnDomain,
        &[
            "https://go.example/abc",
            "http://go.example",
            "https://GO.EXAMPLE/abc",
            "https://go.example:8443/abc",
            "https://go.example./abc",
            "https://go%2eexample/abc",
            "https://%67o.example/abc",
            "https://ｇｏ.example/abc",
            "https://go。example/abc",
            "https://g\u{ad}o.example/abc",
            "https:\\\\go.example\\abc",
            "https:go.example/abc",
            "https://www.go.example/abc",
            "https://kürz.example/abc",
            "https://KÜRZ.example/abc",
            "https://ku\u{308}rz.example/abc",
            "https://k%C3%BCrz.example/abc",
            "https://xn--krz-hoa.example/abc",
            "https://XN--KRZ-HOA.example./abc",
            "https://203.0.113.9/abc",
            "https://203.0.113.9:8081/abc",
            "https://0xcb007109/abc",
            "https://3405803785/abc",
            "https://0313.0.0161.011/abc",
            "https://203.0.28937/abc",
            "https://[::ffff:203.0.113.9]/abc",
            "https://[::ffff:cb00:7109]/abc",
            "https://[2001:db8::9]/abc",
            "https://[2001:0DB8:0:0:0:0:0:9]/abc",
            "https://app.example/graphql",
            "https://app.example:8443/",
            "http://app.example:80/",
        ],
    );
}

#[test]
fn s04_every_loopback_name_when_we_are_on_loopback() {
    let rules = rules(&curtail_config::Config::for_tests());
    for input in [
        "http://localhost:8081/abc",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://any.localhost/",
        "http://localhost.localdomain/",
        "http://ip6-localhost/",
        "http://127.0.0.1:8081/abc",
        "http://127.1/",
        "http://127.8.8.8/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0/",
        "http://0.1.2.3/",
        "http://[::1]:8081/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://①②⑦.0.0.1/",
        "http://%6cocalhost/",
        "http://ｌocalhost/",
    ] {
        assert_eq!(rules.check(input), Err(OwnDomain), "{input:?}");
    }
    assert!(rules.check("http://localhost.example/").is_ok());
}

#[test]
fn s06_international_names_are_stored_as_a_labels() {
    assert_stored(&[
        ("https://аpple.com/", "https://xn--pple-43d.com/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://☃.example/", "https://xn--n3h.example/"),
    ]);
}

#[test]
fn s39_the_block_list() {
    assert_refused(
        HostBlocked,
        &[
            "https://evil.example/",
            "https://a.b.evil.example./",
            "https://EVIL.example:8080/",
            "https://bad.example/x",
            "https://0xc6336407/",
            "https://[::ffff:198.51.100.7]/",
            "https://xn--bse-sna.example/",
        ],
    );
    assert_stored(&[
        ("https://notevil.example/", "https://notevil.example/"),
        ("https://sub.bad.example/", "https://sub.bad.example/"),
    ]);
    let mut config = config();
    let blocked = "https://fine.example/malware?x=1";
    config.shortener.blocked_url_hashes = vec![hex(&Sha256::digest(blocked))];
    let rules = rules(&config);
    for input in [blocked, "https://FINE.example/malware?x=1", "https://fine.example/malware?x=1#other"] {
        assert_eq!(rules.check(input), Err(Blocked), "{input}");
    }
    assert!(rules.check("https://fine.example/malware?x=2").is_ok());
}

#[test]
fn eight_kibibytes_and_one_more() {
    let rules = rules(&config());
    let url = |length: usize| format!("https://site.example/{}", "a".repeat(length - 21));
    assert_eq!(rules.check(&url(8_192)).map(|url| url.as_str().len()), Ok(8_192));
    assert_eq!(rules.check(&url(8_193)), Err(TooLong));
    // Short enough as entered, too long as stored: each ä becomes six bytes.
    assert_eq!(
        rules.check(&format!("https://site.example/{}", "ä".repeat(1_361))).map(|url| url.as_str().len()),
        Ok(8_187)
    );
    assert_eq!(rules.check(&format!("https://site.example/{}", "ä".repeat(1_362))), Err(TooLong));
}

#[test]
fn nothing_entered() {
    assert_refused(Missing, &["", " ", "    "]);
}

#[test]
fn lists_that_make_no_sense_are_refused_at_start() {
    let mut config = config();
    config.shortener.blocked_url_hashes = vec!["abc".to_owned()];
    assert!(Rules::new(&config.domains, &config.shortener).is_err());
    config.shortener.blocked_url_hashes = vec![];
    config.shortener.blocked_hosts = vec!["not a host".to_owned()];
    assert!(Rules::new(&config.domains, &config.shortener).is_err());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

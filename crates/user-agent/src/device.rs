//! The kind of device of a person.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Marks of devices, most specific device first; the first device with a mark in the user agent is taken. Lower case.
const DEVICES: &[(&str, &[&str])] = &[
    ("vr", &["oculusbrowser", "quest ", "mobile vr", "pico neo", "pico 4", "wolvic", "vive focus", "visionos"]),
    ("console", &["playstation", "xbox", "nintendo", "steam gameoverlay", "valve steam gamepad", "steam deck"]),
    (
        "tv",
        &[
            "smart-tv",
            "smarttv",
            "smart tv",
            "android tv",
            "androidtv",
            "googletv",
            "google tv",
            "appletv",
            "apple tv",
            "hbbtv",
            "web0s",
            "webos.tv",
            "netcast",
            "bravia",
            "aft",
            "roku/",
            "roku ",
            "crkey",
            "viera",
            "aquos",
            "mitv",
            "mibox",
            "netrange",
            "whaletv",
            "vidaa",
            "philipstv",
            "nettv",
            "shield",
            "chromecast",
            "opera tv",
            "tv build",
            "dtv",
        ],
    ),
    (
        "tablet",
        &[
            "ipad",
            "tablet",
            "kindle",
            "silk-accelerated",
            "playbook",
            "nexus 7",
            "nexus 9",
            "nexus 10",
            "sm-t",
            "sm-x",
            "sm-p",
            "xiaomi pad",
            "redmi pad",
            "lenovo tb",
        ],
    ),
];

static MARKS: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let words = DEVICES.iter().flat_map(|(_, marks)| marks.iter());
    let owners = DEVICES.iter().enumerate().flat_map(|(index, (_, marks))| marks.iter().map(move |_| index)).collect();
    let built = AhoCorasick::builder().ascii_case_insensitive(true).build(words);
    (built.expect("a few short marks make a small automaton"), owners)
});

/// The device, from marks of makers and else from the system.
pub(crate) fn device(user_agent: &str, system: Option<&str>) -> Option<&'static str> {
    let (marks, owners) = &*MARKS;
    let marked = marks
        .find_overlapping_iter(user_agent)
        .filter(|hit| stands_alone(user_agent, hit.start(), &user_agent[hit.range()]))
        .map(|hit| owners[hit.pattern().as_usize()])
        .min();
    if let Some(index) = marked {
        return Some(DEVICES[index].0);
    }
    match system {
        Some("Android" | "Fire OS" | "HarmonyOS") if is_phone(user_agent) => Some("mobile"),
        Some("Android" | "Fire OS" | "HarmonyOS") => Some("tablet"),
        Some("iOS" | "KaiOS" | "Windows Phone" | "BlackBerry" | "Symbian") => Some("mobile"),
        Some("tvOS" | "Tizen" | "webOS") if !user_agent.contains("Mobile") => Some("tv"),
        Some("visionOS") => Some("vr"),
        Some("Windows" | "macOS" | "Linux" | "ChromeOS" | "FreeBSD" | "OpenBSD" | "NetBSD" | "Solaris") => {
            Some("desktop")
        }
        _ if user_agent.contains("Mobile") || user_agent.contains("Opera Mini") => Some("mobile"),
        _ => None,
    }
}

/// Tablets with Android leave out the word Mobile; so do the browsers in some apps, which are mostly used on phones.
fn is_phone(user_agent: &str) -> bool {
    user_agent.contains("Mobile") || user_agent.contains("Opera Mini") || crate::in_app_browser(user_agent).is_some()
}

/// Marks of models (`AFTMM`, `SM-T870`) begin a word.
fn stands_alone(user_agent: &str, start: usize, mark: &str) -> bool {
    let short = mark.len() <= 4 || mark.eq_ignore_ascii_case("shield");
    let begins = !user_agent[..start].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
    // Models of the Fire TV are in capitals.
    !short || (begins && (!mark.eq_ignore_ascii_case("aft") || mark == "AFT"))
}
